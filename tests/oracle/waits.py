"""What silence does: the last column of section 4."""

from collections.abc import Callable
from typing import Final

from tests.oracle import tables as t
from tests.oracle.model import Dispute, Plan, Refused
from tests.oracle.money import half_up
from tests.oracle.paying import agree, carry_out, no_return, pay
from tests.oracle.ruling import recommended
from tests.oracle.world import World


def ends(w: World, d: Dispute) -> None:
    SILENCE[d.state](w, d)


def seller_silent(w: World, d: Dispute) -> None:
    """The buyer's plan as it stands; a plan of 0 is never executed by silence (8.26)."""
    plan = d.plans["buyer"]
    assert plan is not None
    if plan.amount == 0:
        w.enter_evidence(d)
    else:
        agree(w, d, plan, "seller_timeout")


def hold_ends(w: World, d: Dispute) -> None:
    """Transition 9."""
    w.enter_evidence(d)


def not_confirmed(w: World, d: Dispute) -> None:
    w.go(d, t.CANCELLED, None)


def review_overdue(w: World, d: Dispute) -> None:
    """First another agent, later the fallback ruling, which waits for a promise it would need (8.22)."""
    assert d.fallback is not None
    if w.now < d.fallback:
        d.deadline = d.fallback
        return
    try:
        rule_by_table(w, d)
    except Refused:
        d.fallback = d.deadline = max(p.promise for p in d.parcels)


def rule_by_table(w: World, d: Dispute) -> None:
    row = recommended(w, d, {})
    d.rule, d.liable, d.agreement, d.counts, d.claims = row.rule, row.liable, "arbitration", row.counts, row.claims
    d.ruled = w.now
    d.payer, d.freight_payer, d.due_compensation = row.payer, row.freight_payer, row.compensation
    carry_out(w, d, Plan(row.remedy, half_up(row.refund)))


def proposal_silent(w: World, d: Dispute) -> None:
    plan = d.plans["platform"]
    assert plan is not None
    agree(w, d, plan, "proposal")


def seller_keeps_silent(w: World, d: Dispute) -> None:
    assert d.due is not None
    pay(w, d, freight=True)


def service_overdue(w: World, d: Dispute) -> None:
    w.enter_seller(d)


def appeal_undecided(w: World, d: Dispute) -> None:
    back(w, d, d.before_appeal)


def back(w: World, d: Dispute, state: str) -> None:
    """After an appeal; nothing can be appealed twice."""
    w.go(d, state, None)


SILENCE: Final[dict[str, Callable[[World, Dispute], None]]] = {
    t.SELLER: seller_silent,
    t.BUYER: not_confirmed,
    t.HELD: hold_ends,
    t.EVIDENCE: lambda w, d: w.enter_review(d),
    t.REVIEW: review_overdue,
    t.PROPOSED: proposal_silent,
    t.TO_SEND: no_return,
    t.SENT: seller_keeps_silent,
    t.SERVICE: service_overdue,
    t.APPEAL: appeal_undecided,
}
