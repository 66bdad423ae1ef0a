"""A dispute's deadlines, moved: what waits for them waits so much longer, and nothing fires at the old ones."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from aftersales.decision import Given, SubjectRef
from dispute.domain import states
from dispute.rules.draft import Draft
from dispute.rules.shift import shift
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SECOND
from tests.rules.dispute.world import World, a_world, opened, slug, with_policy

BY = timedelta(days=2, seconds=7)


def shifted(world: World, by: timedelta = BY, **how: Any) -> World:
    """The world after a decision that moves the deadlines of D1 and does nothing else."""
    draft = Draft(world.order, Given(now=world.now, arrived_at=world.now, cause=UUID(int=1), policies=world.policies))
    shift(draft, world.dispute(), by, **how)
    world._keep(SubjectRef("order", "O1"), draft.decision(draft.because("28")))
    return world


def refused() -> World:
    world = opened()
    world.hear(say.a_refusal(), OPENED + DAY)
    return world


def held() -> World:
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.not_received())
    return world


def test_the_sellers_answer_falls_due_so_much_later() -> None:
    world = shifted(opened())
    due = OPENED + 5 * DAY + BY
    assert world.until(due - SECOND).dispute().state == states.AWAITING_SELLER
    assert world.until(due).dispute().agreement == "seller_timeout"


def test_an_answer_counts_until_the_moved_deadline() -> None:
    assert slug(shifted(opened()).hear(say.a_refusal(), OPENED + 5 * DAY + BY - SECOND)) is None


def test_it_escalates_by_itself_so_much_later_from_either_awaiting_state() -> None:
    world = shifted(refused())
    due = OPENED + 7 * DAY + BY
    assert world.until(due - SECOND).dispute().state == states.AWAITING_BUYER
    assert world.until(due).dispute().state == states.ARBITRATION_EVIDENCE


@pytest.mark.parametrize(
    ("how", "before", "opens"), [({}, None, 3 * DAY), ({"from_too": True}, "too-early", 3 * DAY + BY)]
)
def test_the_manual_window_begins_later_only_where_asked(how: Any, before: str | None, opens: timedelta) -> None:
    assert slug(shifted(refused(), **how).hear(say.escalation(), OPENED + 3 * DAY + BY - SECOND)) == before
    assert slug(shifted(refused(), **how).hear(say.escalation(), OPENED + opens)) is None


@pytest.mark.parametrize(("late", "answer"), [(-SECOND, None), (timedelta(0), "too-late"), (SECOND, "too-late")])
def test_the_manual_window_ends_so_much_later(late: timedelta, answer: str | None) -> None:
    world = with_policy(World(), escalate_auto_at=20 * DAY)
    for fact in (say.an_order(), say.shipped(), say.delivered(), say.a_complaint()):
        world.hear(fact, OPENED)
    world.hear(say.a_refusal(), OPENED + DAY)
    assert slug(shifted(world).hear(say.escalation(), OPENED + 15 * DAY + BY + late)) == answer


def test_a_hold_ends_so_much_later() -> None:
    world = shifted(held())
    world.hear(say.promise_broken(), PROMISED)
    assert world.until(PROMISED + BY - SECOND).dispute().state == states.HELD_IN_TRANSIT
    assert world.until(PROMISED + BY).dispute().state == states.ARBITRATION_EVIDENCE


def test_the_evidence_window_ends_so_much_later() -> None:
    world = refused()
    world.hear(say.escalation(), OPENED + 3 * DAY)
    ends = OPENED + 6 * DAY + BY
    assert shifted(world).until(ends - SECOND).dispute().state == states.ARBITRATION_EVIDENCE
    assert world.until(ends).dispute().state == states.ARBITRATION_REVIEW


def test_both_dates_of_a_review_move() -> None:
    world = refused()
    world.hear(say.escalation(), OPENED + 3 * DAY)
    before = world.until(OPENED + 6 * DAY).dispute()
    after = shifted(world).dispute()
    assert before.deadline is not None
    assert before.review_fallback_at is not None
    assert (after.deadline, after.review_fallback_at) == (before.deadline + BY, before.review_fallback_at + BY)


def test_a_changed_plan_does_not_bring_the_old_escalation_back() -> None:
    world = shifted(refused())
    world.hear(say.change(1500), OPENED + 2 * DAY)
    assert world.dispute().auto_at == OPENED + 7 * DAY + BY


def test_the_escalation_clock_moves_by_its_own_time_where_that_differs() -> None:
    world = shifted(opened(), clock_by=DAY)
    assert (world.dispute().deadline, world.dispute().auto_at) == (OPENED + 5 * DAY + BY, OPENED + 8 * DAY)
