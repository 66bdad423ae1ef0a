"""What the routes read: bounded, and filtered in SQL by who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Table, Text, cast, false, func, select

from aftersales.contracts.dispute import DisputeState
from aftersales.decision import Outage
from aftersales.identity import Actor, Role
from aftersales.runtime.paging import Page
from aftersales.runtime.reads import Reads, Row
from aftersales.runtime.tables import OUTAGE
from dispute.domain.order import Order
from dispute.store.tables import DISPUTES, ORDERS, STATEMENT

ORDER: Final = msgspec.json.Decoder(Order)
PLATFORM: Final = (Role.AGENT, Role.SUPERVISOR)
OWN: Final = {Role.BUYER: "buyer", Role.SELLER: "seller", Role.SERVICE: "source"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which disputes are asked for; empty or None is any."""

    states: Sequence[DisputeState] = ()
    order: str | None = None
    reason: str | None = None
    buyer: str | None = None
    seller: str | None = None
    trouble: bool | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An order as the caller may see it, when that was, and the outages that move deadlines."""

    order: Order
    now: datetime
    outages: tuple[Outage, ...]


async def find_order(reads: Reads, order: str, caller: Actor) -> Found | None:
    """None where there is none for this caller, or where it was not placed yet."""
    return await _found(reads, ORDERS.c.id == order, caller)


async def find_by_dispute(reads: Reads, dispute: str, caller: Actor) -> Found | None:
    """The order that the dispute is about."""
    named = select(DISPUTES.c.order_id).where(DISPUTES.c.dispute == dispute).scalar_subquery()
    return await _found(reads, ORDERS.c.id == named, caller)


async def _found(reads: Reads, which: ColumnElement[bool], caller: Actor) -> Found | None:
    query = select(cast(ORDERS.c.state, Text), func.app_now())
    query = query.where(which, ORDERS.c.buyer.is_not(None), *_visible(ORDERS, caller))
    row = await reads.row(query)
    if row is None:
        return None
    outages = await reads.rows(select(OUTAGE.c.since, OUTAGE.c.until))
    return Found(ORDER.decode(row[0]), row[1], tuple(Outage(since, until) for since, until in outages))


async def list_disputes(reads: Reads, wanted: Wanted, page: Page, caller: Actor) -> tuple[list[Row], str | None]:
    """A page of the caller's disputes, the newest first."""
    query = select(DISPUTES).where(*_visible(DISPUTES, caller), *_filters(wanted))
    ordered = page.narrow(query, DISPUTES.c.opened_at, DISPUTES.c.dispute, descending=True)
    rows = await reads.rows(ordered)
    return page.cut(rows, lambda row: (row.opened_at, row.dispute))


async def list_statements(reads: Reads, order: str, dispute: str, page: Page) -> tuple[list[Row], str | None]:
    """What the parties said, in the order they said it. The caller has been let in already."""
    query = select(STATEMENT).where(STATEMENT.c.order_id == order, STATEMENT.c.dispute == dispute)
    rows = await reads.rows(page.narrow(query, STATEMENT.c.id))
    return page.cut(rows, lambda row: (row.id,))


def _visible(table: Table, caller: Actor) -> list[ColumnElement[bool]]:
    """A party sees its own, a marketplace what it placed, the platform's people all but their own, others nothing."""
    if caller.role in PLATFORM:
        return [table.c.buyer != caller.sub, table.c.seller != caller.sub]
    own = OWN.get(caller.role)
    return [table.c[own] == caller.sub if own else false()]


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(DISPUTES.c.state.in_(wanted.states))
    for column, value in (
        (DISPUTES.c.order_id, wanted.order),
        (DISPUTES.c.reason, wanted.reason),
        (DISPUTES.c.buyer, wanted.buyer),
        (DISPUTES.c.seller, wanted.seller),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.trouble is not None:
        found.append(DISPUTES.c.trouble.is_not(None) if wanted.trouble else DISPUTES.c.trouble.is_(None))
    return found
