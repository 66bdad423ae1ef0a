"""An order as disputes see it: what each unit cost, what is left to refund."""

from fastapi import APIRouter

from aftersales.contracts.envelope import Id
from aftersales.identity import not_found
from aftersales.runtime.http import Caller, Ours
from dispute.api.models import OrderRead
from dispute.store import reads

router = APIRouter(tags=["orders"])


@router.get("/orders/{order}")
async def one(order: Id, caller: Caller, parts: Ours) -> OrderRead:
    """The order's money, to the unit, and the names of its disputes."""
    found = await reads.find_order(parts.reads, order, caller)
    if found is None:
        raise not_found()
    known, terms = found.order, found.order.known
    refunds: dict[str, list[int]] = {}
    for unit in terms.every_unit():
        refunds.setdefault(unit.line, []).append(unit.paid)
    return OrderRead(
        order=known.id,
        buyer=terms.buyer,
        seller=terms.seller,
        placed_at=terms.placed_at,
        currency=terms.currency,
        paid=terms.paid,
        paid_left=known.paid_left,
        unit_refunds=refunds,
        disputes=sorted(known.disputes),
        policy=terms.policy,
    )
