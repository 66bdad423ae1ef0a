"""What was decided about a subject and why, as `history` keeps it and a service's routes tell it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel
from sqlalchemy import select

from aftersales.decision import SubjectRef
from aftersales.explanation import english
from aftersales.runtime.causes import written
from aftersales.runtime.paging import Page
from aftersales.runtime.reads import Reads, Row
from aftersales.runtime.tables import HISTORY


class Decided(BaseModel):
    """A decision. what: the event or deadline it answers. moves: thing, state before, state after, transition's number.

    explanation: rule, facts with their sources, policy, amounts, and where it would have turned. words: in English.
    """

    version: int
    at: datetime
    arrived_at: datetime
    what: str
    rule: str
    outcome: str
    moves: list[Any]
    explanation: dict[str, Any]
    words: list[str]


class History(BaseModel):
    """next: the cursor of the next page, None on the last."""

    items: list[Decided]
    next: str | None


SAME: Final = ("version", "at", "arrived_at", "rule", "outcome", "moves")


async def list_history(reads: Reads, subject: SubjectRef, page: Page) -> tuple[list[Row], str | None]:
    """Every decision about a subject, in their order. The caller has been let in already."""
    query = select(HISTORY).where(HISTORY.c.subject == written(subject))
    rows = await reads.rows(page.narrow(query, HISTORY.c.version))
    return page.cut(rows, lambda row: (row.version,))


def decided(row: Any, explanation: Mapping[str, Any], currency: str | None) -> Decided:
    """`explanation`: what this caller may see of the row's own."""
    words = english(explanation, currency=currency, what=row.event_type, arrived_at=row.arrived_at)
    same = {name: getattr(row, name) for name in SAME}
    return Decided(**same, what=row.event_type, explanation=dict(explanation), words=words)
