"""What is said of a wait is what happens: until when a party is asked, and what comes of silence (rulebook M8)."""

from aftersales.contracts.dispute import (
    DisputeEvidenceAdded,
    DisputeOpened,
    DisputePlanChanged,
    DisputePlanRefused,
    DisputeStep,
    Wait,
)
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED
from tests.rules.dispute.world import World, a_world, opened


def asked(world: World, step: type[DisputeStep]) -> Wait:
    """The one thing that is asked for by the newest step of this kind."""
    told: DisputeStep = world.told(step)[-1]
    [wait] = told.waits
    return wait


def test_the_buyer_who_is_to_confirm_is_told_of_the_end_at_every_step_of_that_wait() -> None:
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.not_received(), OPENED)
    world.hear(say.delivered(at=OPENED + DAY), OPENED + DAY)
    world.hear(say.evidence(), OPENED + 2 * DAY)
    told = asked(world, DisputeEvidenceAdded)
    assert (told.party, told.until, told.silence) == ("buyer", OPENED + 6 * DAY, "cancelled")
    assert world.until(told.until).dispute().state == "CLOSED_CANCELLED"


def test_the_buyer_who_is_to_answer_is_told_of_the_escalation() -> None:
    world = opened()
    world.hear(say.a_refusal(), OPENED + DAY)
    told = asked(world, DisputePlanRefused)
    assert (told.party, told.until, told.silence) == ("buyer", OPENED + 7 * DAY, "escalated")
    assert world.until(told.until).dispute().state == "ARBITRATION_EVIDENCE"


def test_the_seller_who_is_to_answer_is_told_of_the_buyers_plan() -> None:
    world = opened()
    told = asked(world, DisputeOpened)
    assert (told.party, told.until, told.silence) == ("seller", OPENED + 5 * DAY, "plan_executed")
    assert world.until(told.until).dispute().agreement == "seller_timeout"


def test_the_seller_is_told_of_an_escalation_that_comes_before_the_deadline() -> None:
    world = opened()
    world.hear(say.a_refusal(), OPENED + 2 * DAY)
    world.hear(say.change(1800), OPENED + 3 * DAY)
    told = asked(world, DisputePlanChanged)
    assert (world.dispute().deadline, world.dispute().auto_at) == (OPENED + 8 * DAY, OPENED + 7 * DAY)
    assert (told.party, told.until, told.silence) == ("seller", OPENED + 7 * DAY, "escalated")
    assert world.until(told.until).dispute().state == "ARBITRATION_EVIDENCE"


def test_the_sellers_answer_comes_first_when_both_are_due_at_one_instant() -> None:
    world = opened()
    world.hear(say.change(1800), OPENED + 2 * DAY)
    told = asked(world, DisputePlanChanged)
    assert (told.until, told.silence) == (OPENED + 7 * DAY, "plan_executed")
    assert world.until(told.until).dispute().agreement == "seller_timeout"


def test_the_seller_is_told_that_silence_executes_no_plan_of_0() -> None:
    world = opened(want=say.refund(4198))
    world.hear(say.accepted(), OPENED)
    world.hear(say.a_complaint(dispute="D2", reason="SNAD_COUNTERFEIT", want=say.refund(0)), OPENED)
    told = asked(world, DisputeOpened)
    assert (told.until, told.silence) == (OPENED + 5 * DAY, "escalated")
    assert world.until(told.until).dispute("D2").state == "ARBITRATION_EVIDENCE"
