"""The parties' commands. Each carries an Idempotency-Key and has the effect of the same word over Kafka."""

from hashlib import sha256
from typing import Any, Final

from fastapi import APIRouter, Response
from uuid_utils import uuid7

from aftersales.contracts.envelope import Id
from aftersales.contracts.marketplace import (
    AppealMade,
    Command,
    ComplaintCancelled,
    ComplaintMade,
    EscalationRequested,
    EvidenceAdded,
    EvidenceCompleted,
    PlanAccepted,
    PlanChanged,
    PlanRefused,
    ReturnConfirmed,
    ReturnContested,
    ReturnShipped,
)
from aftersales.errors import Refused
from aftersales.identity import Actor, Owned, Role, not_found
from aftersales.runtime import http
from aftersales.runtime.http import Caller, Key, Ours, Parts
from dispute.api.asked import (
    Acceptance,
    Appeal,
    Asked,
    Cancellation,
    Completion,
    Confirmation,
    Contest,
    Escalation,
    GoodsSent,
    NewDispute,
    NewEvidence,
    NewPlan,
    Refusal,
)
from dispute.api.models import Done
from dispute.domain.order import Order
from dispute.store import reads

router = APIRouter(tags=["commands"])
PARTIES: Final = frozenset({Role.BUYER, Role.SELLER, Role.SERVICE})
DONE: Final[dict[str, Any]] = {"response_model": Done}


@router.post("/disputes", status_code=201, **DONE)
async def open_dispute(said: http.Asked[NewDispute], caller: Caller, key: Key, parts: Ours) -> Response:
    """Complain of units of an order."""
    event = ComplaintMade(
        order=said.order,
        dispute=said.dispute or str(uuid7()),
        by=_by(said, caller),
        units=said.units,
        reason=said.reason,
        want=said.want.plan(),
        words=said.words,
        evidence=said.evidence,
    )
    # Where the name is drawn here a repeat would draw another one; the request is what must be the same.
    drawn = sha256(said.model_dump_json().encode()).digest() if said.dispute is None else None
    return await _command(parts, event, caller, key, "open", fingerprint=drawn, created=True)


@router.post("/disputes/{dispute}/plan", **DONE)
async def change_plan(dispute: Id, said: http.Asked[NewPlan], caller: Caller, key: Key, parts: Ours) -> Response:
    """The buyer wants something else, perhaps for another reason; the seller's time to answer starts again."""
    about = await _about(parts, dispute, said, caller)
    event = PlanChanged(**about, want=said.want.plan(), reason=said.reason, words=said.words)
    return await _command(parts, event, caller, key, "plan")


@router.post("/disputes/{dispute}/accept", **DONE)
async def accept(dispute: Id, said: http.Asked[Acceptance], caller: Caller, key: Key, parts: Ours) -> Response:
    """Accept the other side's standing plan."""
    about = await _about(parts, dispute, said, caller)
    event = PlanAccepted(**about, version=said.version, return_address=said.return_address)
    return await _command(parts, event, caller, key, "accept")


@router.post("/disputes/{dispute}/refuse", **DONE)
async def refuse(dispute: Id, said: http.Asked[Refusal], caller: Caller, key: Key, parts: Ours) -> Response:
    """The seller says no, or offers something else."""
    counter = said.counter.plan() if said.counter else None
    event = PlanRefused(**await _about(parts, dispute, said, caller), counter=counter, words=said.words)
    return await _command(parts, event, caller, key, "refuse")


@router.post("/disputes/{dispute}/escalate", **DONE)
async def escalate(dispute: Id, said: http.Asked[Escalation], caller: Caller, key: Key, parts: Ours) -> Response:
    """The buyer asks the platform to decide."""
    event = EscalationRequested(**await _about(parts, dispute, said, caller), words=said.words)
    return await _command(parts, event, caller, key, "escalate")


@router.post("/disputes/{dispute}/cancel", **DONE)
async def cancel(dispute: Id, said: http.Asked[Cancellation], caller: Caller, key: Key, parts: Ours) -> Response:
    """The buyer withdraws the complaint."""
    return await _command(
        parts, ComplaintCancelled(**await _about(parts, dispute, said, caller)), caller, key, "cancel"
    )


@router.post("/disputes/{dispute}/evidence", **DONE)
async def add_evidence(dispute: Id, said: http.Asked[NewEvidence], caller: Caller, key: Key, parts: Ours) -> Response:
    """Name further evidence, until the review begins."""
    event = EvidenceAdded(**await _about(parts, dispute, said, caller), evidence=said.evidence, words=said.words)
    return await _command(parts, event, caller, key, "evidence")


@router.post("/disputes/{dispute}/evidence-done", **DONE)
async def complete_evidence(
    dispute: Id, said: http.Asked[Completion], caller: Caller, key: Key, parts: Ours
) -> Response:
    """Say that there is nothing more to add; the review begins when both have."""
    event = EvidenceCompleted(**await _about(parts, dispute, said, caller), evidence=said.evidence)
    return await _command(parts, event, caller, key, "evidence-done")


@router.post("/disputes/{dispute}/return-shipped", **DONE)
async def ship_return(dispute: Id, said: http.Asked[GoodsSent], caller: Caller, key: Key, parts: Ours) -> Response:
    """The buyer sent the goods back."""
    about = await _about(parts, dispute, said, caller)
    event = ReturnShipped(**about, carrier=said.carrier, number=said.number, freight=said.freight)
    return await _command(parts, event, caller, key, "return-shipped")


@router.post("/disputes/{dispute}/return-confirmed", **DONE)
async def confirm_return(
    dispute: Id, said: http.Asked[Confirmation], caller: Caller, key: Key, parts: Ours
) -> Response:
    """The seller has the goods back; the refund is ordered."""
    event = ReturnConfirmed(**await _about(parts, dispute, said, caller))
    return await _command(parts, event, caller, key, "return-confirmed")


@router.post("/disputes/{dispute}/return-contested", **DONE)
async def contest_return(dispute: Id, said: http.Asked[Contest], caller: Caller, key: Key, parts: Ours) -> Response:
    """The seller says that the goods are not what was sent, or not as they were; the platform judges."""
    event = ReturnContested(**await _about(parts, dispute, said, caller), evidence=said.evidence, words=said.words)
    return await _command(parts, event, caller, key, "return-contested")


@router.post("/disputes/{dispute}/appeal", **DONE)
async def appeal(dispute: Id, said: http.Asked[Appeal], caller: Caller, key: Key, parts: Ours) -> Response:
    """Ask for another look at how the dispute ended, once and in time; somebody else at the platform decides."""
    event = AppealMade(**await _about(parts, dispute, said, caller), evidence=said.evidence, words=said.words)
    return await _command(parts, event, caller, key, "appeal")


async def _about(parts: Parts, dispute: str, said: Asked, caller: Actor) -> dict[str, Any]:
    """Which dispute, of which order, and in whose name; Refused 404 for what is not the caller's."""
    found = await reads.find_by_dispute(parts.reads, dispute, caller)
    if found is None:
        raise not_found()
    return {"order": found.order.id, "dispute": dispute, "by": _by(said, caller)}


def _by(said: Asked, caller: Actor) -> str:
    if caller.role is Role.SERVICE:
        if said.by is None:
            raise Refused("by-missing", "Name in `by` the buyer or seller you speak for.", 422)
        return said.by
    if said.by not in (None, caller.sub):
        raise Refused("not-your-name", "You speak for yourself alone; leave `by` out.", 403)
    return caller.sub


async def _command(
    parts: Parts,
    event: Command,
    caller: Actor,
    key: str,
    route: str,
    *,
    fingerprint: bytes | None = None,
    created: bool = False,
) -> Response:
    return await parts.command(
        event, actor=caller, key=key, may=PARTIES, route=route, owner=_owner, fingerprint=fingerprint, created=created
    )


def _owner(order: Order | None) -> Owned | None:
    return order.terms if order is not None else None
