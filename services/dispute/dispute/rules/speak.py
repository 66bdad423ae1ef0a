"""A party speaks: who may, about which dispute, in which state, in time; then the verb decides (rulebook 5)."""

from collections.abc import Callable
from typing import Any, Final

from aftersales.contracts.dispute import CommandRefused, Party
from aftersales.contracts.marketplace import (
    AppealMade,
    Command,
    ComplaintCancelled,
    ComplaintMade,
    EscalationRequested,
    EvidenceAdded,
    EvidenceCompleted,
    PlanAccepted,
    PlanChanged,
    PlanRefused,
    ReturnConfirmed,
    ReturnContested,
    ReturnShipped,
)
from aftersales.decision import Because, Boundary, Decision, Given, Outcome
from aftersales.explanation import instant
from aftersales.identity import Role, authorize, not_found
from dispute.domain import states, transitions
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.rules import (
    appeal,
    chargeback,
    complain,
    escalate,
    evidence,
    negotiate,
    proposals,
    returns,
    send_back,
    windows,
)
from dispute.rules.draft import STATE_TIMERS, Draft, No, answer, foreign

Verb = Callable[[Draft, Any, Any, Party], Because | No]
PARTIES: Final = frozenset({Role.BUYER, Role.SELLER, Role.SERVICE})

VERBS: Final[dict[type[Command], Verb]] = {
    ComplaintMade: lambda draft, dispute, said, party: complain.open_dispute(draft, dispute, said),
    PlanChanged: lambda draft, dispute, said, party: negotiate.change_plan(draft, dispute, said),
    PlanAccepted: lambda draft, dispute, said, party: _answering(dispute).accept(draft, dispute, said, party),
    PlanRefused: lambda draft, dispute, said, party: _answering(dispute).refuse(draft, dispute, said, party),
    EscalationRequested: lambda draft, dispute, said, party: escalate.by_hand(draft, dispute),
    ComplaintCancelled: lambda draft, dispute, said, party: negotiate.cancel(draft, dispute),
    EvidenceAdded: evidence.add_evidence,
    EvidenceCompleted: evidence.complete_evidence,
    ReturnShipped: lambda draft, dispute, said, party: send_back.return_shipped(draft, dispute, said),
    AppealMade: appeal.make,
    ReturnConfirmed: lambda draft, dispute, said, party: send_back.return_confirmed(draft, dispute),
    ReturnContested: lambda draft, dispute, said, party: returns.contest(draft, dispute, said),
}


def _answering(dispute: Dispute) -> Any:
    """Whose plan is answered: the platform's proposal, or the other party's."""
    return proposals if dispute.state == states.PLATFORM_PROPOSED else negotiate


def hear(order: Order, said: Command, given: Given) -> Decision:
    """A command about an order that is known. Every refusal is said on the wire too, whichever door it came through."""
    party = _speaker(order, said, given)
    if isinstance(party, Decision):
        return party
    dispute = order.disputes.get(said.dispute)
    draft = Draft(order, given)
    draft.facts.update(dispute=said.dispute, by=party, arrived_at=given.arrived_at.isoformat())
    no = _out_of_place(draft, dispute, said, party)
    if no is not None:
        return _refused(draft, dispute, said, no)
    outcome = VERBS[type(said)](draft, dispute, said, party)
    if isinstance(outcome, No):
        draft.order = order  # whatever the verb had begun
        return _refused(draft, dispute, said, outcome)
    _note_words(draft, said, party)
    return draft.decision(outcome, draft.order.disputes[said.dispute])


def _speaker(order: Order, said: Command, given: Given) -> Party | Decision:
    """Who speaks. A person speaks for themselves; the marketplace that placed the order speaks for both by name."""
    actor = given.actor
    if actor is not None:
        authorize(actor, PARTIES, order.known)
    if (actor is None or actor.role is Role.SERVICE) and given.source != order.known.source:
        if actor is not None:
            raise not_found()
        return foreign(order.known.source, given)
    party = order.party(said.by)
    if party is None or (actor is not None and actor.role is not Role.SERVICE and actor.sub != said.by):
        return _refused(Draft(order, given), None, said, No("stranger", f"{said.by} is no party of this order."))
    return party


def _out_of_place(draft: Draft, dispute: Dispute | None, said: Command, party: Party) -> No | None:
    """A chargeback forbids it, the table has no such step here, or the state's deadline has passed."""
    if dispute is None and not isinstance(said, ComplaintMade):
        return No("unknown-dispute", f"The order has no dispute {said.dispute}.")
    no = chargeback.against(draft.order, type(said))
    if no is not None:
        return no
    row = transitions.find(dispute.state if dispute else None, type(said), party)
    if row is None:
        return _wrong_place(dispute, said, party)
    return _late(draft, dispute, said) if dispute is not None and dispute.is_open else None


def _wrong_place(dispute: Dispute | None, said: Command, party: Party) -> No:
    if not any(party in row.by for row in transitions.of(type(said))):
        return No("not-your-move", f"This is not for the {party} to do.")
    if dispute is not None and isinstance(said, ComplaintMade):
        return complain.already(dispute)
    state = dispute.state if dispute else None
    return No("wrong-state", f"Dispute {said.dispute} is {state}; this cannot be done in it.", nothing=True)


def _late(draft: Draft, dispute: Dispute, said: Command) -> No | None:
    """A command at the deadline itself is late (rulebook 8.12)."""
    given = draft.given
    first = min(map(given.extended, windows.ends(dispute, type(said))), default=None)
    if first is None:
        return None
    if given.arrived_at < first:
        draft.turns("late_from", first)
        return None
    draft.know_deadline(_waited_for(dispute), dispute, first)
    came, due = instant(given.arrived_at), instant(first)
    sentence = f"This came at {came}; it was possible before {due}. The dispute goes on by itself."
    return No("late", sentence, nothing=True, boundary=Boundary("before", first))


def _waited_for(dispute: Dispute) -> str:
    """The kind of deadline that ends the time for a command in the present state."""
    if dispute.due_at == dispute.escalates_at:
        return transitions.ESCALATION_DUE
    return STATE_TIMERS[dispute.state]


def _refused(draft: Draft, dispute: Dispute | None, said: Command, no: No) -> Decision:
    event = command_refused(said, draft.given, no, draft.order.party(said.by))
    draft.facts.update(command=said.name(), by=said.by, refused=no.slug)
    if dispute is not None:
        draft.facts["state"] = dispute.state
    return Decision(
        events=(event,),
        outcome=Outcome.NOTHING if no.nothing else Outcome.REFUSED,
        slug=no.slug,
        sentence=no.sentence,
        because=draft.because_not(no, _number(draft, dispute, said)),
        answer=answer(draft.order, dispute) if dispute else None,
    )


def _number(draft: Draft, dispute: Dispute | None, said: Command) -> str | None:
    """The transition that a refused command would have been, wherever the dispute stands."""
    party = draft.order.party(said.by)
    row = transitions.find(dispute.state if dispute else None, type(said), party) if party else None
    row = row or next(transitions.of(type(said)), None)
    return row.number if row else None


def command_refused(said: Command, given: Given, no: No, party: Party | None = None) -> CommandRefused:
    return CommandRefused(
        party=party,
        order=said.order,
        dispute=said.dispute,
        by=said.by,
        command=said.name(),
        slug=no.slug,
        sentence=no.sentence,
        cause=str(given.cause),
        at=given.now,
    )


def _note_words(draft: Draft, said: Command, party: Party) -> None:
    """What a party said in their own words, and which evidence or address they named; kept here and nowhere else."""
    # A look at the fields: asking pydantic for one that is not there takes ten times as long (measured).
    fields = vars(said)
    words = fields.get("words") or fields.get("return_address")
    evidence_kinds = list(fields.get("evidence", ()))
    if not words and not evidence_kinds:
        return
    draft.append(
        "statement",
        {
            "order_id": draft.order.id,
            "dispute": said.dispute,
            "party": party,
            "said": said.name(),
            "at": draft.now,
            "words": words,
            "evidence": evidence_kinds,
            "cause": draft.given.cause,
        },
    )
