"""A chargeback: everything stands still while it is open, moves when it was won, ends when it was lost (8.20, 8.44)."""

from datetime import datetime, timedelta

import pytest

from aftersales.contracts.appeal import DisputeFrozen, DisputeResumed
from aftersales.contracts.dispute import DisputeClosed, Party, RefundOrdered
from aftersales.contracts.marketplace import RefundFailed
from aftersales.decision import Outcome
from dispute.domain import states
from dispute.rules.actions import allowed_actions
from tests.rules.dispute import builders as say
from tests.rules.dispute.appeals import CLOSED, REJECTION, appealed, decided, ruled
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SECOND
from tests.rules.dispute.world import World, a_world, executed, opened, slug

ZERO = timedelta(0)
PARTIES: tuple[Party, ...] = ("buyer", "seller")
FROZEN = OPENED + 2 * DAY
WON = OPENED + 12 * DAY
F = WON - FROZEN


def frozen(world: World | None = None, at: datetime = FROZEN) -> World:
    world = world or opened()
    decision = world.hear(say.chargeback_opened(), at)
    assert decision.outcome is Outcome.APPLIED, decision.sentence
    return world


def won(world: World | None = None, at: datetime = WON) -> World:
    world = world or frozen()
    decision = world.hear(say.chargeback_won(), at)
    assert decision.outcome is Outcome.APPLIED, decision.sentence
    return world


def refused() -> World:
    world = opened()
    world.hear(say.a_refusal(), OPENED + DAY)
    return world


def held() -> World:
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.not_received())
    return world


def ordered() -> World:
    """A refund under way that nobody has paid yet."""
    world = a_world(pays=False)
    world.hear(say.a_complaint(), OPENED)
    world.hear(say.accepted(), OPENED + DAY)
    return world


def test_the_parties_are_told_that_it_stands_still_and_that_it_goes_on() -> None:
    world = won()
    assert [step.deadline for step in world.told(DisputeFrozen)] == [OPENED + 5 * DAY]
    [resumed] = world.told(DisputeResumed)
    assert (resumed.chargeback, resumed.deadline) == ("won", OPENED + 5 * DAY + F)


def test_no_timer_fires_while_it_is_open() -> None:
    world = frozen().until(OPENED + 60 * DAY)
    assert world.dispute().state == states.AWAITING_SELLER


@pytest.mark.parametrize(
    "command",
    [say.change(1500), say.accepted(), say.a_refusal(), say.cancellation(), say.evidence(), say.escalation()],
    ids=lambda command: command.name(),
)
def test_every_command_is_refused_while_it_is_open(command: object) -> None:
    world = frozen()
    before = world.order
    assert slug(world.hear(command, FROZEN + SECOND)) == "chargeback-open"  # type: ignore[arg-type]
    assert world.order == before


def test_no_dispute_is_opened_while_it_is_open() -> None:
    assert slug(frozen(a_world()).hear(say.a_complaint(), FROZEN + SECOND)) == "chargeback-open"


def test_nothing_is_allowed_while_it_is_open() -> None:
    world = frozen()
    for party in PARTIES:
        assert allowed_actions(world.order, world.dispute(), party, now=world.now, policies=world.policies) == ()


def test_the_deadline_moves_by_the_time_that_it_stood_still() -> None:
    due = OPENED + 5 * DAY + F
    assert won().until(due - SECOND).dispute().state == states.AWAITING_SELLER
    assert won().until(due).dispute().agreement == "seller_timeout"


@pytest.mark.parametrize(("at", "answer"), [(-SECOND, None), (ZERO, "wrong-state"), (SECOND, "wrong-state")])
def test_an_answer_counts_until_the_moved_deadline(at: timedelta, answer: str | None) -> None:
    assert slug(won().hear(say.a_refusal(), OPENED + 5 * DAY + F + at)) == answer


def test_a_deadline_at_the_very_instant_of_the_opening_has_passed() -> None:
    assert frozen(at=OPENED + 5 * DAY).dispute().agreement == "seller_timeout"


def test_a_deadline_one_second_after_the_opening_stands_still() -> None:
    world = won(frozen(at=OPENED + 5 * DAY - SECOND), OPENED + 9 * DAY)
    assert world.dispute().deadline == OPENED + 9 * DAY + SECOND


@pytest.mark.parametrize(("at", "answer"), [(-SECOND, "too-early"), (ZERO, None)])
def test_the_manual_window_moves_and_with_it_its_beginning(at: timedelta, answer: str | None) -> None:
    world = won(frozen(refused()))
    assert slug(world.hear(say.escalation(), OPENED + 3 * DAY + F + at)) == answer


def test_automatic_escalation_moves() -> None:
    world = won(frozen(refused()))
    due = OPENED + 7 * DAY + F
    assert world.until(due - SECOND).dispute().state == states.AWAITING_BUYER
    assert world.until(due).dispute().state == states.ARBITRATION_EVIDENCE


def test_two_chargebacks_one_after_the_other_both_count() -> None:
    world = won(frozen(won(), WON + DAY), WON + 3 * DAY)
    assert world.dispute().deadline == OPENED + 5 * DAY + F + 2 * DAY


# -- a hold -----------------------------------------------------------------------------------------------------------


def test_a_delivery_moves_a_hold_and_its_deadline_moves_by_the_time_since() -> None:
    world = frozen(held())
    arrived = FROZEN + 3 * DAY
    world.hear(say.delivered(arrived), arrived)
    assert (world.dispute().state, world.dispute().deadline) == (states.AWAITING_BUYER, arrived + 5 * DAY)
    assert won(world).dispute().deadline == WON + 5 * DAY
    assert world.until(WON + 5 * DAY - SECOND).dispute().state == states.AWAITING_BUYER
    assert world.until(WON + 5 * DAY).dispute().state == states.CLOSED_CANCELLED


def test_an_anomaly_moves_a_hold_and_both_clocks_move_by_the_time_since() -> None:
    world = frozen(held())
    at = FROZEN + 3 * DAY
    world.hear(say.anomalous("lost", at), at)
    dispute = won(world).dispute()
    assert (dispute.state, dispute.deadline, dispute.auto_at) == (
        states.AWAITING_SELLER,
        WON + 5 * DAY,
        max(at + 7 * DAY, PROMISED) + (WON - at),
    )


def test_a_promise_that_ends_meanwhile_ends_the_hold_only_so_much_later() -> None:
    world = frozen(held())
    world.hear(say.promise_broken(), PROMISED)
    assert won(world).dispute().deadline == PROMISED + F
    assert world.until(PROMISED + F - SECOND).dispute().state == states.HELD_IN_TRANSIT
    assert world.until(PROMISED + F).dispute().state == states.ARBITRATION_EVIDENCE


def test_a_delivery_after_the_promise_ended_meanwhile_is_a_delivery_of_the_hold() -> None:
    world = frozen(held())
    at = PROMISED + DAY
    world.hear(say.delivered(at), at)
    assert world.dispute().state == states.AWAITING_BUYER


def test_a_receipt_closes_a_hold_and_the_wait_after_a_delivery() -> None:
    delivered = frozen(held())
    delivered.hear(say.delivered(FROZEN + DAY), FROZEN + DAY)
    for world in (frozen(held()), delivered):
        world.hear(say.receipt(FROZEN + 2 * DAY), FROZEN + 2 * DAY)
        assert world.dispute().state == states.CLOSED_CANCELLED


# -- lost -------------------------------------------------------------------------------------------------------------


def test_lost_ends_what_is_open_and_lets_the_funds_go() -> None:
    world = frozen()
    world.hear(say.chargeback_lost(), WON)
    assert (world.dispute().state, world.dispute().held) == (states.CLOSED_EXTERNAL, 0)
    assert [step.state for step in world.told(DisputeClosed)] == [states.CLOSED_EXTERNAL]
    assert world.until(WON + 60 * DAY).dispute().state == states.CLOSED_EXTERNAL


def test_lost_nothing_can_be_opened_any_more() -> None:
    world = frozen(a_world())
    world.hear(say.chargeback_lost(), FROZEN + DAY)
    assert slug(world.hear(say.a_complaint(), FROZEN + 2 * DAY)) == "chargeback-lost"


def test_lost_a_withdrawn_dispute_is_not_opened_again() -> None:
    world = opened()
    world.hear(say.cancellation(), OPENED + DAY)
    frozen(world).hear(say.chargeback_lost(), WON)
    assert slug(world.hear(say.a_complaint(), WON + SECOND)) == "chargeback-lost"
    assert allowed_actions(world.order, world.dispute(), "buyer", now=world.now, policies=world.policies) == ()


def test_lost_a_refund_under_way_is_still_paid() -> None:
    world = frozen(ordered())
    world.hear(say.chargeback_lost(), WON)
    assert world.dispute().state == states.REFUND_PENDING
    world.hear(executed(world.told(RefundOrdered)[0], WON + DAY), WON + DAY)
    assert world.dispute().state == states.CLOSED_REFUNDED


# -- the provider ------------------------------------------------------------------------------------------------------


def test_lost_what_the_bank_took_is_not_refunded_as_well() -> None:
    world = ruled(**REJECTION)
    world.hear(say.chargeback_opened(CLOSED), CLOSED)
    world.hear(say.chargeback_lost(CLOSED + DAY), CLOSED + DAY)
    assert (world.order.paid_left, world.order.escrow_left) == (0, 0)
    decided(appealed(world, "anna", CLOSED + 2 * DAY), "overturned", CLOSED + 3 * DAY, amount=4198)
    assert (world.dispute().state, world.dispute().refund) == (states.CLOSED_REFUNDED, 0)


def test_a_payment_counts_while_it_is_open() -> None:
    world = frozen(ordered())
    world.hear(executed(world.told(RefundOrdered)[0], FROZEN + DAY), FROZEN + DAY)
    assert world.dispute().state == states.CLOSED_REFUNDED


@pytest.mark.parametrize("how", [say.chargeback_won, say.chargeback_lost])
def test_an_unanswered_refund_is_an_alarm_only_after_the_end(how: object) -> None:
    world = frozen(ordered(), OPENED + DAY + SECOND)
    assert world.until(WON - SECOND).dispute().trouble is None
    world.hear(how(), WON)  # type: ignore[operator]
    assert world.until(WON).dispute().trouble == "refund_unanswered"


def test_a_failed_refund_is_ordered_again_only_after_the_end() -> None:
    world = ordered()
    failed = RefundFailed(
        order="O1", dispute="D1", instruction=world.told(RefundOrdered)[0].instruction, failed_at=OPENED + DAY
    )
    world.hear(failed, OPENED + DAY)
    world.hear(failed, OPENED + DAY)
    frozen(world, OPENED + DAY + SECOND).until(WON - SECOND)
    assert [order.attempt for order in world.told(RefundOrdered)] == [1, 2]
    won(world).until(WON)
    assert [order.attempt for order in world.told(RefundOrdered)] == [1, 2, 3]


# -- impossible facts --------------------------------------------------------------------------------------------------


def test_twice_open_is_impossible() -> None:
    assert frozen().hear(say.chargeback_opened(), FROZEN + DAY).outcome is Outcome.REFUSED


@pytest.mark.parametrize("fact", [say.chargeback_won(), say.chargeback_lost()], ids=lambda fact: fact.name())
def test_an_end_without_a_beginning_is_impossible(fact: object) -> None:
    assert opened().hear(fact, FROZEN).outcome is Outcome.REFUSED  # type: ignore[arg-type]
    assert won().hear(fact, WON + DAY).outcome is Outcome.REFUSED  # type: ignore[arg-type]


@pytest.mark.parametrize("end", [say.chargeback_won(), say.chargeback_lost()], ids=lambda fact: fact.name())
def test_another_may_be_opened_when_none_is_open(end: object) -> None:
    world = frozen()
    world.hear(end, WON)  # type: ignore[arg-type]
    assert world.hear(say.chargeback_opened(), WON + DAY).outcome is Outcome.APPLIED


def test_the_window_to_open_does_not_move() -> None:
    world = won(frozen(a_world()), PROMISED + 15 * DAY)
    assert slug(world.hear(say.a_complaint(), PROMISED + 15 * DAY)) == "too-late"
    early = won(frozen(a_world()), PROMISED + 15 * DAY - SECOND)
    assert slug(early.hear(say.a_complaint(), PROMISED + 15 * DAY - SECOND)) is None


def test_an_unknown_orders_chargeback_waits_for_it() -> None:
    world = World()
    assert world.hear(say.chargeback_opened(), OPENED).outcome is Outcome.WAITING
    for fact in (say.an_order(), say.shipped(), say.delivered()):
        world.hear(fact)
    assert slug(world.hear(say.a_complaint(), OPENED)) == "chargeback-open"


def test_another_source_cannot_speak_of_it() -> None:
    assert opened().hear(say.chargeback_opened(), FROZEN, source="elsewhere").outcome is Outcome.DEAD_LETTER
