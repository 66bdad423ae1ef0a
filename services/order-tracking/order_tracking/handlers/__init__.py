"""Which event concerns which orders and parcels, and which rule decides."""

from datetime import datetime
from typing import Any, Final

from aftersales.contracts.arbitration import LaneExtended, ParcelsExtended
from aftersales.contracts.carrier import ParcelScanned
from aftersales.contracts.dispute import ReturnSent
from aftersales.contracts.marketplace import (
    AddressChanged,
    OrderCancelled,
    OrderEvent,
    OrderPlaced,
    ParcelShipped,
    ReceiptConfirmed,
)
from aftersales.decision import SubjectRef, TimerFired
from aftersales.service import Among, On, OnTimer, Service
from order_tracking.domain.lane import Lane
from order_tracking.domain.order import Order
from order_tracking.domain.refs import lane_ref, order_ref, parcel_ref
from order_tracking.rules import extension, orders, returns, scans, shipments
from order_tracking.rules.early import waited
from order_tracking.rules.extension import NEXT_PAGE, ON_A_LANE
from order_tracking.rules.promise import PROMISE, promise_ended
from order_tracking.store.kinds import LANES, ORDERS, PARCELS, SHIPMENTS


def _order(event: OrderEvent | ParcelsExtended) -> tuple[SubjectRef, ...]:
    return (order_ref(event.order),)


def _number(event: ParcelScanned | ReturnSent) -> tuple[SubjectRef, ...]:
    return (parcel_ref(event.carrier, event.number),)


def _its_parcel(_state: Order | None, event: ParcelShipped) -> tuple[SubjectRef, ...]:
    return (parcel_ref(event.carrier, event.number),)


def _waiting_parcels(state: Order | None, _event: OrderPlaced) -> tuple[SubjectRef, ...]:
    early = [waited(each) for each in state.waiting] if state is not None else []
    return tuple({parcel_ref(each.carrier, each.number): None for each in early if isinstance(each, ParcelShipped)})


def _lane(event: LaneExtended) -> tuple[SubjectRef, ...]:
    return (lane_ref(event.key),)


def _on_the_lane(_state: Lane | None, event: TimerFired) -> Among:
    """The orders with a parcel on the lane whose promise ran when the extension was granted."""
    where = {name: event.data[name] for name in ("carrier_service", "destination")}
    later = ("promise_ends_at", datetime.fromisoformat(event.data["at"]))
    return Among(ORDERS, SHIPMENTS, where, later, beyond=event.data["beyond"])


def _all_parcels(state: Order | None, _event: Any) -> tuple[SubjectRef, ...]:
    return tuple({parcel_ref(each.carrier, each.number): None for each in state.parcels}) if state is not None else ()


SERVICE: Final = Service(
    name="order_tracking",
    kinds=(ORDERS, PARCELS, LANES),
    rules=(
        # what is heard     concerns   rule                    reads and writes beside it
        On(OrderPlaced,      _order,   orders.place,           _waiting_parcels),
        On(ParcelShipped,    _order,   shipments.ship,         _its_parcel),
        On(OrderCancelled,   _order,   orders.cancel),
        On(ReceiptConfirmed, _order,   orders.confirm_receipt, _all_parcels),
        On(AddressChanged,   _order,   orders.change_address),
        On(ParcelScanned,    _number,  scans.record_scan),
        On(ReturnSent,       _number,  returns.follow),
        OnTimer(PROMISE,               promise_ended),
        On(ParcelsExtended,  _order,   extension.extend_parcels, _all_parcels),
        On(LaneExtended,     _lane,    extension.extend_lane),
        OnTimer(NEXT_PAGE,             extension.wake_orders, among=_on_the_lane),
        OnTimer(ON_A_LANE,             extension.on_a_lane, _all_parcels),
    ),
)  # fmt: skip
