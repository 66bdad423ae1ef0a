"""The platform's own service at the desk: a case of its own kind, decided in time or handed back (23; 8.31)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from aftersales.contracts.appeal import DisputeFrozen, DisputeResumed
from aftersales.contracts.arbitration import CaseOpened, CaseRuled, ServiceDecided
from aftersales.contracts.dispute import (
    DisputeAgreed,
    DisputeClosed,
    DisputeEscalated,
    DisputeHandedBack,
    DisputeTakenOver,
    RulingOvertaken,
)
from aftersales.decision import Decision, Outage, Outcome, TimerFired
from aftersales.identity import Actor, Role
from arbitration.domain.case import Case, CaseStatus
from arbitration.domain.commands import CaseTaken, RulingMade, ServiceDecisionMade
from arbitration.domain.ruling import RulingStatus
from arbitration.handlers import SERVICE
from arbitration.rules import service
from arbitration.rules.actions import allowed_actions
from arbitration.store.kinds import case_ref
from tests.rules.arbitration.builders import DAY, NOW, SECOND, a_case, given
from tests.rules.arbitration.rulings import a_ruling, an_offer
from tests.rules.arbitration.spoken import a_step
from tests.rules.arbitration.world import case
from tests.support.in_memory import InMemory
from tests.support.written import is_written_well

UNTIL = NOW + 5 * DAY
PLAN = {"remedy": "refund", "amount": 2000}


def taken_over() -> InMemory:
    world = InMemory(SERVICE, source="dispute")
    step: dict[str, Any] = {"step": 2, "at": NOW, "state": "SERVICE_REVIEW", "deadline": UNTIL}
    world.hear(a_step(DisputeTakenOver, **step), NOW)
    return world


def decides(world: InMemory, at: datetime = NOW, agent: str = "lee", **said: Any) -> Decision:
    content = {"case": "D1", "agent": agent, "seen": case(world).version, **said}
    [decision] = world.hear(ServiceDecisionMade.model_validate(content), at)
    return decision


def said(world: InMemory) -> list[ServiceDecided]:
    return world.told(ServiceDecided)


def overtaken(world: InMemory) -> RulingOvertaken:
    told = {"order": "O1", "dispute": "D1", "ruling": said(world)[-1].decision, "slug": "above-cap"}
    return RulingOvertaken.model_validate({**told, "sentence": "Too much.", "state": "SERVICE_REVIEW"})


def test_a_case_of_its_own_kind_is_opened() -> None:
    world = taken_over()
    assert (case(world).status, case(world).due, case(world).rounds[-1].how) == (CaseStatus.SERVICE, UNTIL, "service")
    assert [type(event) for event in world.said] == [CaseOpened]
    names = [action.name for action in allowed_actions(case(world), Actor(Role.AGENT, "lee"))]
    assert names == ["note", "take", "service"]


@pytest.mark.parametrize(
    ("outcome", "amount"), [("settled", 1), ("settled", 4198), ("rejected", None), ("handed_back", None)]
)
def test_decided_and_told_to_dispute(outcome: str, amount: int | None) -> None:
    world = taken_over()
    decision = decides(world, outcome=outcome, amount=amount)
    assert decision.outcome is Outcome.APPLIED
    [event] = said(world)
    assert (event.outcome, event.amount, event.agent) == (outcome, amount or 0, "lee")
    assert decision.answer is not None
    assert decision.answer["decision"] == event.decision == case(world).offers[-1].id


@pytest.mark.parametrize(("outcome", "amount", "remedy"), [("settled", 1, "refund"), ("rejected", None, "none")])
def test_a_decision_is_kept_with_its_remedy(outcome: str, amount: int | None, remedy: str) -> None:
    world = taken_over()
    decides(world, outcome=outcome, amount=amount)
    assert (case(world).offers[-1].remedy, case(world).offers[-1].amount) == (remedy, amount or 0)


@pytest.mark.parametrize(
    ("differs", "slug"),
    [
        ({"outcome": "settled", "amount": 0}, "amount-too-small"),
        ({"outcome": "settled", "amount": 4199}, "above-cap"),
        ({"outcome": "settled"}, "amount-misplaced"),
        ({"outcome": "rejected", "amount": 1}, "amount-misplaced"),
        ({"outcome": "handed_back", "amount": 0}, "amount-misplaced"),
        ({"outcome": "rejected", "agent": "anna"}, "conflict-of-interest"),
        ({"outcome": "rejected", "seen": 0}, "version-changed"),
    ],
)
def test_refused(differs: dict[str, Any], slug: str) -> None:
    world = taken_over()
    decision = decides(world, **differs)
    assert (decision.outcome, decision.slug, said(world)) == (Outcome.REFUSED, slug, [])


def test_in_time_until_the_end_and_handed_back_by_itself_at_it() -> None:
    world = taken_over()
    assert decides(world, UNTIL - SECOND, outcome="rejected").outcome is Outcome.APPLIED
    world = taken_over()
    world.until(UNTIL)
    [event] = said(world)
    assert (event.outcome, event.agent) == ("handed_back", None)
    assert decides(world, UNTIL, outcome="rejected").slug == "decision-sent"


def rejects(before: Case, at: datetime) -> Decision:
    return service.decide(
        before, ServiceDecisionMade(case="D1", agent="lee", seen=before.version, outcome="rejected"), given(at)
    )


def test_late_at_the_end_though_its_timer_has_not_fired_yet() -> None:
    decision = rejects(case(taken_over()), UNTIL)
    assert (decision.outcome, decision.slug, decision.events) == (Outcome.REFUSED, "late", ())
    assert is_written_well(decision)


def test_refused_on_a_case_that_is_not_before_the_service() -> None:
    decision = rejects(a_case(), NOW)
    assert (decision.outcome, decision.slug, decision.events) == (Outcome.REFUSED, "not-for-service", ())
    assert is_written_well(decision)


def test_an_outage_of_ours_moves_the_end_by_its_length() -> None:
    """Three hours, of which one before the end: handed back three hours later, not two."""
    hour = timedelta(hours=1)
    outage = Outage(UNTIL - hour, UNTIL + 2 * hour)
    before = case(taken_over())
    due = TimerFired(service.SERVICE, UNTIL, case_ref("D1"), {"until": UNTIL.isoformat()})
    awake = service.time_is_over(before, due, given(UNTIL + 2 * hour, outages=(outage,)))
    [timer] = awake.timers
    assert (awake.state, awake.events, timer.kind, timer.due) == (None, (), service.SERVICE, UNTIL + 3 * hour)
    later = TimerFired(timer.kind, timer.due, case_ref("D1"), timer.data)
    [event] = service.time_is_over(before, later, given(timer.due, outages=(outage,))).events
    assert isinstance(event, ServiceDecided)
    assert event.outcome == "handed_back"


def test_a_decision_on_its_way_is_not_decided_again_and_keeps_the_time_from_ending() -> None:
    world = taken_over()
    decides(world, outcome="settled", amount=1)
    assert decides(world, NOW + DAY, outcome="rejected").slug == "decision-sent"
    world.until(UNTIL)
    assert len(said(world)) == 1


@pytest.mark.parametrize("at", [NOW + DAY, UNTIL + DAY])
def test_overtaken_the_case_waits_on_and_its_time_still_ends(at: datetime) -> None:
    world = taken_over()
    decides(world, outcome="settled", amount=4198)
    world.hear(overtaken(world), at)
    assert (case(world).status, case(world).offers[-1].status, len(said(world))) == (CaseStatus.SERVICE, "overtaken", 1)
    assert (case(world).offers[-1].why, case(world).offers[-1].settled_at) == ("above-cap: Too much.", at)
    world.until(max(at, UNTIL))
    assert [event.outcome for event in said(world)] == ["settled", "handed_back"]


def test_settled_when_dispute_says_so() -> None:
    world = taken_over()
    decides(world, outcome="settled", amount=2000)
    world.hear(a_step(DisputeAgreed, step=3, state="REFUND_PENDING", agreement="service", plan=PLAN), NOW)
    assert (case(world).status, case(world).offers[-1].status) == (CaseStatus.SETTLED, "executed")
    assert decides(world, outcome="rejected").slug == "case-closed"


def test_withdrawn_when_the_buyer_withdraws_and_a_decision_on_its_way_is_overtaken() -> None:
    world = taken_over()
    decides(world, outcome="settled", amount=1)
    amounts = {"refund": 0, "compensation": 0, "freight": 0}
    step: dict[str, Any] = {"step": 3, "state": "CLOSED_CANCELLED", "agreement": None, "rule": None, "liable": None}
    world.hear(a_step(DisputeClosed, **step, **amounts), NOW)
    assert (case(world).status, case(world).offers[-1].status) == (CaseStatus.WITHDRAWN, "sent")
    world.hear(overtaken(world), NOW)
    assert (case(world).status, case(world).offers[-1].status) == (CaseStatus.WITHDRAWN, "overtaken")
    world.until(UNTIL)
    assert len(said(world)) == 1


def test_handed_back_and_later_escalated_as_any_other() -> None:
    world = taken_over()
    decides(world, outcome="handed_back")
    world.hear(a_step(DisputeHandedBack, step=3, state="AWAITING_SELLER", how="by_hand"), NOW)
    assert (case(world).status, case(world).due) == (CaseStatus.HANDED_BACK, None)
    step: dict[str, Any] = {"step": 5, "state": "ARBITRATION_EVIDENCE", "how": "automatic"}
    world.hear(a_step(DisputeEscalated, **step), NOW + 7 * DAY)
    assert (case(world).status, [each.number for each in case(world).rounds]) == (CaseStatus.EVIDENCE, [1, 2])
    assert [offer.kind for offer in case(world).offers] == ["handed_back"]


def test_no_ruling_and_another_agents_case_is_left_alone() -> None:
    world = taken_over()
    [ruling] = world.hear(RulingMade(case="D1", agent="lee", seen=case(world).version, findings={}), NOW)
    assert ruling.slug == "service-review"
    world.hear(CaseTaken(case="D1", agent="kim"), NOW)
    assert decides(world, outcome="rejected").slug == "case-taken"
    assert decides(world, outcome="rejected", agent="boss", role="supervisor").outcome is Outcome.APPLIED


def test_a_chargeback_stops_its_time_too() -> None:
    world = taken_over()
    world.hear(a_step(DisputeFrozen, step=3, state="SERVICE_REVIEW", at=NOW + DAY), NOW + DAY)
    assert decides(world, NOW + DAY, outcome="rejected").slug == "chargeback-open"
    world.until(UNTIL)
    assert said(world) == []
    later = UNTIL + 9 * DAY
    resumed: dict[str, Any] = {"chargeback": "won", "frozen_at": NOW + DAY, "deadline": later, "at": NOW + 10 * DAY}
    world.hear(a_step(DisputeResumed, step=4, state="SERVICE_REVIEW", **resumed), NOW + 10 * DAY)
    world.until(later - SECOND)
    assert said(world) == []
    world.until(later)
    assert [event.outcome for event in said(world)] == ["handed_back"]


def test_the_end_as_it_was_before_a_chargeback_is_outlived() -> None:
    world = taken_over()
    world.hear(a_step(DisputeFrozen, step=3, state="SERVICE_REVIEW", at=NOW + DAY), NOW + DAY)
    later = UNTIL + 2 * DAY
    resumed: dict[str, Any] = {"chargeback": "won", "frozen_at": NOW + DAY, "deadline": later, "at": NOW + 3 * DAY}
    world.hear(a_step(DisputeResumed, step=4, state="SERVICE_REVIEW", **resumed), NOW + 3 * DAY)
    world.until(later - SECOND)
    assert said(world) == []
    world.until(later)
    assert [event.outcome for event in said(world)] == ["handed_back"]


def test_taken_over_anew_as_a_further_round_of_one_case() -> None:
    """The buyer had withdrawn it, and opened it again."""
    ended = a_case(
        status=CaseStatus.WITHDRAWN,
        rulings=(a_ruling(status=RulingStatus.LAPSED),),
        offers=(an_offer(status=RulingStatus.EXECUTED),),
    )
    again = a_step(DisputeTakenOver, step=9, at=NOW, state="SERVICE_REVIEW", deadline=UNTIL)
    decision = service.take_over(ended, again, given())
    found = decision.state
    assert [(each.number, each.how) for each in found.rounds] == [(1, "by_hand"), (2, "service")]
    assert (found.version, found.rulings, found.offers) == (ended.version + 1, ended.rulings, ended.offers)
    assert [(move.before, move.after) for move in decision.moves] == [("withdrawn", "service")]
    assert [(timer.kind, timer.due, timer.party) for timer in decision.timers] == [(service.SERVICE, UNTIL, False)]


def test_older_steps_change_nothing() -> None:
    world = taken_over()
    before = case(world)
    world.hear(a_step(DisputeTakenOver, step=2, state="SERVICE_REVIEW", deadline=NOW), NOW)
    world.hear(a_step(DisputeHandedBack, step=1, state="AWAITING_SELLER", how="silence"), NOW)
    assert case(world) == before
    assert [event for event in world.said if isinstance(event, CaseRuled)] == []
