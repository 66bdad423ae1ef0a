"""A party reads what they were told. An inbox is a party's own: to others there is nothing at these addresses."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator

from aftersales.contracts.envelope import Id
from aftersales.identity import Actor, Role, not_found
from aftersales.runtime.http import Caller, Ours, Paged, Parts, respond
from aftersales.runtime.unit import Answer
from notification.api.models import Inbox, NoticeRead, read
from notification.domain.commands import NoticeOpened
from notification.store import reads

router = APIRouter(tags=["inbox"])

PARTIES = frozenset({Role.BUYER, Role.SELLER})


async def party(caller: Caller) -> Actor:
    if caller.role not in PARTIES:
        raise not_found()
    return caller


def one_spelling(text: str) -> UUID:
    """An id has one name; another spelling of it would be another key in somebody's cache or log."""
    found = UUID(text)
    if str(found) != text or not found.int:
        raise ValueError("an id is written in lower case, with hyphens, as it was given")
    return found


Party = Annotated[Actor, Depends(party)]
Notice = Annotated[UUID, BeforeValidator(one_spelling)]


@router.get("/inbox")
async def inbox(
    caller: Party,
    parts: Ours,
    page: Paged,
    unread: Annotated[bool | None, Query(description="true: only what was not read yet")] = None,
    order: Annotated[Id | None, Query()] = None,
    dispute: Annotated[Id | None, Query()] = None,
) -> Inbox:
    """The caller's notices, the newest first."""
    rows, further = await reads.list_inbox(parts.reads, caller, reads.Wanted(order, dispute, unread), page)
    return Inbox(items=[read(row) for row in rows], next=further)


@router.get("/inbox/{notice}")
async def one(notice: Notice, caller: Party, parts: Ours) -> NoticeRead:
    return read(await _mine(parts, caller, notice))


@router.post("/inbox/{notice}/read")
async def mark_read(notice: Notice, caller: Party, parts: Ours) -> Response:
    """Note that it was read. Asking again changes nothing and gives the same answer; no Idempotency-Key is needed."""
    row = await _mine(parts, caller, notice)
    if row.read_at is not None:
        # Its cause may be forgotten by now; the row never is.
        read_at = row.read_at.isoformat()
        return respond(Answer(200, {"notice": str(row.id), "read_at": read_at}, replayed=True))
    opened = NoticeOpened(
        order=row.order_id,
        notice=str(row.id),
        **{name: getattr(row, name) for name in ("dispute", "parcel", "party", "recipient", "step", "channel")},
    )
    return await parts.command(opened, actor=caller, key=f"read/{row.id}", may=PARTIES, route="read")


async def _mine(parts: Parts, caller: Actor, notice: UUID) -> Any:
    row = await reads.find_in_inbox(parts.reads, caller, notice)
    if row is None:
        raise not_found()
    return row
