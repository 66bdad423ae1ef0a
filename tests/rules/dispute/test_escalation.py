"""Escalation by hand and by itself, the evidence window, and who waits for whom meanwhile."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from aftersales.contracts.dispute import DisputeEscalated, DisputeEvidenceCompleted, DisputeReviewStarted
from aftersales.decision import Outage, Outcome
from dispute.domain.transitions import ANSWER_DUE
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SECOND
from tests.rules.dispute.world import World, a_world, opened, slug, with_policy

OPENS, CLOSES, AUTOMATIC = OPENED + 3 * DAY, OPENED + 15 * DAY, OPENED + 7 * DAY


def refused() -> World:
    world = opened()
    world.hear(say.a_refusal(), OPENED + DAY)
    return world


def escalated() -> World:
    world = refused()
    world.hear(say.escalation(), OPENS)
    return world


@pytest.mark.parametrize(("at", "answer"), [(OPENS - SECOND, "too-early"), (OPENS, None), (AUTOMATIC - SECOND, None)])
def test_by_hand_from_the_fourth_day(at: datetime, answer: str | None) -> None:
    assert slug(refused().hear(say.escalation(), at)) == answer


def test_by_hand_no_longer_after_the_fifteenth_day() -> None:
    world = with_policy(World(), escalate_auto_at=20 * DAY)
    for fact in (say.an_order(), say.shipped(), say.delivered(), say.a_complaint()):
        world.hear(fact, OPENED)
    world.hear(say.a_refusal(), OPENED + DAY)
    decision = world.hear(say.escalation(), CLOSES)
    assert (decision.outcome, decision.slug) == (Outcome.NOTHING, "too-late")


def test_not_by_hand_before_the_seller_was_heard() -> None:
    assert slug(opened().hear(say.escalation(), OPENS)) == "seller-not-heard"


def test_an_earlier_refusal_is_enough_after_the_plan_changed() -> None:
    world = refused()
    world.hear(say.change(1500), OPENED + 2 * DAY)
    assert slug(world.hear(say.escalation(), OPENS)) is None


def test_not_by_hand_where_the_policy_knows_none() -> None:
    world = with_policy(World(), escalate_manual_from=None, escalate_manual_to=None)
    for fact in (say.an_order(), say.shipped(), say.delivered(), say.a_complaint()):
        world.hear(fact, OPENED)
    world.hear(say.a_refusal(), OPENED + DAY)
    assert slug(world.hear(say.escalation(), OPENS)) == "not-by-hand"


def test_not_by_hand_while_the_promise_runs_and_nothing_was_decided() -> None:
    world = a_world(say.shipped(), say.anomalous("customs_hold", OPENED - DAY))
    world.hear(say.not_received(reason="INR_CUSTOMS_HELD"), OPENED)
    world.hear(say.a_refusal(), OPENED + DAY)
    assert slug(world.hear(say.escalation(), OPENED + 6 * DAY)) == "in-transit"
    assert world.dispute().escalates_at == max(OPENED + 7 * DAY, say.PROMISED)
    assert world.until(say.PROMISED).dispute().state == "ARBITRATION_EVIDENCE"


@pytest.mark.parametrize("status", ["returning", "returned", "lost", "not_found"])
def test_by_hand_though_the_promise_runs_once_the_parcel_is_decided(status: str) -> None:
    world = a_world(say.shipped(), say.anomalous(status, OPENED - DAY))
    world.hear(say.not_received(reason="INR_LOST"), OPENED)
    world.hear(say.a_refusal(), OPENED + DAY)
    assert slug(world.hear(say.escalation(), OPENS)) is None


def test_the_desk_gets_every_fact_and_no_words() -> None:
    world = escalated()
    [told] = world.told(DisputeEscalated)
    assert (told.how, told.state, told.deadline) == ("by_hand", "ARBITRATION_EVIDENCE", OPENS + 3 * DAY)
    assert {(wait.party, wait.task) for wait in told.waits} == {("buyer", "evidence"), ("seller", "evidence")}
    file = told.file
    assert (file.cap, file.paid, file.paid_left, file.buyer_evidence) == (4198, 4198, 4198, ("photo",))
    assert [(unit.parcel, unit.net, unit.shipping, unit.charged_price) for unit in file.units] == [
        ("P1", 1849, 250, 1999),
        ("P1", 1849, 250, 1999),
    ]
    assert (file.buyer_plan, file.seller_plan) == (say.refund(2000), say.refund(0))
    assert (file.parcels[0].delivered_at, file.parcels[0].promise_ends_at) == (say.DELIVERED, say.PROMISED)


def test_the_desk_gets_what_an_earlier_dispute_refunded_of_each_unit() -> None:
    world = opened(units={"L1": (2,)}, want=say.refund(500))
    world.hear(say.accepted(), OPENED)
    world.hear(say.a_complaint(dispute="D2", reason="SNAD_DESCRIPTION"), OPENED)
    world.hear(say.a_refusal(dispute="D2"), OPENED)
    world.hear(say.escalation(dispute="D2"), OPENS)
    [told] = world.told(DisputeEscalated)
    assert [(unit.unit, unit.refunded) for unit in told.file.units] == [(1, 0), (2, 500)]
    assert (told.file.cap, told.file.paid, told.file.paid_left) == (3698, 4198, 3698)


def test_the_review_begins_when_both_are_done() -> None:
    world = escalated()
    assert slug(world.hear(say.evidence_done("anna"), OPENS + DAY)) is None
    assert [(wait.party) for wait in world.told(DisputeEvidenceCompleted)[-1].waits] == ["seller"]
    assert slug(world.hear(say.evidence("anna"), OPENS + DAY)) is None
    assert slug(world.hear(say.evidence_done("anna"), OPENS + DAY)) == "already-done"
    world.hear(say.evidence_done("shop", evidence=("invoice",)), OPENS + DAY)
    assert world.dispute().state == "ARBITRATION_REVIEW"
    assert len(world.told(DisputeReviewStarted)) == 1
    assert world.dispute().seller_evidence == ("invoice",)
    world.until(OPENS + 3 * DAY)
    assert len(world.told(DisputeReviewStarted)) == 1


@pytest.mark.parametrize("at", [OPENS + 3 * DAY, OPENS + 3 * DAY + SECOND])
def test_evidence_at_the_end_of_the_window_is_late(at: datetime) -> None:
    world = escalated()
    assert slug(world.hear(say.evidence(), arrived_at=at)) == "late"
    assert slug(world.hear(say.evidence_done(), arrived_at=at)) == "late"
    assert slug(world.hear(say.evidence(), arrived_at=OPENS + 3 * DAY - SECOND)) is None


@pytest.mark.parametrize("command", [say.evidence(), say.evidence("shop")], ids=["buyer", "seller"])
def test_evidence_is_taken_at_the_end_of_the_sellers_answer_and_of_the_escalation_clock(command: Any) -> None:
    for world, end in ((opened(), OPENED + 5 * DAY), (refused(), AUTOMATIC)):
        assert slug(world.hear(command, arrived_at=end)) is None


def test_a_withdrawal_ends_the_arbitration() -> None:
    world = escalated()
    world.hear(say.cancellation(), OPENS + DAY)
    assert world.dispute().state == "CLOSED_CANCELLED"
    assert world.dispute().escalated_at == OPENS


def test_a_deadline_that_fell_into_an_outage_moves_by_its_length() -> None:
    due = OPENED + 5 * DAY
    world = opened()
    world.outages = (Outage(due - SECOND, due + DAY),)
    moved = due + DAY + SECOND
    assert world.until(moved - SECOND).dispute().state == "AWAITING_SELLER"
    assert world.until(moved).dispute().agreement == "seller_timeout"


def test_moved_by_an_outage_a_deadline_keeps_its_place_among_others_of_its_instant() -> None:
    due = OPENED + 5 * DAY
    world = opened()
    [armed] = [timer for one in world.decisions for timer in one.timers if timer.kind == ANSWER_DUE]
    world.outages = (Outage(due - SECOND, due + DAY),)
    world.until(due + DAY)
    put_off = world.decisions[-1]
    assert (put_off.outcome, put_off.slug) == (Outcome.NOTHING, "outage")
    assert put_off.timers == (replace(armed, due=due + DAY + SECOND),)


def test_an_answer_inside_the_extension_counts() -> None:
    due = OPENED + 5 * DAY
    world = opened()
    world.outages = (Outage(due - SECOND, due + DAY),)
    assert slug(world.hear(say.a_refusal(), due + DAY)) is None


def test_the_desk_gets_the_category_and_the_price_to_the_last_digit() -> None:
    """19.99 EUR x 1.0842 are 21.673158 USD."""
    world = a_world(order=say.an_order(category="mugs", list_currency="EUR", rate="1.0842"))
    world.hear(say.a_complaint(), OPENED)
    world.hear(say.a_refusal(), OPENED + DAY)
    world.hear(say.escalation(), OPENS)
    [told] = world.told(DisputeEscalated)
    assert told.file.category == "mugs"
    assert {(unit.charged_price, unit.exact_price) for unit in told.file.units} == {(2167, "2167.3158")}
