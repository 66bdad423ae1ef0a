"""What the desk reads: bounded, and filtered in SQL. An agent never sees the case of an order they are a party of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, or_, select

from aftersales.runtime.paging import Page
from aftersales.runtime.reads import Reads, Row
from arbitration.domain.case import Case, CaseStatus
from arbitration.domain.extension import Extension
from arbitration.store.tables import CASES, EXTENSIONS, NOTES, NUMBERS

STATES: Final = msgspec.json.Decoder(Case)
GRANTED: Final = msgspec.json.Decoder(Extension)
LISTED: Final = [column for column in CASES.c if column.name not in ("state", "version", "urgency")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for of the queue. agent: in whose hands; taken False: in nobody's. search: an exact id."""

    statuses: Sequence[CaseStatus] = ()
    agent: str | None = None
    taken: bool | None = None
    reason: str | None = None
    search: str | None = None


async def find(reads: Reads, case: str, reader: str) -> tuple[Case, datetime] | None:
    """The case and the time by which it was read; None where there is none for this reader."""
    query = select(cast(CASES.c.state, Text), func.app_now()).where(CASES.c.id == case, *_visible(reader))
    row = await reads.row(query)
    return None if row is None else (STATES.decode(row[0]), row[1])


async def find_extension(reads: Reads, extension: str) -> Extension | None:
    query = select(cast(EXTENSIONS.c.state, Text)).where(EXTENSIONS.c.id == extension)
    state = await reads.scalar(query)
    return None if state is None else GRANTED.decode(state)


async def list_cases(reads: Reads, wanted: Wanted, page: Page, reader: str) -> tuple[list[Row], str | None]:
    """A page of the queue, the most urgent first; cases that wait for nothing last."""
    query = select(*LISTED, CASES.c.urgency).where(*_visible(reader), *_filters(wanted))
    rows = await reads.rows(page.narrow(query, CASES.c.urgency, CASES.c.id))
    return page.cut(rows, lambda row: (row.urgency, row.id))


async def list_notes(reads: Reads, case: str, page: Page) -> tuple[list[Row], str | None]:
    """A page of a case's notes, the newest first."""
    query = select(NOTES.c.id, cast(NOTES.c.id, Text).label("note"), NOTES.c.agent, NOTES.c.words, NOTES.c.written_at)
    query = query.where(NOTES.c.case_id == case)
    ordered = page.narrow(query, NOTES.c.written_at, cast(NOTES.c.id, Text), descending=True)
    rows = await reads.rows(ordered)
    return page.cut(rows, lambda row: (row.written_at, row.note))


def _visible(reader: str) -> list[ColumnElement[bool]]:
    # A row without a status is a dispute that never came to the desk.
    return [CASES.c.status.is_not(None), and_(CASES.c.buyer != reader, CASES.c.seller != reader)]


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.statuses:
        found.append(CASES.c.status.in_([status.value for status in wanted.statuses]))
    if wanted.agent is not None:
        found.append(CASES.c.agent == wanted.agent)
    if wanted.taken is not None:
        found.append(CASES.c.agent.is_not(None) if wanted.taken else CASES.c.agent.is_(None))
    if wanted.reason is not None:
        found.append(CASES.c.reason == wanted.reason)
    if wanted.search is not None:
        found.append(_found_by(wanted.search))
    return found


def _found_by(search: str) -> ColumnElement[bool]:
    """By dispute, order, buyer, seller or tracking number."""
    named = exists().where(NUMBERS.c.case_id == CASES.c.id, NUMBERS.c.number == search)
    columns = (CASES.c.id, CASES.c.order_id, CASES.c.buyer, CASES.c.seller)
    return or_(*(column == search for column in columns), named)
