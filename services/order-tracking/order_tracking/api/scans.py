"""Scans of a number: all of them, and the door for carriers' integrations without Kafka."""

from fastapi import APIRouter, Response

from aftersales.contracts.envelope import Id, Token
from aftersales.identity import Role, not_found
from aftersales.runtime.http import Asked, Caller, Key, Ours, Paged
from order_tracking.api.models import NewScan, ScanRead, ScansRead
from order_tracking.api.parcels import visible
from order_tracking.domain.refs import parcel_ref
from order_tracking.rules.facts import BEFORE_THE_ORDER
from order_tracking.store import reads

router = APIRouter(tags=["scans"])

SERVICES = frozenset({Role.SERVICE})
PARTIES = frozenset({Role.BUYER, Role.SELLER})


@router.get("/parcels/{carrier}/{number}/scans")
async def scans(carrier: Token, number: Id, caller: Caller, parts: Ours, page: Paged) -> ScansRead:
    """Every scan of the number by its own instant; to a party none from before their order."""
    name = parcel_ref(carrier, number).id
    parcel = await reads.find_parcel(parts.reads, name)
    if parcel is None:
        raise not_found()
    mine = visible(parcel, caller)
    since = min(each.placed_at for each in mine) - BEFORE_THE_ORDER if caller.role in PARTIES else None
    rows, further = await reads.list_scans(parts.reads, name, since, page)
    items = [ScanRead(**{field: getattr(row, field) for field in ScanRead.model_fields}) for row in rows]
    return ScansRead(items=items, next=further)


@router.post("/scans", status_code=201)
async def record(said: Asked[NewScan], caller: Caller, key: Key, parts: Ours) -> Response:
    """Hand in a scan. It is one fact by carrier, number, status and instant, whichever door it came through."""
    return await parts.command(said.event(), actor=caller, key=key, may=SERVICES, route="scans", created=True)
