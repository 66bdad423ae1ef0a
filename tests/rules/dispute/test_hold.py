"""A complaint of what has not come yet is held while the promise runs, and goes on by what becomes of the parcel."""

from datetime import datetime, timedelta

import pytest

from aftersales.contracts.dispute import DisputeClosed, DisputeEscalated, DisputeFactsChanged, DisputeHoldEnded
from aftersales.contracts.tracking import PromiseBroken
from aftersales.decision import Outage
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SECOND, SHIPPED
from tests.rules.dispute.world import World, a_world, opened, slug, with_policy


def held(**differs: object) -> World:
    world = a_world(say.shipped(), say.in_transit())
    assert slug(world.hear(say.not_received(**differs), OPENED)) is None
    assert world.dispute().state == "HELD_IN_TRANSIT"
    return world


@pytest.mark.parametrize("reason", ["INR_IN_TRANSIT", "INR_OVERDUE", "INR_WRONG_ADDRESS_BUYER"])
@pytest.mark.parametrize("status", ["in_transit", "out_for_delivery", "attempted", "exception", None])
def test_held_while_under_way(reason: str, status: str | None) -> None:
    world = a_world(say.shipped(), *([say.told(type(say.in_transit()), status, SHIPPED + DAY)] if status else []))
    world.hear(say.not_received(reason=reason), OPENED)
    dispute = world.dispute()
    assert (dispute.state, dispute.deadline, dispute.escalates_at) == ("HELD_IN_TRANSIT", PROMISED, None)


@pytest.mark.parametrize("reason", ["SNAD_QUALITY", "LATE_COMPENSATION", "SVC_EXTRA_CHARGE", "BUY_CHANGED_MIND"])
def test_other_reasons_are_never_held(reason: str) -> None:
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.a_complaint(reason=reason), OPENED)
    assert world.dispute().state == "AWAITING_SELLER"


@pytest.mark.parametrize(("at", "state"), [(PROMISED - SECOND, "HELD_IN_TRANSIT"), (PROMISED, "AWAITING_SELLER")])
def test_not_held_from_the_promise_end_on(at: datetime, state: str) -> None:
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.not_received(), at)
    assert world.dispute().state == state


def test_refused_instead_where_the_policy_says_so() -> None:
    world = with_policy(World(), open_in_transit="refuse")
    for fact in (say.an_order(), say.shipped(), say.in_transit()):
        world.hear(fact, OPENED)
    assert slug(world.hear(say.not_received(), OPENED)) == "in-transit"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("returning", "INR_RETURNED_TO_SENDER"),
        ("returned", "INR_RETURNED_TO_SENDER"),
        ("lost", "INR_LOST"),
        ("not_found", "INR_NO_TRACKING"),
        ("customs_hold", "INR_CUSTOMS_HELD"),
    ],
)
def test_an_anomaly_asks_the_seller_and_says_what_happened(status: str, reason: str) -> None:
    world = held()
    scanned = OPENED + DAY
    world.hear(say.anomalous(status, scanned), scanned)
    dispute = world.dispute()
    assert (dispute.state, dispute.reason, dispute.deadline) == ("AWAITING_SELLER", reason, scanned + 5 * DAY)
    assert dispute.escalates_at == max(scanned + 7 * DAY, PROMISED)
    assert [told.cause for told in world.told(DisputeHoldEnded)] == ["anomaly"]


def test_delivered_the_buyer_confirms_or_is_silent() -> None:
    world = held()
    world.hear(say.delivered(OPENED + DAY), OPENED + DAY)
    dispute = world.dispute()
    assert (dispute.state, dispute.deadline, dispute.escalates_at) == ("AWAITING_BUYER", OPENED + 6 * DAY, None)
    assert slug(world.hear(say.escalation(), OPENED + 4 * DAY)) == "confirm-first"
    assert slug(world.hear(say.change(100), OPENED + 4 * DAY)) == "another-reason-needed"
    assert world.until(OPENED + 6 * DAY - SECOND).dispute().state == "AWAITING_BUYER"
    assert world.until(OPENED + 6 * DAY).dispute().state == "CLOSED_CANCELLED"


def test_delivered_another_reason_starts_both_clocks() -> None:
    world = held()
    world.hear(say.delivered(OPENED + DAY), OPENED + DAY)
    world.hear(say.evidence(), OPENED + DAY)
    world.hear(say.change(1000, reason="SNAD_DAMAGED"), OPENED + 2 * DAY)
    dispute = world.dispute()
    assert (dispute.state, dispute.deadline) == ("AWAITING_SELLER", OPENED + 7 * DAY)
    assert dispute.escalates_at == OPENED + 9 * DAY
    assert world.until(OPENED + 6 * DAY).dispute().state == "AWAITING_SELLER"


def test_delivered_the_seller_may_still_accept() -> None:
    world = held()
    world.hear(say.delivered(OPENED + DAY), OPENED + DAY)
    world.hear(say.accepted(), OPENED + 2 * DAY)
    assert (world.dispute().agreement, world.dispute().refund) == ("consensus", 4198)


@pytest.mark.parametrize("in_hold", [True, False])
def test_a_confirmed_receipt_closes_a_hold_and_the_wait_after_it(in_hold: bool) -> None:
    world = held()
    if not in_hold:
        world.hear(say.delivered(OPENED + DAY), OPENED + DAY)
    world.hear(say.receipt(OPENED + 2 * DAY), OPENED + 2 * DAY)
    assert (world.dispute().state, world.dispute().closed_at) == ("CLOSED_CANCELLED", OPENED + 2 * DAY)


def test_a_receipt_leaves_other_disputes_alone() -> None:
    world = opened()
    world.hear(say.receipt(OPENED + DAY), OPENED + DAY)
    assert world.dispute().state == "AWAITING_SELLER"


def test_the_promise_ends_undelivered() -> None:
    world = held()
    world.hear(say.promise_broken(), PROMISED)
    assert (world.dispute().state, world.dispute().deadline) == ("ARBITRATION_EVIDENCE", PROMISED + 3 * DAY)
    assert [told.how for told in world.told(DisputeEscalated)] == ["promise_broken"]


def test_the_dispute_helps_itself_an_hour_after_the_promise_where_tracking_is_silent() -> None:
    world = held()
    hour = 3600 * SECOND
    assert world.until(PROMISED + hour - SECOND).dispute().state == "HELD_IN_TRANSIT"
    assert world.until(PROMISED + hour).dispute().state == "ARBITRATION_EVIDENCE"


@pytest.mark.parametrize(("at", "state"), [(PROMISED - SECOND, "AWAITING_BUYER"), (PROMISED, "ARBITRATION_EVIDENCE")])
def test_a_delivery_dated_at_the_promise_end_is_late(at: datetime, state: str) -> None:
    world = held()
    world.hear(say.delivered(at), PROMISED + 60 * SECOND)
    assert world.dispute().state == state


def test_a_parcel_on_its_way_again_after_a_delivery_is_held_no_longer_than_the_promise() -> None:
    """Order-tracking has nothing to say of it at the promise end: it was delivered in time."""
    world = a_world(say.shipped(), say.delivered(SHIPPED + DAY), say.in_transit())
    world.hear(say.not_received(), OPENED)
    assert world.until(PROMISED - SECOND).dispute().state == "HELD_IN_TRANSIT"
    assert world.until(PROMISED).dispute().state == "ARBITRATION_EVIDENCE"


def test_a_parcel_on_its_way_again_does_not_lengthen_a_hold_that_began_without_it() -> None:
    later = say.shipped("P2", units={"L1": (2,)}, shipped_at=SHIPPED + 2 * DAY)
    world = a_world(say.shipped("P1", units={"L1": (1,)}), later, say.anomalous("lost", SHIPPED + 3 * DAY, "P2"))
    world.hear(say.not_received(), OPENED)
    world.hear(say.in_transit(OPENED + DAY, "P2", promise_ends_at=PROMISED + 2 * DAY), OPENED + DAY)
    world.hear(say.promise_broken("P1"), PROMISED)
    assert world.dispute().state == "ARBITRATION_EVIDENCE"


def test_several_parcels_are_held_until_the_latest_promise() -> None:
    later = SHIPPED + 2 * DAY
    world = a_world(say.shipped("P1", units={"L1": (1,)}), say.shipped("P2", units={"L1": (2,)}, shipped_at=later))
    world.hear(say.not_received(), OPENED)
    assert world.dispute().deadline == PROMISED + 2 * DAY
    world.hear(say.delivered(OPENED + DAY, "P1"), OPENED + DAY)
    assert world.dispute().state == "HELD_IN_TRANSIT"
    world.hear(say.delivered(OPENED + 2 * DAY, "P2"), OPENED + 2 * DAY)
    assert world.dispute().state == "AWAITING_BUYER"


def test_a_hold_is_not_shortened_when_the_later_parcel_came() -> None:
    later = SHIPPED + 2 * DAY
    world = a_world(say.shipped("P1", units={"L1": (1,)}), say.shipped("P2", units={"L1": (2,)}, shipped_at=later))
    world.hear(say.not_received(), OPENED)
    world.hear(say.delivered(OPENED + DAY, "P2"), OPENED + DAY)
    world.hear(say.promise_broken("P1"), PROMISED)
    assert world.dispute().state == "HELD_IN_TRANSIT"
    assert world.until(PROMISED + 2 * DAY).dispute().state == "ARBITRATION_EVIDENCE"


def test_held_again_when_the_reason_changes_back_while_the_parcel_travels() -> None:
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.a_complaint(), OPENED)
    world.hear(say.change(4198, reason="INR_IN_TRANSIT"), OPENED + DAY)
    assert (world.dispute().state, world.dispute().deadline) == ("HELD_IN_TRANSIT", PROMISED)
    world.hear(say.anomalous("lost", OPENED + 2 * DAY), OPENED + 2 * DAY)
    assert world.dispute().clock_at == OPENED + 2 * DAY


def test_what_was_shipped_during_a_dispute_over_never_shipped_units_holds_nothing_up() -> None:
    world = a_world(say.in_transit())
    world.hear(say.not_received(reason="INR_NOT_SHIPPED"), OPENED)
    world.hear(say.shipped(shipped_at=OPENED + DAY), OPENED + DAY)
    world.hear(say.change(4000), OPENED + 2 * DAY)
    assert (world.dispute().state, world.dispute().escalates_at) == ("AWAITING_SELLER", OPENED + 7 * DAY)
    world.hear(say.a_refusal(), OPENED + 3 * DAY)
    assert slug(world.hear(say.escalation(), OPENED + 3 * DAY)) is None


def test_the_desk_hears_of_new_facts_and_of_nothing_else() -> None:
    world = held()
    world.hear(say.promise_broken(), PROMISED)
    late = PROMISED + DAY
    world.hear(say.delivered(late), late)
    world.hear(say.delivered(late), late)
    [told] = world.told(DisputeFactsChanged)
    assert (told.file.parcels[0].status, told.file.parcels[0].delivered_at) == ("delivered", late)
    assert world.dispute().state == "ARBITRATION_EVIDENCE"


def test_the_desk_hears_of_a_receipt_after_the_window_too() -> None:
    world = with_policy(held(), arbitration_evidence_window=60 * DAY)
    world.hear(say.promise_broken(), PROMISED)
    late = PROMISED + 20 * DAY
    world.hear(say.receipt(late), late)
    [told] = world.told(DisputeFactsChanged)
    assert told.file.parcels[0].delivered_at == late


def test_facts_after_the_end_are_recorded_and_change_nothing() -> None:
    world = held()
    world.hear(say.cancellation(), OPENED + DAY)
    world.hear(say.delivered(OPENED + 2 * DAY), OPENED + 2 * DAY)
    assert len(world.told(DisputeClosed)) == 1
    assert world.order.parcels["P1"].status == "delivered"


def test_an_anomaly_known_at_the_opening_is_no_news_later() -> None:
    world = a_world(
        say.shipped("P1", units={"L1": (1,)}),
        say.shipped("P2", units={"L1": (2,)}, shipped_at=SHIPPED + DAY),
        say.anomalous("customs_hold", OPENED - DAY, "P1"),
    )
    world.hear(say.not_received(), OPENED)
    assert world.dispute().state == "HELD_IN_TRANSIT"
    broken = say.told(PromiseBroken, "customs_hold", OPENED - DAY, "P1")
    world.hear(broken, PROMISED)
    assert (world.dispute().state, world.dispute().reason) == ("HELD_IN_TRANSIT", "INR_IN_TRANSIT")


@pytest.mark.parametrize(("early", "state"), [(SECOND, "CLOSED_CANCELLED"), (0 * SECOND, "AWAITING_BUYER")])
def test_a_receipt_after_the_window_closes_nothing(early: timedelta, state: str) -> None:
    world = with_policy(World(), held_confirm=60 * DAY)
    for fact in (say.an_order(), say.shipped(), say.in_transit(), say.not_received()):
        world.hear(fact, OPENED)
    world.hear(say.delivered(OPENED + DAY), OPENED + DAY)
    confirmed = PROMISED + 15 * DAY - early
    world.hear(say.receipt(confirmed), confirmed)
    assert world.dispute().state == state


def test_a_fact_is_explained_by_the_transition_it_led_to() -> None:
    rules = {}
    for after in (say.anomalous("lost", OPENED), say.delivered(OPENED), say.in_transit(OPENED)):
        because = held().hear(after).because
        assert because is not None
        rules[after.name()] = because.rule
    assert list(rules.values()) == ["transition 10", "transition 11", "fact"]


def deaf_at_the_promise_end() -> World:
    """A hold whose end falls into six hours of deafness, with order-tracking silent too."""
    world = held()
    world.outages = (Outage(PROMISED - SECOND, PROMISED - SECOND + timedelta(hours=6)),)
    return world


def test_order_tracking_has_its_hour_after_an_outage_too() -> None:
    world, overdue = deaf_at_the_promise_end(), PROMISED + timedelta(hours=7)
    assert world.until(overdue - SECOND).dispute().state == "HELD_IN_TRANSIT"
    assert world.until(overdue).dispute().state == "ARBITRATION_EVIDENCE"


def test_what_an_outage_put_off_keeps_its_turn() -> None:
    world = deaf_at_the_promise_end()
    armed = {timer.kind: timer.rank for decision in world.decisions for timer in decision.timers}
    world.until(PROMISED + DAY)
    put_off = [timer for decision in world.decisions if decision.slug == "outage" for timer in decision.timers]
    assert {timer.kind: timer.rank for timer in put_off} == {kind: armed[kind] for kind in ("hold_due", "hold_overdue")}


def test_held_again_after_a_delivery_it_ends_with_the_promise() -> None:
    """Delivered, on its way again, and the buyer names another reason of not having it."""
    world = held()
    world.hear(say.delivered(OPENED + DAY), OPENED + DAY)
    world.hear(say.in_transit(OPENED + 2 * DAY, delivered_at=OPENED + DAY), OPENED + 2 * DAY)
    world.hear(say.change(4198, reason="INR_OVERDUE"), OPENED + 3 * DAY)
    assert (world.dispute().state, world.dispute().deadline) == ("HELD_IN_TRANSIT", PROMISED)
    assert world.until(PROMISED).dispute().state == "ARBITRATION_EVIDENCE"


def test_the_desk_hears_of_a_shipment_of_what_was_never_shipped() -> None:
    world = a_world(say.in_transit())
    world.hear(say.not_received(reason="INR_NOT_SHIPPED"), OPENED)
    world.hear(say.a_refusal(), OPENED)
    world.hear(say.escalation(), OPENED + 3 * DAY)
    world.hear(say.shipped(), OPENED + 4 * DAY)
    [told] = world.told(DisputeFactsChanged)
    assert [parcel.parcel for parcel in told.file.parcels] == ["P1"]
