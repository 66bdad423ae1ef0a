"""A dispute, lists of disputes, what the parties said, and why it stands as it does."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from aftersales.contracts.dispute import DisputeState
from aftersales.contracts.envelope import Id, Token
from aftersales.errors import Refused
from aftersales.identity import Actor, Role, not_found
from aftersales.rulebook.reasons import unknown
from aftersales.runtime.decisions import Decided, History, decided, list_history
from aftersales.runtime.http import Caller, Ours, Paged, Parts
from dispute.api.models import DisputeRead, Disputes, Listed, Statement, Statements, read
from dispute.domain.subjects import order_ref
from dispute.store import reads
from dispute.store.reads import Found

router = APIRouter(tags=["disputes"])
# Who bears what the buyer gets is not for the buyer, and which of the platform's people decided is for neither party.
HIDDEN: Final = {
    Role.BUYER: frozenset({"paid_by", "freight_payer", "agent"}),
    Role.SELLER: frozenset({"agent"}),
}


@router.get("/disputes")
async def disputes(
    caller: Caller,
    parts: Ours,
    page: Paged,
    state: Annotated[list[DisputeState], Query(default_factory=list, description="one or more; all where left out")],
    order: Annotated[Id | None, Query()] = None,
    reason: Annotated[Token | None, Query()] = None,
    buyer: Annotated[Id | None, Query()] = None,
    seller: Annotated[Id | None, Query()] = None,
    trouble: Annotated[bool | None, Query(description="true: those whose refund operations must look at")] = None,
) -> Disputes:
    """The caller's disputes, the newest first."""
    _known_reason(reason)
    if trouble is not None and not _is_platform(caller):
        raise Refused("trouble-not-shown", "Only the platform is shown refunds in trouble. Leave `trouble` out.", 403)
    wanted = reads.Wanted(state, order, reason, buyer, seller, trouble)
    rows, further = await reads.list_disputes(parts.reads, wanted, page, caller)
    return Disputes(items=[_listed(row, caller) for row in rows], next=further)


@router.get("/disputes/{dispute}")
async def one(dispute: Id, caller: Caller, parts: Ours) -> DisputeRead:
    """The dispute, with what the caller may do, from when and until when."""
    found = await _the_order(parts, dispute, caller)
    return read(found, found.order.disputes[dispute], caller, parts.policies)


@router.get("/disputes/{dispute}/statements")
async def statements(dispute: Id, caller: Caller, parts: Ours, page: Paged) -> Statements:
    """What the parties said in their own words, and which evidence they named."""
    found = await _the_order(parts, dispute, caller)
    rows, further = await reads.list_statements(parts.reads, found.order.id, dispute, page)
    items = [Statement(**{name: getattr(row, name) for name in Statement.model_fields}) for row in rows]
    return Statements(items=items, next=further)


@router.get("/disputes/{dispute}/history")
async def history(dispute: Id, caller: Caller, parts: Ours, page: Paged) -> History:
    """Every decision about the dispute's order, with the rule, the facts and the policy it rests on."""
    found = await _the_order(parts, dispute, caller)
    rows, further = await list_history(parts.reads, order_ref(found.order.id), page)
    return History(items=[_decided(row, caller, found.order.known.currency) for row in rows], next=further)


def _known_reason(reason: str | None) -> None:
    """Refused 422 for a word that is no reason: a list that is empty for a slip would mislead."""
    problem = unknown(reason) if reason is not None else None
    if problem is not None:
        raise Refused("unknown-reason", problem, 422)


async def _the_order(parts: Parts, dispute: str, caller: Actor) -> Found:
    found = await reads.find_by_dispute(parts.reads, dispute, caller)
    if found is None:
        raise not_found()
    return found


def _listed(row: Any, caller: Actor) -> Listed:
    names = [name for name in Listed.model_fields if name not in ("order", "trouble")]
    return Listed(
        **{name: getattr(row, name) for name in names},
        order=row.order_id,
        trouble=row.trouble if _is_platform(caller) else None,
    )


def _is_platform(caller: Actor) -> bool:
    return caller.role in (Role.AGENT, Role.SUPERVISOR, Role.SERVICE)


def _decided(row: Any, caller: Actor, currency: str) -> Decided:
    return decided(row, _shown(row.explanation, HIDDEN.get(caller.role, frozenset())), currency)


def _shown(explanation: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    facts = {name: value for name, value in explanation.get("facts", {}).items() if name not in hidden}
    return {**explanation, "facts": facts}
