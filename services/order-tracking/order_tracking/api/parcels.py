"""Where is it, and was the promise kept."""

from typing import Annotated

from fastapi import APIRouter, Query

from aftersales.contracts.envelope import Id, Token
from aftersales.identity import Actor, Role, authorize, not_found
from aftersales.runtime.http import Caller, Ours, Page, Paged
from order_tracking.api.models import NumberRead, OrderParcels, ParcelsRead, read
from order_tracking.domain.parcel import Parcel, Shipment
from order_tracking.domain.refs import parcel_ref
from order_tracking.rules.shipments import MOST_PARCELS
from order_tracking.store import reads

router = APIRouter(tags=["parcels"])

EVERYBODY = frozenset(Role)


@router.get("/parcels")
async def parcels(
    caller: Caller,
    parts: Ours,
    page: Paged,
    order: Annotated[Id | None, Query()] = None,
    parcel: Annotated[Id | None, Query(description="the marketplace's name of the parcel")] = None,
    number: Annotated[Id | None, Query(description="the carrier's number")] = None,
) -> ParcelsRead:
    """The caller's parcels; agents and services see everybody's."""
    found, further = await reads.list_shipments(parts.reads, reads.Wanted(order, parcel, number), page, caller)
    return ParcelsRead(items=[read(*each) for each in found], next=further)


@router.get("/parcels/{carrier}/{number}")
async def by_number(carrier: Token, number: Id, caller: Caller, parts: Ours) -> NumberRead:
    """What is known of a carrier's number. To a party only where it carries something of theirs."""
    found = await reads.find_parcel(parts.reads, parcel_ref(carrier, number).id)
    if found is None:
        raise not_found()
    items = [read(shipment, found) for shipment in visible(found, caller)]
    return NumberRead(carrier=carrier, number=number, items=items)


@router.get("/orders/{order}/parcels")
async def of_order(order: Id, caller: Caller, parts: Ours) -> OrderParcels:
    """Every parcel of an order, by its name; none while nothing was shipped."""
    found = await reads.find_order(parts.reads, order)
    authorize(caller, EVERYBODY, found.placed if found is not None else None)
    listed, _ = await reads.list_shipments(parts.reads, reads.Wanted(order=order), Page(limit=MOST_PARCELS), caller)
    return OrderParcels(order=order, items=[read(*each) for each in listed])


def visible(parcel: Parcel, caller: Actor) -> list[Shipment]:
    """The caller's shipments under a number; 404 for a party who has none."""
    if caller.role is Role.BUYER:
        mine = [shipment for shipment in parcel.shipments if shipment.buyer == caller.sub]
    elif caller.role is Role.SELLER:
        mine = [shipment for shipment in parcel.shipments if shipment.seller == caller.sub]
    else:
        return list(parcel.shipments)
    if not mine:
        raise not_found()
    return mine
