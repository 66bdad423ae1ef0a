"""Appeals: another agent looks at what was decided, within `appeal.review`; else it stands (24 and 25, 8.30)."""

from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from aftersales.contracts.appeal import AppealOutcome, DisputeAppealDecided, DisputeAppealed
from aftersales.contracts.arbitration import AppealDecided, CaseOpened
from aftersales.contracts.dispute import RulingOvertaken
from aftersales.decision import Because, Decision, Given, Move, Timer, TimerFired, nothing, refused
from aftersales.explanation import instant
from aftersales.identity import effect_id
from arbitration.domain.appeal import Appeal
from arbitration.domain.case import Case, CaseStatus, Round
from arbitration.domain.commands import AppealJudged
from arbitration.domain.file import heard
from arbitration.domain.ruling import RulingStatus
from arbitration.rules.assignment import no_case, told
from arbitration.rules.dispute_steps import lapsed
from arbitration.rules.guards import conflict, frozen, of_another, stale
from arbitration.rules.moves import moved

APPEAL: Final = "arbitration.appeal"
OUTCOMES: Final[dict[str, AppealOutcome]] = {"uphold": "upheld", "overturn": "overturned"}


def open_appeal(case: Case | None, event: DisputeAppealed, given: Given) -> Decision:
    """A case in nobody's hands, new where the dispute never came to the desk."""
    if case is not None and event.step <= case.step:
        return nothing("nothing-new", "The desk has heard a later step of this dispute.")
    assert event.deadline is not None
    fresh = Round(1 if case is None else len(case.rounds) + 1, event.at, "appeal")
    appealed = Case(
        id=event.dispute,
        order=event.order,
        buyer=event.buyer,
        seller=event.seller,
        reason=event.reason,
        currency=event.currency,
        policy=event.policy,
        step=event.step,
        status=CaseStatus.APPEAL,
        file=heard(event.file),
        rounds=(fresh,) if case is None else (*case.rounds, fresh),
        evidence_until=None,
        version=1 if case is None else case.version + 1,
        rulings=() if case is None else lapsed(case, given.now, "An appeal was made.").rulings,
        appeal=Appeal(event.party, event.at, event.deadline, event.kept_off),
        frozen_at=event.frozen_at,
    )
    return Decision(
        state=appealed,
        events=(CaseOpened(order=event.order, dispute=event.dispute, case=appealed.id, at=given.now),),
        timers=(appeal_timer(appealed),),
        moves=(Move("case", None if case is None else case.status, appealed.status, "appealed"),),
        because=Because("transition 24", facts={"by": event.party}, policy_version=event.policy),
    )


def decide(case: Case | None, event: AppealJudged, given: Given) -> Decision:
    """An agent who has not decided the dispute before upholds what was decided, or overturns it."""
    if case is None:
        return no_case()
    if (refusal := conflict(case, event) or frozen(case)) is not None:
        return refusal
    appeal = case.appeal
    if case.status is not CaseStatus.APPEAL or appeal is None:
        return refused("no-appeal", f"Case {case.id} is {case.status}: there is no appeal to decide.")
    if (refusal := stale(case, event) or of_another(case, event)) is not None:
        return refusal
    until = given.extended(appeal.until)
    if given.arrived_at >= until:
        return nothing("late", f"The appeal could be decided before {instant(until)}; what was decided stands.")
    return _sent(case, appeal, given, OUTCOMES[event.outcome], event.agent, event.amount)


def time_is_over(case: Case | None, fired: TimerFired, given: Given) -> Decision:
    """Nobody decided in time: what was decided stands (`appeal.review`)."""
    appeal = case.appeal if case is not None else None
    if case is None or appeal is None or case.status is not CaseStatus.APPEAL or case.frozen_at is not None:
        return _outlived()
    if datetime.fromisoformat(fired.data["until"]) != appeal.until:
        return _outlived()
    if (later := given.extended(appeal.until)) > given.now:
        return Decision(timers=(appeal_timer(case, later),))
    return _sent(case, appeal, given, "undecided", None, None)


def _sent(
    case: Case, appeal: Appeal, given: Given, outcome: AppealOutcome, agent: str | None, amount: int | None
) -> Decision:
    """Dispute is told; it carries it out under its own lock and answers."""
    made: dict[str, Any] = {"outcome": outcome, "amount": amount, "agent": agent}
    decision = str(effect_id(given.cause, case.id, 0, "appeal_decided"))
    sent = replace(appeal, id=decision, status=RulingStatus.SENT, decided_at=given.now, why=None, **made)
    state, moves = moved(case, "appeal_judged", appeal=sent, agent=agent or case.agent)
    event = AppealDecided(order=case.order, dispute=case.id, case=case.id, at=given.now, decision=decision, **made)
    return Decision(
        state=state,
        events=(event,),
        moves=moves,
        because=Because("transition 25", facts={"by": appeal.by, **made}, policy_version=case.policy),
        answer={**told(state), "decision": decision, "decision_status": RulingStatus.SENT.value},
    )


def executed(case: Case | None, event: DisputeAppealDecided, _given: Given) -> Decision:
    """Dispute has carried it out."""
    if case is None or case.appeal is None or case.appeal.id != event.decision or event.step <= case.step:
        return nothing("nothing-new", f"The desk waits for no answer about {event.decision}.")
    settled = replace(case.appeal, status=RulingStatus.EXECUTED)
    ended = case.with_round(event.at, f"appeal {event.outcome}")
    state, moves = moved(ended, "appeal_decided", step=event.step, appeal=settled)
    return Decision(state=state, moves=moves, because=Because("transition 25", facts={"outcome": event.outcome}))


def overtaken(case: Case, event: RulingOvertaken) -> Decision:
    """A chargeback came first: the appeal waits for another decision."""
    if case.status is not CaseStatus.APPEAL_SENT or case.appeal is None:
        return nothing("already-heard", f"The appeal of case {case.id} is {case.status}.")
    why = f"{event.slug}: {event.sentence}"
    waiting = replace(case.appeal, status=RulingStatus.OVERTAKEN, why=why)
    state, moves = moved(case, "appeal_overtaken", appeal=waiting)
    return Decision(state=state, moves=moves, because=Because("transition 25", facts={"slug": event.slug}))


def appeal_timer(case: Case, due: datetime | None = None) -> Timer:
    """The end of the time to decide as it stands now; an earlier one is outlived."""
    assert case.appeal is not None
    until = case.appeal.until
    return Timer(APPEAL, due or until, data={"until": until.isoformat()})


def _outlived() -> Decision:
    return nothing("outlived", "The appeal was decided, or its time has changed.")
