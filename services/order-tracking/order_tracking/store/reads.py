"""What the routes read: bounded, and filtered in SQL by who asks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Text, cast, select

from aftersales.identity import Actor, Role
from aftersales.runtime.paging import Page
from aftersales.runtime.reads import Reads, Row
from order_tracking.domain.order import Order
from order_tracking.domain.parcel import Parcel, Shipment
from order_tracking.store.tables import ORDERS, PARCELS, SCAN, SHIPMENT

ORDER: Final = msgspec.json.Decoder(Order)
PARCEL: Final = msgspec.json.Decoder(Parcel)
# Who sees their own parcels alone, and by which column; a service those of the orders it placed.
OWN: Final = {Role.BUYER: "buyer", Role.SELLER: "seller", Role.SERVICE: "source"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which shipments are asked for; None is any. subject: all under `CARRIER:NUMBER`."""

    order: str | None = None
    parcel: str | None = None
    number: str | None = None
    subject: str | None = None


async def find_order(reads: Reads, order: str) -> Order | None:
    """None where nothing was heard of it, or only what waits for it."""
    state = await reads.scalar(select(cast(ORDERS.c.state, Text)).where(ORDERS.c.id == order))
    found = ORDER.decode(state) if state is not None else None
    return found if found is not None and found.placed is not None else None


async def find_parcel(reads: Reads, parcel: str) -> Parcel | None:
    """What is known of a number, `CARRIER:NUMBER`; None where it was neither scanned nor shipped."""
    state = await reads.scalar(select(cast(PARCELS.c.state, Text)).where(PARCELS.c.id == parcel))
    return PARCEL.decode(state) if state is not None else None


async def list_shipments(
    reads: Reads, wanted: Wanted, page: Page, caller: Actor
) -> tuple[list[tuple[Shipment, Parcel]], str | None]:
    """A page of the caller's shipments, by order and parcel."""
    query = select(SHIPMENT.c.order_id, SHIPMENT.c.parcel, cast(PARCELS.c.state, Text).label("state"))
    query = query.join(PARCELS, PARCELS.c.id == SHIPMENT.c.parcel_id).where(*_owned(caller), *_filters(wanted))
    rows = await reads.rows(page.narrow(query, SHIPMENT.c.order_id, SHIPMENT.c.parcel))
    shown, further = page.cut(rows, lambda row: (row.order_id, row.parcel))
    return [_shipment(row) for row in shown], further


async def list_scans(reads: Reads, parcel: str, since: datetime | None, page: Page) -> tuple[list[Row], str | None]:
    """A page of a number's scans by their own instant, from `since` on."""
    query = select(SCAN.c.scanned_at, SCAN.c.status, SCAN.c.place, SCAN.c.ahead, SCAN.c.received_at)
    query = query.where(SCAN.c.parcel_id == parcel)
    if since is not None:
        query = query.where(SCAN.c.scanned_at >= since)
    rows = await reads.rows(page.narrow(query, SCAN.c.scanned_at, SCAN.c.status))
    return page.cut(rows, lambda row: (row.scanned_at, row.status))


def _owned(caller: Actor) -> list[ColumnElement[bool]]:
    return [SHIPMENT.c[OWN[caller.role]] == caller.sub] if caller.role in OWN else []


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked = (
        (SHIPMENT.c.order_id, wanted.order),
        (SHIPMENT.c.parcel, wanted.parcel),
        (SHIPMENT.c.number, wanted.number),
        (SHIPMENT.c.parcel_id, wanted.subject),
    )
    return [column == value for column, value in asked if value is not None]


def _shipment(row: Row) -> tuple[Shipment, Parcel]:
    parcel = PARCEL.decode(row.state)
    shipment = parcel.shipment(row.order_id, row.parcel)
    if shipment is None:
        raise LookupError(f"parcel {row.parcel} of order {row.order_id} is listed and not kept")
    return shipment, parcel
