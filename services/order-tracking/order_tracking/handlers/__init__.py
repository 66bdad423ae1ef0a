"""Which event concerns which orders and parcels, and which rule decides."""

from typing import Final

from aftersales.contracts.carrier import ParcelScanned
from aftersales.contracts.dispute import DisputeReturnShipped
from aftersales.contracts.marketplace import (
    AddressChanged,
    OrderCancelled,
    OrderEvent,
    OrderPlaced,
    ParcelShipped,
    ReceiptConfirmed,
)
from aftersales.decision import SubjectRef
from aftersales.service import On, OnTimer, Service
from order_tracking.domain.order import Order
from order_tracking.domain.refs import order_ref, parcel_ref
from order_tracking.rules import orders, returns, scans, shipments
from order_tracking.rules.early import waited
from order_tracking.rules.promise import PROMISE, promise_ended
from order_tracking.store.kinds import ORDERS, PARCELS


def _order(event: OrderEvent) -> tuple[SubjectRef, ...]:
    return (order_ref(event.order),)


def _number(event: ParcelScanned | DisputeReturnShipped) -> tuple[SubjectRef, ...]:
    return (parcel_ref(event.carrier, event.number),)


def _its_parcel(_state: Order | None, event: ParcelShipped) -> tuple[SubjectRef, ...]:
    return (parcel_ref(event.carrier, event.number),)


def _waiting_parcels(state: Order | None, _event: OrderPlaced) -> tuple[SubjectRef, ...]:
    early = [waited(each) for each in state.waiting] if state is not None else []
    return tuple({parcel_ref(each.carrier, each.number): None for each in early if isinstance(each, ParcelShipped)})


def _all_parcels(state: Order | None, _event: ReceiptConfirmed) -> tuple[SubjectRef, ...]:
    return tuple({parcel_ref(each.carrier, each.number): None for each in state.parcels}) if state is not None else ()


SERVICE: Final = Service(
    name="order_tracking",
    kinds=(ORDERS, PARCELS),
    rules=(
        # what is heard     concerns   rule                    reads and writes beside it
        On(OrderPlaced,      _order,   orders.place,           _waiting_parcels),
        On(ParcelShipped,    _order,   shipments.ship,         _its_parcel),
        On(OrderCancelled,   _order,   orders.cancel),
        On(ReceiptConfirmed, _order,   orders.confirm_receipt, _all_parcels),
        On(AddressChanged,   _order,   orders.change_address),
        On(ParcelScanned,    _number,  scans.record_scan),
        On(DisputeReturnShipped, _number, returns.follow),
        OnTimer(PROMISE,               promise_ended),
    ),
)  # fmt: skip
