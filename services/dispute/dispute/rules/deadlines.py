"""What silence does: every deadline of a dispute, when its timer fires (transitions 6, 8, 9, 15, 31)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from aftersales.decision import Decision, Given, Outcome, Timer, TimerFired, nothing
from dispute.domain import states, transitions
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.rules import proposals, send_back
from dispute.rules.draft import PATIENCE_WITH_TRACKING, RANKS, Draft
from dispute.rules.escalate import escalate, start_review
from dispute.rules.settle import close, execute_plan


def seller_silent(draft: Draft, dispute: Dispute) -> Dispute:
    """The buyer's plan is executed as it stands; silence never executes a plan of 0 (transition 6, rulebook 8.26)."""
    plan = dispute.buyer_plan
    draft.parameter("seller.silence")
    if plan is None or plan.amount == 0:
        return escalate(draft, dispute, "automatic", "6")
    return execute_plan(draft, dispute, plan, "seller_timeout", "6")


def escalation_due(draft: Draft, dispute: Dispute) -> Dispute:
    return escalate(draft, dispute, "automatic", "8")


def hold_due(draft: Draft, dispute: Dispute) -> Dispute | None:
    """The promise ends. While a parcel's own promise ends now order-tracking will say how; else nobody would speak."""
    parcels = draft.order.parcels_of(dispute.units)
    if any(parcel.unanswered(draft.now) for parcel in parcels):
        return None
    return escalate(draft, dispute, "promise_broken", "9")


def hold_overdue(draft: Draft, dispute: Dispute) -> Dispute:
    """Order-tracking has been silent for too long after the promise end."""
    return escalate(draft, dispute, "promise_broken", "9")


def confirm_due(draft: Draft, dispute: Dispute) -> Dispute:
    """Delivered during the hold, and the buyer says nothing more."""
    return close(draft, dispute, states.CLOSED_CANCELLED, "31")


def evidence_due(draft: Draft, dispute: Dispute) -> Dispute:
    return start_review(draft, dispute)


NONE: Final = timedelta(0)


def ship_return_due(draft: Draft, dispute: Dispute) -> Dispute:
    return send_back.not_sent_back(draft, dispute)


def confirm_return_due(draft: Draft, dispute: Dispute) -> Dispute:
    """The seller is silent about the goods: they count as returned."""
    return send_back.pay_for_return(draft, dispute, "silence", "31")


def review_due(draft: Draft, dispute: Dispute) -> Dispute:
    """The first date of the review has passed; the second one is its deadline now (rulebook 8.22)."""
    return draft.keep(replace(dispute, deadline=dispute.review_fallback_at))


def proposal_due(draft: Draft, dispute: Dispute) -> Dispute:
    """Whoever has said nothing has accepted."""
    return proposals.carry_out(draft, dispute)


Effect = Callable[[Draft, Dispute], Dispute | None]
NUMBERS: Final[dict[str, tuple[str, Effect]]] = {
    transitions.ANSWER_DUE: ("6", seller_silent),
    transitions.ESCALATION_DUE: ("8", escalation_due),
    transitions.HOLD_DUE: ("9", hold_due),
    transitions.HOLD_OVERDUE: ("9", hold_overdue),
    transitions.CONFIRM_DUE: ("31", confirm_due),
    transitions.EVIDENCE_DUE: ("15", evidence_due),
    transitions.SHIP_RETURN_DUE: ("31", ship_return_due),
    transitions.CONFIRM_RETURN_DUE: ("31", confirm_return_due),
    transitions.REVIEW_DUE: ("31", review_due),
    transitions.PROPOSAL_DUE: ("30", proposal_due),
}


def deadline_passed(order: Order, fired: TimerFired, given: Given) -> Decision:
    """A timer fired: outlived where the dispute waits for something else by now, later where we were deaf meanwhile."""
    dispute = order.disputes[fired.data["dispute"]]
    if not _still_waits(dispute, fired):
        return nothing("outlived", f"Dispute {dispute.id} no longer waits for this ({dispute.state}).")
    if order.frozen:
        return nothing("frozen", "A chargeback is open; the deadline is armed anew when it ends.")
    due = _due(fired, given)
    if given.now < due:
        return _later(fired, due)
    number, effect = NUMBERS[fired.kind]
    draft = Draft(order, given)
    deadline = datetime.fromisoformat(fired.data["deadline"])
    draft.know_deadline(fired.kind, dispute, deadline)
    draft.turns(fired.kind, given.extended(deadline))
    if effect(draft, dispute) is None:
        return nothing("left-to-tracking", "Order-tracking will say what became of the parcel.")
    return draft.decision(draft.because(number))


def _still_waits(dispute: Dispute, fired: TimerFired) -> bool:
    armed_for = datetime.fromisoformat(fired.data["deadline"])
    if fired.kind == transitions.ESCALATION_DUE:
        return dispute.escalates_at == armed_for
    known = any(dispute.state in row.sources for row in transitions.of(fired.kind))
    confirming = fired.kind == transitions.CONFIRM_DUE
    return known and dispute.confirming == confirming and dispute.deadline == armed_for


def _due(fired: TimerFired, given: Given) -> datetime:
    patience = PATIENCE_WITH_TRACKING if fired.kind == transitions.HOLD_OVERDUE else NONE
    return given.extended(datetime.fromisoformat(fired.data["deadline"])) + patience


def _later(fired: TimerFired, due: datetime) -> Decision:
    """A deadline that fell into an outage moves by its length (rulebook 8.19)."""
    again = Timer(fired.kind, due, RANKS.get(fired.kind, 20), data=fired.data)
    return Decision(
        timers=(again,), outcome=Outcome.NOTHING, slug="outage", sentence="It fell due while the system was down."
    )
