"""What the routes read: bounded, and filtered in SQL by who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select

from aftersales.identity import Actor
from aftersales.runtime.paging import Page
from aftersales.runtime.reads import Reads, Row
from notification.domain.notice import INBOX
from notification.store.tables import DELIVERY, NOTICE, READING, THREADS

Listed = tuple[list[Row], str | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which notices are asked for; None is any. unread: True those not read yet, False the others."""

    order: str | None = None
    dispute: str | None = None
    unread: bool | None = None


NOTICES: Final = select(
    NOTICE,
    READING.c.at.label("read_at"),
    DELIVERY.c.at.label("sent_at"),
    DELIVERY.c.attempts,
    DELIVERY.c.failure,
).select_from(
    NOTICE.outerjoin(READING, READING.c.notice == NOTICE.c.id).outerjoin(DELIVERY, DELIVERY.c.notice == NOTICE.c.id)
)


async def list_inbox(reads: Reads, reader: Actor, wanted: Wanted, page: Page) -> Listed:
    """A page of the reader's inbox, the newest first."""
    return await _listed(reads, NOTICES.where(*_of(reader), *_filters(wanted)), page)


async def find_in_inbox(reads: Reads, reader: Actor, notice: UUID) -> Row | None:
    """None where there is none, or it is another's."""
    return await reads.row(NOTICES.where(*_of(reader), NOTICE.c.id == notice))


async def list_notices(reads: Reads, reader: Actor, order: str, dispute: str | None, page: Page) -> Listed:
    """A page of the notices to both parties over every channel, the newest first; none to one of the two."""
    # Not by what they were told: of a parcel the seller is told nothing.
    parties = THREADS.c.state["buyer"].astext, THREADS.c.state["seller"].astext
    is_party = exists().where(THREADS.c.id == order, or_(*(party == reader.sub for party in parties)))
    return await _listed(reads, NOTICES.where(*_filters(Wanted(order, dispute)), ~is_party), page)


async def _listed(reads: Reads, query: Select[Any], page: Page) -> Listed:
    rows = await reads.rows(page.narrow(query, NOTICE.c.number, descending=True))
    return page.cut(rows, lambda row: (row.number,))


def _of(reader: Actor) -> Sequence[ColumnElement[bool]]:
    mine = (NOTICE.c.recipient == reader.sub, NOTICE.c.party == reader.role.value)
    return (*mine, NOTICE.c.channel == INBOX)


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.order is not None:
        found.append(NOTICE.c.order_id == wanted.order)
    if wanted.dispute is not None:
        found.append(NOTICE.c.dispute == wanted.dispute)
    if wanted.unread is not None:
        found.append(READING.c.notice.is_(None) if wanted.unread else READING.c.notice.is_not(None))
    return found
