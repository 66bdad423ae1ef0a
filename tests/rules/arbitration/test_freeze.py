"""A chargeback stops a case: nothing is ruled, no deadline counts, and the review's dates move (rulebook 8.20)."""

from typing import Any

import pytest

from aftersales.contracts.appeal import DisputeFrozen, DisputeResumed
from aftersales.contracts.arbitration import CaseAssigned, CaseRuled
from aftersales.contracts.dispute import DisputeEscalated, DisputeReviewStarted
from aftersales.identity import Actor, Role
from arbitration.domain.case import Case, CaseStatus
from arbitration.domain.commands import RulingMade, RulingSeconded
from arbitration.domain.ruling import RulingStatus
from arbitration.handlers import SERVICE
from arbitration.rules.actions import allowed_actions
from arbitration.rules.dispute_steps import FALLBACK, REASSIGN
from arbitration.rules.freeze import deadlines
from arbitration.rules.ruling import rule, second
from tests.rules.arbitration.builders import DAY, NOW, SECOND, a_case, given
from tests.rules.arbitration.rulings import a_ruling
from tests.rules.arbitration.spoken import a_step
from tests.rules.arbitration.world import case
from tests.support.in_memory import InMemory

REVIEW = NOW
FROZEN = NOW + DAY
RESUMED = NOW + 31 * DAY
STOOD = RESUMED - FROZEN


def in_review() -> InMemory:
    world = InMemory(SERVICE, source="dispute")
    world.hear(
        a_step(DisputeEscalated, step=3, at=REVIEW - 3 * DAY, how="automatic", deadline=REVIEW), REVIEW - 3 * DAY
    )
    world.hear(a_step(DisputeReviewStarted, step=4, at=REVIEW), REVIEW)
    return world


def frozen() -> InMemory:
    world = in_review()
    world.hear(a_step(DisputeFrozen, step=5, at=FROZEN), FROZEN)
    return world


def resumed(how: str = "won") -> InMemory:
    world = frozen()
    ended: Any = {"step": 6, "at": RESUMED, "chargeback": how, "frozen_at": FROZEN}
    world.hear(a_step(DisputeResumed, **ended), RESUMED)
    return world


def test_no_deadline_of_the_desk_fires_meanwhile() -> None:
    world = frozen()
    world.until(RESUMED)
    assert world.told(CaseAssigned) == world.told(CaseRuled) == []


def test_both_dates_move_by_the_time_that_it_stood_still() -> None:
    world = resumed()
    assert (case(world).reassign_at, case(world).fallback_at) == (REVIEW + 7 * DAY + STOOD, REVIEW + 14 * DAY + STOOD)
    world.until(REVIEW + 7 * DAY + STOOD - SECOND)
    assert world.told(CaseAssigned) == []
    world.until(REVIEW + 7 * DAY + STOOD)
    assert [event.how for event in world.told(CaseAssigned)] == ["reassigned"]
    world.until(REVIEW + 14 * DAY + STOOD - SECOND)
    assert world.told(CaseRuled) == []
    world.until(REVIEW + 14 * DAY + STOOD)
    assert [event.agent for event in world.told(CaseRuled)] == [None]


def test_a_date_that_had_passed_before_stays_passed() -> None:
    world = in_review()
    world.until(REVIEW + 7 * DAY)
    world.hear(a_step(DisputeFrozen, step=5, at=REVIEW + 8 * DAY), REVIEW + 8 * DAY)
    ended: Any = {"step": 6, "at": REVIEW + 10 * DAY, "chargeback": "won", "frozen_at": REVIEW + 8 * DAY}
    world.hear(a_step(DisputeResumed, **ended), REVIEW + 10 * DAY)
    world.until(REVIEW + 16 * DAY)
    assert len(world.told(CaseAssigned)) == len(world.told(CaseRuled)) == 1


def test_the_evidence_window_moves() -> None:
    world = InMemory(SERVICE, source="dispute")
    opened = a_step(DisputeEscalated, step=3, at=NOW, how="automatic", deadline=NOW + 3 * DAY)
    world.hear(opened, NOW)
    world.hear(a_step(DisputeFrozen, step=4, at=FROZEN, state="ARBITRATION_EVIDENCE"), FROZEN)
    ended: Any = {"step": 5, "at": RESUMED, "chargeback": "won", "frozen_at": FROZEN}
    world.hear(a_step(DisputeResumed, **ended, state="ARBITRATION_EVIDENCE"), RESUMED)
    assert case(world).evidence_until == NOW + 3 * DAY + STOOD


def test_the_dates_of_an_earlier_review_stay_asleep_in_a_further_round() -> None:
    assert deadlines(a_case(status=CaseStatus.EVIDENCE), RESUMED) == ()
    assert [timer.kind for timer in deadlines(a_case(), RESUMED)] == [REASSIGN, FALLBACK]
    assert [timer.kind for timer in deadlines(a_case(reassigned=True), RESUMED)] == [FALLBACK]


@pytest.mark.parametrize("status", [CaseStatus.REVIEW, CaseStatus.AWAITING_SECOND])
def test_nobody_rules_or_seconds_meanwhile(status: CaseStatus) -> None:
    stopped = a_case(frozen_at=FROZEN, status=status)
    made = RulingMade(case="D1", agent="kim", seen=stopped.version, findings={})
    assert rule(stopped, made, given()).slug == "chargeback-open"
    confirmed = RulingSeconded(case="D1", agent="lee", ruling="R-1")
    assert second(stopped, confirmed, given()).slug == "chargeback-open"


def test_ruling_is_not_offered_meanwhile() -> None:
    waiting = a_case(status=CaseStatus.AWAITING_SECOND, rulings=(a_ruling(status=RulingStatus.AWAITING_SECOND),))
    names = {action.name for action in allowed_actions(waiting, Actor(Role.AGENT, "lee"))}
    stopped = {a.name for a in allowed_actions(stopped_like(waiting), Actor(Role.AGENT, "lee"))}
    assert names - stopped == {"propose", "rule", "second"}


def stopped_like(of: Case) -> Case:
    return a_case(status=of.status, rulings=of.rulings, frozen_at=FROZEN)


def test_older_steps_change_nothing() -> None:
    world = resumed()
    before = case(world)
    world.hear(a_step(DisputeFrozen, step=5, at=FROZEN), RESUMED)
    assert case(world) == before


def test_the_end_told_twice_moves_the_dates_once() -> None:
    world = resumed()
    before = case(world)
    ended: Any = {"step": 6, "at": RESUMED, "chargeback": "won", "frozen_at": FROZEN}
    [again] = world.hear(a_step(DisputeResumed, **ended), RESUMED)
    assert (case(world), again.slug, again.timers) == (before, "nothing-new", ())


def test_history_says_that_a_chargeback_did_it() -> None:
    [decision] = in_review().hear(a_step(DisputeFrozen, step=5, at=FROZEN), FROZEN)
    assert decision.because is not None
    assert decision.because.rule == "transition 27"


@pytest.mark.parametrize("how", ["won", "lost"])
def test_history_says_that_it_goes_on_because_a_chargeback_ended(how: str) -> None:
    ended: Any = {"step": 6, "at": RESUMED, "chargeback": how, "frozen_at": FROZEN}
    [decision] = frozen().hear(a_step(DisputeResumed, **ended), RESUMED)
    assert decision.because is not None
    assert decision.because.rule == "transition 27"


def test_lost_no_date_moves_and_the_case_goes_on() -> None:
    world = resumed("lost")
    assert (case(world).frozen_at, case(world).step) == (None, 6)
    assert (case(world).reassign_at, case(world).fallback_at) == (REVIEW + 7 * DAY, REVIEW + 14 * DAY)
