"""Plans, refusals, acceptances and withdrawals: who may, until when, and what they do."""

from datetime import datetime
from typing import Any

import pytest

from aftersales.contracts.dispute import (
    CommandRefused,
    DisputeAgreed,
    DisputeClosed,
    DisputePlanChanged,
    DisputePlanRefused,
    FundsReleased,
)
from aftersales.decision import Outcome
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SECOND
from tests.rules.dispute.world import World, opened, slug

ANSWER_BY = OPENED + 5 * DAY
ESCALATES = OPENED + 7 * DAY


def countered(amount: int | None = 1000) -> World:
    world = opened()
    world.hear(say.a_refusal(amount), OPENED + DAY)
    return world


@pytest.mark.parametrize(
    "command", [say.a_refusal(), say.accepted(), say.change(1500), say.cancellation(), say.escalation()]
)
@pytest.mark.parametrize("arrived", [ANSWER_BY, ANSWER_BY + SECOND])
def test_late_at_the_deadline_though_the_timer_has_not_fired(command: object, arrived: datetime) -> None:
    world = opened()
    world.now = OPENED + DAY
    decision = world.hear(command, arrived_at=arrived)  # type: ignore[arg-type]
    assert (decision.outcome, decision.slug) == (Outcome.NOTHING, "late")
    assert world.dispute().state == "AWAITING_SELLER"
    assert [told.slug for told in world.told(CommandRefused)] == ["late"]


def test_an_answer_that_arrived_in_time_counts_though_it_is_read_late() -> None:
    world = opened()
    world.now = ANSWER_BY + DAY
    assert slug(world.hear(say.a_refusal(), arrived_at=ANSWER_BY - SECOND)) is None


def test_refused_is_the_buyers_turn_until_the_platform_steps_in() -> None:
    world = countered(None)
    [told] = world.told(DisputePlanRefused)
    assert (told.counter, told.state, told.deadline) == (None, "AWAITING_BUYER", ESCALATES)
    assert [(wait.party, wait.task) for wait in told.waits] == [("buyer", "answer")]
    assert world.until(ESCALATES - SECOND).dispute().state == "AWAITING_BUYER"
    assert world.until(ESCALATES).dispute().state == "ARBITRATION_EVIDENCE"


def test_a_counter_plan_above_the_cap_is_refused() -> None:
    assert slug(opened().hear(say.a_refusal(4199), OPENED)) == "above-cap"


def test_the_buyer_accepts_the_counter_plan() -> None:
    world = countered(1000)
    world.hear(say.accepted("anna"), OPENED + 2 * DAY)
    assert (world.dispute().agreement, world.dispute().refund) == ("consensus", 1000)
    assert [move.transition for move in world.moves] == ["1", "4", "5", "22"]


@pytest.mark.parametrize(("version", "answer"), [(None, None), (2, None), (1, "plan-changed"), (3, "plan-changed")])
def test_who_names_the_plan_they_read_accepts_no_other(version: int | None, answer: str | None) -> None:
    world = opened()
    world.hear(say.change(3000), OPENED)
    assert slug(world.hear(say.accepted(version=version), OPENED)) == answer
    assert world.dispute().refund == (0 if answer else 3000)


def test_a_plan_read_before_a_withdrawal_is_not_the_one_of_the_next_opening() -> None:
    world = opened()
    world.hear(say.cancellation(), OPENED)
    world.hear(say.a_complaint(want=say.refund(4198)), OPENED)
    assert slug(world.hear(say.accepted(version=1), OPENED)) == "plan-changed"


def test_agreeing_to_nothing_closes_as_rejected() -> None:
    world = countered(None)
    world.hear(say.accepted("anna"), OPENED + 2 * DAY)
    dispute = world.dispute()
    assert (dispute.state, dispute.agreement, dispute.refund) == ("CLOSED_REJECTED", "consensus", 0)
    assert [released.amount for released in world.told(FundsReleased)] == [4198]
    assert len(world.told(DisputeAgreed)) == 1
    assert world.rows("journal") == []


def test_nobody_accepts_their_own_plan_or_none() -> None:
    assert slug(opened().hear(say.accepted("anna"), OPENED)) == "no-plan"


def test_the_seller_may_still_accept_after_refusing() -> None:
    world = countered()
    world.hear(say.accepted(), OPENED + 2 * DAY)
    assert (world.dispute().agreement, world.dispute().refund) == ("consensus", 2000)
    assert world.moves[-2].transition == "12"


def test_an_older_counter_plan_stands_until_another_is_made() -> None:
    world = countered(1000)
    world.hear(say.change(1500), OPENED + 2 * DAY)
    world.hear(say.accepted("anna"), OPENED + 3 * DAY)
    assert world.dispute().refund == 1000


@pytest.mark.parametrize("party", ["anna", "shop"])
def test_the_parties_may_agree_before_the_platform_rules(party: str) -> None:
    world = countered(1000)
    world.until(ESCALATES + 4 * DAY)
    assert world.dispute().state == "ARBITRATION_REVIEW"
    world.hear(say.accepted(party))
    assert (world.dispute().state, world.dispute().agreement) == ("CLOSED_REFUNDED", "consensus")


def test_a_changed_plan_asks_the_seller_anew_and_leaves_the_escalation_where_it_was() -> None:
    world = countered()
    world.hear(say.change(1500), OPENED + 2 * DAY)
    [told] = world.told(DisputePlanChanged)
    assert (told.state, told.deadline, told.want) == ("AWAITING_SELLER", OPENED + 7 * DAY, say.refund(1500))
    assert world.dispute().escalates_at == ESCALATES


def test_the_older_answer_timer_is_outlived() -> None:
    world = opened()
    world.hear(say.change(1500), OPENED + 2 * DAY)
    assert world.until(ANSWER_BY).dispute().state == "AWAITING_SELLER"
    # The seller's answer comes first where both are due at one instant (rulebook section 4).
    assert world.until(OPENED + 7 * DAY).dispute().agreement == "seller_timeout"


@pytest.mark.parametrize(
    ("amount", "differs", "answer"),
    [
        (0, {}, "amount-too-small"),
        (4199, {}, "above-cap"),
        (4198, {}, None),
        (100, {"want": say.goods_back(4199)}, "above-cap"),
        (100, {"want": say.goods_back(100), "reason": "LATE_COMPENSATION"}, "refund-only"),
        (100, {"reason": "INR_NOT_SHIPPED"}, "already-shipped"),
        (100, {"reason": "SNAD_UGLY"}, "unknown-reason"),
        (100, {"reason": "SNAD_DAMAGED"}, None),
        (100, {"by": "shop"}, "not-your-move"),
    ],
)
def test_a_change_obeys_the_guards_of_an_opening(amount: int, differs: dict[str, Any], answer: str | None) -> None:
    change = say.command(type(say.change(1)), **{"want": say.refund(amount), **differs})
    assert slug(opened().hear(change, OPENED)) == answer


def test_another_reason_needs_evidence_on_file() -> None:
    world = opened(reason="BUY_CHANGED_MIND", evidence=())
    assert slug(world.hear(say.change(100, reason="SNAD_DAMAGED"), OPENED)) == "evidence-needed"
    world.hear(say.evidence(), OPENED)
    assert slug(world.hear(say.change(100, reason="SNAD_DAMAGED"), OPENED)) is None


def test_a_reason_whose_promise_still_runs_moves_escalation_later_and_never_earlier() -> None:
    world = opened()
    world.hear(say.change(2000, reason="INR_DELIVERED_BUT_DENIED"), OPENED)
    assert world.dispute().escalates_at == say.PROMISED
    world.hear(say.change(2000, reason="SNAD_QUALITY"), OPENED)
    assert world.dispute().escalates_at == say.PROMISED


def test_cancelled_and_the_funds_released() -> None:
    world = opened()
    world.hear(say.cancellation(), OPENED + DAY)
    [told] = world.told(DisputeClosed)
    assert (told.state, told.agreement, told.step, told.deadline) == ("CLOSED_CANCELLED", None, 2, None)
    assert [released.amount for released in world.told(FundsReleased)] == [4198]
    assert world.rows("resolution") == []


@pytest.mark.parametrize("command", [say.a_refusal(), say.accepted(), say.cancellation()])
def test_ignored_when_it_comes_a_second_time(command: object) -> None:
    world = opened()
    world.hear(command, OPENED + DAY)  # type: ignore[arg-type]
    before = world.dispute()
    again = world.hear(command, OPENED + DAY)  # type: ignore[arg-type]
    assert (again.outcome, again.slug, world.dispute()) == (Outcome.NOTHING, "wrong-state", before)


def test_words_and_evidence_are_kept_apart_from_the_state() -> None:
    world = opened(words="It leaks.")
    [row] = world.rows("statement")
    assert (row["party"], row["words"], row["evidence"]) == ("buyer", "It leaks.", ["photo"])


def test_a_plan_of_0_that_is_agreed_leaves_a_resolution_of_0() -> None:
    world = opened()
    world.hear(say.a_refusal(), OPENED)
    world.hear(say.accepted("anna"), OPENED + DAY)
    [row] = world.rows("resolution")
    assert (row["agreement"], row["refund"], row["compensation"], row["freight"]) == ("consensus", 0, 0, 0)
    assert (world.dispute().state, world.rows("journal")) == ("CLOSED_REJECTED", [])


def test_a_second_counter_plan_is_the_second_one() -> None:
    world = opened()
    world.hear(say.a_refusal(1000), OPENED + DAY)
    world.hear(say.change(1800), OPENED + 2 * DAY)
    world.hear(say.a_refusal(1200), OPENED + 3 * DAY)
    assert slug(world.hear(say.accepted("anna", version=1), OPENED + 4 * DAY)) == "plan-changed"
    assert slug(world.hear(say.accepted("anna", version=2), OPENED + 4 * DAY)) is None
    assert world.dispute().refund == 1200
