"""Scans of a number: all of them, and the door for carriers' integrations without Kafka."""

from fastapi import APIRouter, Response

from aftersales.contracts.envelope import Id, Token
from aftersales.identity import Role
from aftersales.runtime.http import Asked, Caller, Key, Ours, Paged
from order_tracking.api.models import NewScan, ScanRead, ScansRead
from order_tracking.api.parcels import visible
from order_tracking.domain.refs import parcel_ref
from order_tracking.rules.facts import BEFORE_THE_ORDER
from order_tracking.store import reads

router = APIRouter(tags=["scans"])

SERVICES = frozenset({Role.SERVICE})


@router.get("/parcels/{carrier}/{number}/scans")
async def scans(carrier: Token, number: Id, caller: Caller, parts: Ours, page: Paged) -> ScansRead:
    """Every scan of the number by its own instant; to a party or a service none from before their order."""
    name = parcel_ref(carrier, number).id
    mine = await visible(parts, name, caller)
    own = caller.role in reads.OWN
    since = min(shipment.placed_at for shipment, _ in mine) - BEFORE_THE_ORDER if own else None
    rows, further = await reads.list_scans(parts.reads, name, since, page)
    items = [ScanRead(**{field: getattr(row, field) for field in ScanRead.model_fields}) for row in rows]
    return ScansRead(items=items, next=further)


@router.post("/scans", status_code=201)
async def record(said: Asked[NewScan], caller: Caller, key: Key, parts: Ours) -> Response:
    """Hand in a scan. It is one fact by carrier, number, status and instant, whichever door it came through."""
    return await parts.command(said.event(), actor=caller, key=key, may=SERVICES, route="scans", created=True)
