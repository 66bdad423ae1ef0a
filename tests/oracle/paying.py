"""Money moves: refunds, freight, compensation, and who bears them (section 6; 8.5, 8.6, 8.8, 8.26, 8.48)."""

from tests.oracle import money
from tests.oracle.model import Dispute, Plan
from tests.oracle.tables import FAMILY, NO_RETURN, PENDING, REFUNDED, REJECTED, TO_SEND
from tests.oracle.world import World


def bearer(d: Dispute) -> str:
    """8.8: who pays the return freight of an agreement."""
    if FAMILY[d.reason] != "BUYER_REASON":
        return "seller"
    return "service" if d.order.free_return else "buyer"


def bear(w: World, d: Dispute, amount: int, payer: str) -> None:
    if payer == "platform":
        d.paid_by["platform_fund"] += amount
    elif payer == "service":
        d.paid_by["service_fund"] += amount
    else:
        _seller_bears(w, d, amount)


def _seller_bears(w: World, d: Dispute, amount: int) -> None:
    seller = w.sellers[d.order.seller]
    escrow = min(amount, max(0, d.order.left))
    deposit = min(amount - escrow, seller.deposit)
    advance = amount - escrow - deposit
    d.order.left -= escrow
    seller.deposit -= deposit
    d.paid_by["escrow"] += escrow
    d.paid_by["deposit"] += deposit
    d.paid_by["platform_fund"] += advance
    d.debt += advance
    if advance:
        seller.debts.append([d, advance])


def agree(w: World, d: Dispute, plan: Plan, how: str) -> None:
    """Transitions 3, 5, 6, 12, 30: a plan is what both parties, or silence, settled on."""
    d.agreement = how
    d.payer, d.freight_payer = "seller", bearer(d)
    d.due_compensation, d.claims, d.counts = 0, False, False
    carry_out(w, d, plan)


def carry_out(w: World, d: Dispute, plan: Plan) -> None:
    """A decided plan; goods never travel twice (8.39, 8.47)."""
    d.due = plan
    if min(plan.amount, d.cap) == 0 and d.due_compensation == 0:
        w.go(d, REJECTED, None)
    elif plan.remedy == "return" and d.back is None:
        w.wait(d, TO_SEND, "return.ship_by")
    else:
        pay(w, d, freight=plan.remedy == "return")


def pay(w: World, d: Dispute, *, freight: bool) -> None:
    """Order the money: refund first, then freight, then compensation."""
    assert d.due is not None
    refund = min(d.due.amount, d.cap)
    carried = _freight(w, d) if freight else 0
    if refund + carried + d.due_compensation == 0:
        w.go(d, REJECTED, None)
        return
    spread(d, refund)
    for amount, payer in ((refund, d.payer), (carried, d.freight_payer), (d.due_compensation, "seller")):
        bear(w, d, amount, payer)
    d.refund += refund
    d.freight += carried
    d.compensation += d.due_compensation
    d.claim += refund if d.claims else 0
    w.go(d, PENDING, None)
    if not w.by_hand:
        executed(w, d)


def _freight(w: World, d: Dispute) -> int:
    if d.freight_payer == "buyer":
        return 0
    limit = w.policy.of("return.freight_cap")
    return d.proven_freight if limit is None else min(d.proven_freight, limit)


def spread(d: Dispute, refund: int) -> None:
    parts = money.shared_out(refund, [unit.paid - unit.refunded for unit in d.units])
    for unit, part in zip(d.units, parts, strict=True):
        unit.refunded += part


def executed(w: World, d: Dispute) -> None:
    w.go(d, REFUNDED, None)


def no_return(w: World, d: Dispute) -> None:
    w.go(d, NO_RETURN, None)
