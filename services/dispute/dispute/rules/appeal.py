"""A party asks for another look, and what was decided stands or is made good (transitions 24, 25; 8.30, 8.51, 8.52)."""

from typing import Final

from msgspec.structs import replace

from aftersales.contracts.appeal import BurdenReversed, DisputeAppealDecided, DisputeAppealed
from aftersales.contracts.arbitration import AppealDecided
from aftersales.contracts.dispute import Agreement, Party
from aftersales.contracts.escrow import EscrowReleased
from aftersales.contracts.marketplace import AppealMade
from aftersales.decision import Because, Boundary, Decision, Given
from aftersales.explanation import instant
from aftersales.identity import effect_id
from aftersales.policy import calendar
from dispute.domain import states
from dispute.domain.dispute import Appeal, Dispute
from dispute.domain.order import Order
from dispute.domain.settlement import Burden, Settlement
from dispute.rules import windows
from dispute.rules.desk import addressed
from dispute.rules.draft import Draft, No
from dispute.rules.evidence import with_evidence
from dispute.rules.file import file
from dispute.rules.journal import entries, write
from dispute.rules.settle import heading, heading_of_order, pay, settlements
from dispute.rules.sums import Sums

# Who may appeal against what ended a dispute; against what both agreed to, nobody.
APPELLANTS: Final[dict[Agreement, tuple[Party, ...]]] = {
    "consensus": (),
    "proposal": (),
    "seller_timeout": ("seller",),
    "service": ("buyer",),
    "arbitration": ("buyer", "seller"),
}


def make(draft: Draft, dispute: Dispute, said: AppealMade, party: Party) -> Because | No:
    """A party appeals in time, with evidence (transition 24); another agent decides within `appeal.review`."""
    no = forbidden(draft, dispute, party) or _late(draft, dispute)
    if no is None and not said.evidence:
        no = No("evidence-needed", "An appeal needs at least one piece of evidence. Add what was not seen before.")
    shown = with_evidence(dispute, party, said.evidence) if no is None else no
    if isinstance(shown, No):
        return shown
    assert dispute.closed_at is not None
    made = Appeal(party, dispute.state, dispute.closed_at)
    days: int = draft.parameter("appeal.review")
    decide_by = calendar.add_business_days(draft.now, days, draft.policy.calendar)
    appealed = draft.move(shown, states.APPEAL_REVIEW, "24", decide_by, appeal=made, closed_at=None)
    _told(draft, appealed, said)
    return draft.because("24")


def forbidden(draft: Draft, dispute: Dispute, party: Party) -> No | None:
    """What no waiting and no evidence would change."""
    if dispute.agreement is None or party not in APPELLANTS[dispute.agreement]:
        return No("not-appealable", f"The {party} cannot appeal against how this dispute ended.")
    if dispute.appeal is not None or not draft.parameter("appeal.count"):
        return No("appealed-already", "There is one appeal a dispute, and it was made.")
    for line in dispute.units:
        other = draft.order.open_on(line)
        if other is not None:
            return No("line-in-dispute", f"Dispute {other.id} on line {line} is open. Wait until it is closed.")
    return None


def _late(draft: Draft, dispute: Dispute) -> No | None:
    """An appeal at the end of the window is late; a chargeback moves that end only once it was won (rulebook 8.51)."""
    until = windows.appealable_until(draft, dispute)
    assert until is not None
    until = draft.given.extended(until)
    if draft.arrived_at < until:
        draft.turns("late_from", until)
        return None
    sentence = f"The appeal came at {instant(draft.arrived_at)}; it was possible before {instant(until)}."
    return No("too-late", sentence, nothing=True, boundary=Boundary("before", until))


def _told(draft: Draft, dispute: Dispute, said: AppealMade) -> None:
    assert dispute.appeal is not None
    draft.tell(
        DisputeAppealed,
        dispute,
        party=dispute.appeal.by,
        evidence=said.evidence,
        kept_off=dispute.judges,
        frozen_at=draft.order.chargeback_at,
        agreement=dispute.agreement,
        rule=dispute.rule,
        liable=dispute.liable,
        refund=dispute.refund,
        compensation=dispute.compensation,
        freight=dispute.freight,
        file=file(draft.order, dispute),
    )


def decided(order: Order | None, said: AppealDecided, given: Given) -> Decision:
    """The desk's word on the appeal, or that its time ran out (transition 25)."""
    heard = addressed(order, said, said.decision, "25", given)
    if isinstance(heard, Decision):
        return heard
    draft, dispute = heard
    assert dispute.appeal is not None
    draft.facts.update(decision=said.decision, outcome=said.outcome, agent=said.agent, by=dispute.appeal.by)
    judged = replace(dispute, appeal=replace(dispute.appeal, decision=said.decision, outcome=said.outcome))
    if said.outcome != "overturned":
        done = _back(draft, judged)
    elif dispute.appeal.by == "seller":
        done = _for_the_seller(draft, judged)
    else:
        done = _for_the_buyer(draft, judged, said.amount)
    return draft.decision(draft.because("25"), done)


def _back(draft: Draft, dispute: Dispute, reversed_: int = 0) -> Dispute:
    """Ended as before, at the instant it had ended."""
    assert dispute.appeal is not None
    ended = draft.move(dispute, dispute.appeal.back_to, "25", closed_at=dispute.appeal.closed_at)
    return _decision_told(draft, ended, reversed_=reversed_)


def _for_the_seller(draft: Draft, dispute: Dispute) -> Dispute:
    """The buyer keeps everything; what the seller bore is the platform fund's, and nobody is liable."""
    burden = dispute.paid_by
    borne = burden.escrow + burden.deposit
    figures = {"escrow": burden.escrow, "deposit": burden.deposit, "debt": burden.debt}
    draft.amount("reversed", borne + burden.debt, "escrow + deposit + debt", **figures)
    freed = replace(dispute, liable="nobody", counts_for_seller=False)
    if borne or burden.debt:
        # What the carrier owes in recourse goes to who bears the refund.
        platform = borne - dispute.carrier_claim
        freed = _reversed(draft, freed, Burden(-burden.escrow, -burden.deposit, platform, 0, -burden.debt))
    return _back(draft, freed, borne + burden.debt)


def _reversed(draft: Draft, dispute: Dispute, back: Burden) -> Dispute:
    """A new journal takes back what older ones laid on the seller; those stay as they are (rulebook section 6)."""
    journal = str(effect_id(draft.given.cause, draft.order.id, settlements(draft), "burden_reversed"))
    reversal = Settlement(
        journal, 0, 0, 0, back, (), draft.now, carrier_claim=-dispute.carrier_claim, executed_at=draft.now
    )
    seller = draft.seller.drawn_on(draft.order.known.currency, back.deposit)
    draft.keep_seller(seller.lifted(draft.order.id, dispute.id))
    write(draft, dispute, reversal)
    draft.say(BurdenReversed(**heading(draft, dispute), journal=journal, entries=entries(reversal)))
    # It came from another order's escrow, which was released long ago.
    if collected := sum(settlement.collected for settlement in dispute.settlements):
        draft.say(EscrowReleased(**heading_of_order(draft), amount=collected, collected=0))
    return draft.keep(replace(dispute, settlements=(*dispute.settlements, reversal)))


def _for_the_buyer(draft: Draft, dispute: Dispute, amount: int | None) -> Dispute:
    """The refund is brought up to the buyer's last plan, or to the agent's amount; the seller is liable."""
    plan = dispute.buyer_plan.amount if dispute.buyer_plan else 0
    wanted = plan if amount is None else amount
    cap = draft.order.cap(dispute.units)
    more = min(max(0, wanted - dispute.refund), cap)
    draft.facts["wanted"] = wanted
    draft.amount("refund", more, "min(wanted - refunded, cap)", wanted=wanted, refunded=dispute.refund, cap=cap)
    granted = replace(dispute, liable="seller", counts_for_seller=False)
    if not more:
        ended = draft.move(granted, states.CLOSED_REFUNDED, "25", closed_at=draft.now)
        ended = _decision_told(draft, ended)
        draft.order = draft.order.closing(ended)
        return ended
    paying = _decision_told(draft, draft.move(granted, states.REFUND_PENDING, "25"), more)
    return pay(draft, paying, Sums(more))


def _decision_told(draft: Draft, dispute: Dispute, refund: int = 0, reversed_: int = 0) -> Dispute:
    """Told to the parties, and noted for good: one appeal a dispute, as the table's primary key has it."""
    made = dispute.appeal
    assert made is not None
    assert made.decision is not None
    row = {"dispute": dispute.id, "order_id": draft.order.id, "decision": made.decision, "party": made.by}
    figures = {"outcome": made.outcome, "refund": refund, "reversed": reversed_}
    draft.append("appeal_outcome", {**row, **figures, "at": draft.now, "cause": draft.given.cause})
    return draft.tell(DisputeAppealDecided, dispute, decision=made.decision, party=made.by, **figures)
