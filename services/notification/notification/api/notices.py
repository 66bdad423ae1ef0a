"""Who was told what, for agents who are asked about it."""

from typing import Annotated

from fastapi import APIRouter, Query

from aftersales.contracts.envelope import Id
from aftersales.identity import Role, not_found
from aftersales.runtime.http import Caller, Ours, Paged
from notification.api.models import Notices, seen
from notification.store import reads

router = APIRouter(tags=["notices"])

DESK = frozenset({Role.AGENT, Role.SUPERVISOR})


@router.get("/notices")
async def notices(
    caller: Caller,
    parts: Ours,
    page: Paged,
    order: Annotated[Id, Query(description="the order whose notices are wanted")],
    dispute: Annotated[Id | None, Query()] = None,
) -> Notices:
    """All notices of an order, to both parties and over every channel, the newest first. To an agent who is one of the
    two there are none: what the other is told is not theirs."""
    if caller.role not in DESK:
        raise not_found()
    rows, further = await reads.list_notices(parts.reads, caller, order, dispute, page)
    return Notices(items=[seen(row) for row in rows], next=further)
