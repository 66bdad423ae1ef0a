"""The platform proposes a plan; both answer it, and silence is a yes (transitions 16, 29 and 30, 8.26, 8.32)."""

from msgspec.structs import replace

from aftersales.contracts.arbitration import CaseProposed
from aftersales.contracts.dispute import DisputeProposalAccepted, DisputeProposed, Party
from aftersales.contracts.marketplace import PlanAccepted, PlanRefused
from aftersales.decision import Because, Decision, Given
from dispute.domain import states
from dispute.domain.dispute import Dispute, Offer, Proposal
from dispute.domain.order import Order
from dispute.rules import guards
from dispute.rules.desk import addressed, overtaken
from dispute.rules.draft import Draft, No
from dispute.rules.escalate import start_review
from dispute.rules.settle import execute_plan

FIRST = 1


def case_proposed(order: Order | None, said: CaseProposed, given: Given) -> Decision:
    """The parties have `arbitration.proposal_accept` to answer (transition 16)."""
    heard = addressed(order, said, said.proposal, "16", given)
    if isinstance(heard, Decision):
        return heard
    draft, dispute = heard
    no = _against(draft, dispute, said)
    if no is not None:
        return overtaken(said, said.proposal, "16", dispute.state, no)
    answer_by = draft.now + draft.length("arbitration.proposal_accept")
    proposal = Proposal(said.proposal, Offer(said.plan.remedy, said.plan.amount, FIRST))
    draft.facts.update(proposal=said.proposal, remedy=said.plan.remedy, amount=said.plan.amount)
    proposed = draft.move(dispute, states.PLATFORM_PROPOSED, "16", answer_by, proposal=proposal)
    proposed = draft.tell(DisputeProposed, proposed, proposal=said.proposal, plan=said.plan)
    return draft.decision(draft.because("16"), proposed)


def _against(draft: Draft, dispute: Dispute, said: CaseProposed) -> No | None:
    if dispute.proposal is not None:
        return No("proposed-before", "The platform has made its one proposal in this arbitration. Rule.")
    above = guards.within(draft, said.plan.amount, draft.order.cap(dispute.units))
    return above or guards.remedy(dispute.reason, said.plan)


def accept(draft: Draft, dispute: Dispute, said: PlanAccepted, party: Party) -> Because | No:
    """A party says yes; with the other's yes it is carried out (transition 30)."""
    proposal = dispute.proposal
    assert proposal is not None
    no = _may_accept(proposal, said, party)
    if no is not None:
        return no
    draft.facts["accepted_by"] = party
    accepted = replace(dispute, proposal=replace(proposal, accepted=(*proposal.accepted, party)))
    if proposal.accepted:
        carry_out(draft, accepted)
    else:
        draft.tell(DisputeProposalAccepted, accepted, party=party)
    return draft.because("30")


def _may_accept(proposal: Proposal, said: PlanAccepted, party: Party) -> No | None:
    if party in proposal.accepted:
        return No("already-accepted", "You have accepted the platform's proposal already.", nothing=True)
    if said.version not in (None, proposal.plan.version):
        return No("plan-changed", f"The platform's proposal is plan {proposal.plan.version}. Read it first.")
    if party == "seller" and proposal.plan.remedy == "return" and said.return_address is None:
        return No("address-needed", "Name the address to which the goods are to be sent back.")
    return None


def refuse(draft: Draft, dispute: Dispute, said: PlanRefused, party: Party) -> Because | No:
    """A party says no: the platform rules, and its dates count anew (transition 29, rulebook 8.22)."""
    proposal = dispute.proposal
    assert proposal is not None
    if party in proposal.accepted:
        return No("already-accepted", "You have accepted the platform's proposal; it can no longer be refused.")
    if said.counter is not None:
        return No("no-counter", "The platform's proposal is answered by yes or no. Refuse it without a plan.")
    draft.facts["refused_by"] = party
    start_review(draft, dispute, "29", refused_by=party)
    return draft.because("29")


def carry_out(draft: Draft, dispute: Dispute) -> Dispute:
    """Both have accepted it, or were silent."""
    assert dispute.proposal is not None
    return execute_plan(draft, dispute, dispute.proposal.plan, "proposal", "30")
