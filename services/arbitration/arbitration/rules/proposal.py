"""An agent proposes a plan to both parties, once an arbitration (rulebook, transition 16; 8.26, 8.27)."""

from msgspec.structs import replace

from aftersales.contracts import dispute as said
from aftersales.contracts.arbitration import CaseProposed
from aftersales.contracts.marketplace import Plan
from aftersales.decision import Because, Decision, Given, Move, nothing, refused
from aftersales.identity import effect_id
from aftersales.money import shown
from arbitration.domain.case import Case, CaseStatus
from arbitration.domain.commands import ProposalMade
from arbitration.domain.offer import Offer
from arbitration.domain.reasons import Family, family
from arbitration.domain.ruling import RulingStatus
from arbitration.rules.assignment import no_case, told
from arbitration.rules.dispute_steps import lapsed
from arbitration.rules.guards import conflict, not_in_review, of_another, stale
from arbitration.rules.moves import changed, moved
from arbitration.rules.offers import settled, with_offer


def propose(case: Case | None, event: ProposalMade, given: Given) -> Decision:
    """Dispute is told, and asks the parties; a ruling that waits for its second agent gives way."""
    if case is None:
        return no_case()
    refusal = conflict(case, event) or stale(case, event) or not_in_review(case) or of_another(case, event)
    refusal = refusal or _against(case, event)
    if refusal is not None:
        return refusal
    offer = Offer(
        id=str(effect_id(given.cause, case.id, 0, "proposal")),
        kind="proposal",
        status=RulingStatus.SENT,
        made_at=given.now,
        agent=event.agent,
        remedy=event.want.remedy,
        amount=event.want.amount,
    )
    state, moves = _offering(case, offer, given)
    return Decision(
        state=state,
        events=(_said(case, offer, event.want, given),),
        moves=moves,
        because=Because("transition 16", {"remedy": offer.remedy, "amount": offer.amount, "cap": case.file.cap}),
        answer={**told(state), "decision": offer.id, "decision_status": offer.status.value},
    )


def _offering(case: Case, offer: Offer, given: Given) -> tuple[Case, tuple[Move, ...]]:
    if case.status is not CaseStatus.AWAITING_SECOND:
        return changed(with_offer(case, offer)), ()
    return moved(with_offer(lapsed(case, given.now, "A proposal took its place."), offer), "lapsed")


def _against(case: Case, event: ProposalMade) -> Decision | None:
    if case.proposed:
        return refused("proposed-before", f"Case {case.id} has had its one proposal in this arbitration. Rule.")
    if event.want.amount > case.file.cap:
        most = shown(case.file.cap, case.currency)
        return refused("above-cap", f"At most {most} can be refunded in this dispute. Propose an amount up to that.")
    if event.want.remedy == "return" and family(case.reason) in (Family.NOT_RECEIVED, Family.LATE):
        return refused("refund-only", f"{case.reason} takes refund plans only: there are no goods to send back.")
    return None


def _said(case: Case, offer: Offer, plan: Plan, given: Given) -> CaseProposed:
    return CaseProposed(
        order=case.order,
        dispute=case.id,
        case=case.id,
        at=given.now,
        proposal=offer.id,
        plan=plan,
        agent=offer.agent or "",
        policy=case.policy,
    )


def proposed(case: Case | None, event: said.DisputeProposed, _given: Given) -> Decision:
    """The parties have been asked; the desk's own dates rest until one of them refuses (rulebook 8.22)."""
    if case is None or event.step <= case.step:
        return nothing("nothing-new", "The desk has no such case, or has heard a later step of its dispute.")
    answered = settled(case, RulingStatus.EXECUTED, event.at)
    state = changed(replace(answered, proposed_until=event.deadline), step=event.step)
    return Decision(state=state, because=Because("transition 16", {"proposal": event.proposal}))
