"""The desk's word comes in: it names a dispute that waits for it, or the desk is told what overtook it."""

from aftersales.contracts.arbitration import CaseEvent
from aftersales.contracts.dispute import DisputeState, RulingOvertaken
from aftersales.decision import Because, Decision, Given, Outcome
from dispute.domain import transitions
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.rules.chargeback import against
from dispute.rules.draft import Draft, No


def addressed(
    order: Order | None, said: CaseEvent, word: str, number: str, given: Given
) -> tuple[Draft, Dispute] | Decision:
    """The dispute that a word of the desk is for, where the table has the step. word: the id of what the desk says."""
    dispute = order.disputes.get(said.dispute) if order else None
    if order is None or order.terms is None or dispute is None:
        return overtaken(said, word, number, None, No("unknown-dispute", "There is no such dispute."))
    appeal = dispute.appeal and dispute.appeal.decision
    if word in (dispute.ruling, dispute.service, dispute.proposal and dispute.proposal.id, appeal):
        return repeated()
    no = against(order, type(said))
    if no is not None:
        return overtaken(said, word, number, dispute.state, no)
    if transitions.find(dispute.state, type(said), "platform") is None:
        no = No("not-in-review", f"The dispute is {dispute.state} and no longer waits for this.")
        return overtaken(said, word, number, dispute.state, no)
    return Draft(order, given), dispute


def with_judges(dispute: Dispute, *agents: str | None) -> tuple[str, ...]:
    """Those who have decided it so far; none of them decides an appeal (rulebook 8.30)."""
    return tuple(sorted({*dispute.judges, *(agent for agent in agents if agent is not None)}))


def repeated() -> Decision:
    return Decision(
        outcome=Outcome.NOTHING, slug="already-ruled", sentence="This word of the desk has been carried out already."
    )


def overtaken(said: CaseEvent, word: str, number: str, state: DisputeState | None, no: No) -> Decision:
    """The desk is told why; nothing changes."""
    answer = RulingOvertaken(
        order=said.order, dispute=said.dispute, ruling=word, slug=no.slug, sentence=no.sentence, state=state
    )
    facts = {"dispute": said.dispute, "ruling": word, "state": state, "refused": no.slug}
    because = Because(f"transition {number}", facts)
    return Decision(events=(answer,), outcome=Outcome.NOTHING, slug=no.slug, sentence=no.sentence, because=because)
