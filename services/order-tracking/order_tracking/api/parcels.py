"""Where is it, and was the promise kept."""

from typing import Annotated

from fastapi import APIRouter, Query

from aftersales.contracts.envelope import Id, Token
from aftersales.identity import Actor, Role, authorize, not_found
from aftersales.runtime.http import Caller, Ours, Page, Paged, Parts
from order_tracking.api.models import NumberRead, OrderParcels, ParcelsRead, read
from order_tracking.domain.parcel import Parcel, Shipment
from order_tracking.domain.refs import parcel_ref
from order_tracking.rules.shipments import MOST_PARCELS, MOST_SHIPMENTS
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
    """The caller's parcels, to a service those of the orders it placed; agents see everybody's."""
    found, further = await reads.list_shipments(parts.reads, reads.Wanted(order, parcel, number), page, caller)
    return ParcelsRead(items=[read(*each) for each in found], next=further)


@router.get("/parcels/{carrier}/{number}")
async def by_number(carrier: Token, number: Id, caller: Caller, parts: Ours) -> NumberRead:
    """What is known of a carrier's number. To a party or a service only where it carries something of theirs."""
    found = await visible(parts, parcel_ref(carrier, number).id, caller)
    return NumberRead(carrier=carrier, number=number, items=[read(*each) for each in found])


@router.get("/orders/{order}/parcels")
async def of_order(order: Id, caller: Caller, parts: Ours) -> OrderParcels:
    """Every parcel of an order, by its name; none while nothing was shipped."""
    found = await reads.find_order(parts.reads, order)
    placed = found.placed if found is not None else None
    if placed is not None and caller.role is Role.SERVICE and caller.source != placed.source:
        raise not_found()
    authorize(caller, EVERYBODY, placed)
    listed, _ = await reads.list_shipments(parts.reads, reads.Wanted(order=order), Page(limit=MOST_PARCELS), caller)
    return OrderParcels(order=order, items=[read(*each) for each in listed])


async def visible(parts: Parts, subject: str, caller: Actor) -> list[tuple[Shipment, Parcel]]:
    """The caller's shipments under a number. 404 where there are none: to agents, where nobody heard of the number."""
    page = Page(limit=MOST_SHIPMENTS)
    found, _ = await reads.list_shipments(parts.reads, reads.Wanted(subject=subject), page, caller)
    if not found and (caller.role in reads.OWN or await reads.find_parcel(parts.reads, subject) is None):
        raise not_found()
    return found
