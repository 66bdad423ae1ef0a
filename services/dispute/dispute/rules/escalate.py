"""To the platform: by the buyer's hand, by itself, or because the promise was broken (transitions 7, 8, 9, 15)."""

from typing import Literal

from aftersales.contracts.dispute import DisputeEscalated, DisputePlanRefused, DisputeReviewStarted, Party
from aftersales.decision import Because, Boundary
from aftersales.explanation import instant
from dispute.domain import states
from dispute.domain.dispute import Dispute
from dispute.rules import windows
from dispute.rules.draft import Draft, No
from dispute.rules.file import file


def by_hand(draft: Draft, dispute: Dispute) -> Because | No:
    """The buyer asks the platform to decide (transition 7)."""
    no = _may_escalate(draft, dispute)
    if no is not None:
        return no
    escalate(draft, dispute, "by_hand", "7")
    return draft.because("7")


def _may_escalate(draft: Draft, dispute: Dispute) -> No | None:
    if dispute.confirming:
        return No("confirm-first", "The parcel was delivered. Confirm the receipt, or name another reason.")
    window = windows.manual_window(draft, dispute)
    if window is None:
        return No("not-by-hand", "The platform steps in by itself; it cannot be asked to earlier.")
    if not dispute.answered:
        return No("seller-not-heard", "The seller has not answered yet. Escalate once they refuse or counter.")
    opens, closes = window
    closes = draft.given.extended(closes)
    if draft.arrived_at < opens:
        sentence = f"The platform can be asked from {instant(opens)} on."
        return No("too-early", sentence, boundary=Boundary("from", opens))
    if draft.arrived_at >= closes:
        sentence = f"The platform could be asked before {instant(closes)}."
        return No("too-late", sentence, nothing=True, boundary=Boundary("before", closes))
    awaited = windows.awaited_until(draft, dispute)
    if awaited is not None:
        sentence = f"The parcel is on its way and promised until {instant(awaited)}. Wait until then."
        return No("in-transit", sentence, boundary=Boundary("from", awaited))
    draft.turns("too_early_before", opens)
    return None


def escalate(
    draft: Draft,
    dispute: Dispute,
    how: Literal["by_hand", "automatic", "promise_broken", "return_contested", "return_lost"],
    number: str,
) -> Dispute:
    """Both parties get the evidence window; the desk gets the file."""
    window = draft.length("arbitration.evidence_window")
    escalated = draft.move(
        dispute,
        states.ARBITRATION_EVIDENCE,
        number,
        draft.now + window,
        done=(),
        proposal=None,
        confirming=False,
        escalated_at=dispute.escalated_at or draft.now,
    )
    draft.facts["how"] = how
    return draft.tell(DisputeEscalated, escalated, how=how, file=file(draft.order, escalated))


def start_review(draft: Draft, dispute: Dispute, number: str = "15", refused_by: Party | None = None) -> Dispute:
    """The evidence window is over, or a proposal was refused: the desk decides on what is on file (15 and 29).

    Both its dates count from this entry (rulebook 8.22); its clock is its own, the first date is shown here too.
    """
    reassign = draft.now + draft.length("arbitration.reassign_after")
    fallback = draft.now + draft.length("arbitration.fallback_after")
    review = draft.move(dispute, states.ARBITRATION_REVIEW, number, reassign, review_fallback_at=fallback)
    if refused_by is not None:
        review = draft.tell(DisputePlanRefused, review, counter=None, party=refused_by)
    return draft.tell(DisputeReviewStarted, review, file=file(draft.order, review))
