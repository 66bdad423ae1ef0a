"""The platform's own after-sales service: a case of its own kind, decided in `service.review` (transition 23, 8.31)."""

from datetime import datetime

from msgspec.structs import replace

from aftersales.contracts import dispute as said
from aftersales.contracts.arbitration import CaseOpened, ServiceDecided
from aftersales.decision import Because, Decision, Given, Move, Timer, TimerFired, nothing, refused
from aftersales.identity import effect_id
from aftersales.money import shown
from arbitration.domain.case import Case, CaseStatus, Round
from arbitration.domain.commands import ServiceDecisionMade
from arbitration.domain.file import heard
from arbitration.domain.offer import Offer, ServiceOutcome
from arbitration.domain.ruling import RulingStatus
from arbitration.rules.assignment import no_case, told
from arbitration.rules.guards import conflict, frozen, of_another, over, stale
from arbitration.rules.moves import changed, moved
from arbitration.rules.offers import settled, with_offer

SERVICE = "arbitration.service"
TAKEN_OVER = "service"


def take_over(case: Case | None, event: said.DisputeTakenOver, given: Given) -> Decision:
    """A dispute for the service: a case, or a further round of the one there is."""
    if case is not None and event.step <= case.step:
        return _heard()
    fresh = Round(1 if case is None else len(case.rounds) + 1, event.at, TAKEN_OVER)
    opened = Case(
        id=event.dispute,
        order=event.order,
        buyer=event.buyer,
        seller=event.seller,
        reason=event.reason,
        currency=event.currency,
        policy=event.policy,
        step=event.step,
        status=CaseStatus.SERVICE,
        file=heard(event.file),
        rounds=(fresh,) if case is None else (*case.rounds, fresh),
        evidence_until=None,
        version=1 if case is None else case.version + 1,
        rulings=() if case is None else case.rulings,
        offers=() if case is None else case.offers,
        service_until=event.deadline,
    )
    return Decision(
        state=opened,
        events=(CaseOpened(order=event.order, dispute=event.dispute, case=opened.id, at=given.now),),
        timers=(_timer(opened, given.now),),
        moves=(Move("case", None if case is None else case.status, opened.status, "taken_over"),),
        because=Because("transition 1", facts={"how": TAKEN_OVER}, policy_version=event.policy),
    )


def decide(case: Case | None, event: ServiceDecisionMade, given: Given) -> Decision:
    """An agent settles, rejects or hands back; dispute is told and decides under its own lock."""
    if case is None:
        return no_case()
    refusal = conflict(case, event) or stale(case, event) or over(case) or frozen(case) or of_another(case, event)
    refusal = refusal or _against(case, event, given)
    if refusal is not None:
        return refusal
    return _sent(case, event.outcome, event.amount or 0, event.agent, given)


def _against(case: Case, event: ServiceDecisionMade, given: Given) -> Decision | None:
    if case.status is not CaseStatus.SERVICE or case.service_until is None:
        return refused("not-for-service", f"Case {case.id} is {case.status}; the platform's service has no part in it.")
    if case.sent_offer is not None:
        return refused("decision-sent", f"A decision on case {case.id} is on its way. Read the case again.")
    until = given.extended(case.service_until)
    if given.arrived_at >= until:
        return refused("late", f"Case {case.id} could be decided before {until.isoformat()}; it goes to the seller.")
    if (event.outcome == "settled") != (event.amount is not None):
        return refused("amount-misplaced", "A settlement names an amount; a rejection and a hand-back name none.")
    if event.amount is not None and not 1 <= event.amount <= case.file.cap:
        least, most = shown(1, case.currency), shown(case.file.cap, case.currency)
        slug = "above-cap" if event.amount else "amount-too-small"
        return refused(slug, f"A settlement is from {least} to {most} in this dispute.")
    return None


def time_is_over(case: Case | None, fired: TimerFired, given: Given) -> Decision:
    """Nobody has decided: the dispute goes back to the seller, with all their time (`service.review`)."""
    waits = case is not None and case.status is CaseStatus.SERVICE and case.sent_offer is None and not case.frozen_at
    if not waits or case is None or fired.data["until"] != _iso(case.service_until):
        return nothing("outlived", "The case no longer waits for the platform's service.")
    due = given.extended(fired.due)
    if due > given.now:
        return Decision(timers=(replace(_timer(case, given.now), due=due),))
    return _sent(case, "handed_back", 0, None, given)


def handed_back(case: Case | None, event: said.DisputeHandedBack, given: Given) -> Decision:
    if case is None or event.step <= case.step:
        return _heard()
    answered = settled(case, RulingStatus.EXECUTED, given.now).with_round(event.at, "handed back to the seller")
    state, moves = moved(answered, "handed_back", step=event.step)
    return Decision(state=state, moves=moves, because=Because("transition 23", {"how": event.how}))


def service_timers(case: Case, now: datetime) -> tuple[Timer, ...]:
    """The end of the service's time, armed anew: it moved, or dispute did not take a decision and the case waits on."""
    return (_timer(case, now),) if case.status is CaseStatus.SERVICE else ()


def _sent(case: Case, outcome: ServiceOutcome, amount: int, agent: str | None, given: Given) -> Decision:
    offer = Offer(
        id=str(effect_id(given.cause, case.id, 0, "service_decision")),
        kind=outcome,
        status=RulingStatus.SENT,
        made_at=given.now,
        agent=agent,
        remedy="refund" if amount else "none",
        amount=amount,
    )
    state = changed(with_offer(case, offer))
    decided = ServiceDecided(
        order=case.order,
        dispute=case.id,
        case=case.id,
        at=given.now,
        decision=offer.id,
        outcome=outcome,
        amount=amount,
        agent=agent,
        policy=case.policy,
    )
    facts = {"outcome": outcome, "amount": amount, "cap": case.file.cap, "agent": agent}
    return Decision(
        state=state,
        events=(decided,),
        because=Because("transition 23", facts, policy_version=case.policy),
        answer={**told(state), "decision": offer.id, "decision_status": offer.status.value},
    )


def _timer(case: Case, now: datetime) -> Timer:
    assert case.service_until is not None
    return Timer(SERVICE, max(now, case.service_until), party=False, data={"until": _iso(case.service_until)})


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def _heard() -> Decision:
    return nothing("nothing-new", "The desk has no such case, or has heard a later step of its dispute.")
