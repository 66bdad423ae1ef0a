"""Goods go back before the money does: in time, or not at all; and who bears the way back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from aftersales.contracts.dispute import (
    DisputeAgreed,
    DisputeClosed,
    DisputeReturnConfirmed,
    DisputeReturnShipped,
    ReturnSent,
)
from aftersales.decision import SubjectRef
from dispute.domain.settlement import Burden
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SECOND
from tests.rules.dispute.world import World, a_world, opened, slug, with_policy

SHIP_BY = OPENED + 11 * DAY
CONFIRM_BY = OPENED + 40 * DAY


def agreed(**order: Any) -> World:
    """A full return agreed on a day after the opening."""
    world = a_world(order=say.an_order(**order))
    reason = {"reason": "BUY_CHANGED_MIND"} if "free_return" in order else {"reason": "SNAD_DESCRIPTION"}
    world.hear(say.a_complaint(want=say.goods_back(4198), **reason), OPENED)
    world.hear(say.accepted(return_address="Shop returns, CN"), OPENED + DAY)
    assert world.dispute().state == "RETURN_AWAITING_SHIPMENT"
    return world


def sent() -> World:
    world = agreed()
    world.hear(say.return_shipped(840), OPENED + 10 * DAY)
    assert (world.dispute().state, world.dispute().deadline) == ("RETURN_IN_TRANSIT", CONFIRM_BY)
    return world


def test_a_seller_who_accepts_a_return_names_the_address() -> None:
    world = opened(want=say.goods_back(4198))
    assert slug(world.hear(say.accepted(), OPENED)) == "address-needed"
    world.hear(say.accepted(return_address="Shop returns, CN"), OPENED)
    [told] = world.told(DisputeAgreed)
    assert (told.state, told.deadline) == ("RETURN_AWAITING_SHIPMENT", OPENED + 10 * DAY)
    assert [(wait.party, wait.task) for wait in told.waits] == [("buyer", "ship_return")]
    assert world.rows("statement")[-1]["words"] == "Shop returns, CN"
    assert (world.dispute().refund, world.rows("resolution")) == (0, [])


@pytest.mark.parametrize(("at", "answer"), [(SHIP_BY - SECOND, None), (SHIP_BY, "wrong-state")])
def test_sent_in_time_or_closed_without_a_refund(at: datetime, answer: str | None) -> None:
    world = agreed()
    assert slug(world.hear(say.return_shipped(), at)) == answer
    assert world.dispute().state == ("RETURN_IN_TRANSIT" if answer is None else "CLOSED_NO_RETURN")
    assert world.rows("journal") == []


def test_order_tracking_is_told_from_when_on_scans_of_the_number_are_of_these_goods() -> None:
    world = sent()
    [told] = world.told(ReturnSent)
    assert (told.since, told.at) == (OPENED + DAY, OPENED + 10 * DAY)


def test_late_when_it_arrives_at_the_deadline() -> None:
    world = agreed()
    assert slug(world.hear(say.return_shipped(), arrived_at=SHIP_BY)) == "late"


def test_confirmed_pays_refund_and_freight() -> None:
    world = sent()
    [told] = world.told(DisputeReturnShipped)
    assert (told.freight, told.waits[0].party, told.waits[0].task) == (840, "seller", "confirm_return")
    world.hear(say.return_confirmed(), OPENED + 20 * DAY)
    dispute = world.dispute()
    assert (dispute.state, dispute.agreement) == ("CLOSED_REFUNDED", "consensus")
    assert (dispute.refund, dispute.freight) == (4198, 840)
    # Escrow held what was paid; the freight beside it is advanced, and owed by the seller.
    assert dispute.paid_by == Burden(escrow=4198, platform_fund=840, debt=840)
    assert [told.how for told in world.told(DisputeReturnConfirmed)] == ["by_hand"]


@pytest.mark.parametrize(("cap", "freight", "paid"), [(None, 9999, 9999), (900, 900, 900), (900, 901, 900), (0, 1, 0)])
def test_proven_freight_is_paid_up_to_the_cap(cap: int | None, freight: int, paid: int) -> None:
    world = with_policy(agreed(), return_freight_cap=cap)
    world.hear(say.return_shipped(freight))
    world.hear(say.return_confirmed())
    assert (world.dispute().state, world.dispute().freight) == ("CLOSED_REFUNDED", paid)


def test_the_way_back_and_what_is_owed_are_together_an_amount_that_can_be_paid() -> None:
    world = ruled(compensation=10**15 - 4198 - 5)
    world.hear(say.return_shipped(6))
    world.hear(say.return_confirmed())
    assert (world.dispute().refund, world.dispute().freight) == (4198, 5)


def test_silence_of_the_seller_pays_at_the_deadline() -> None:
    world = sent()
    assert world.until(CONFIRM_BY - SECOND).dispute().refund == 0
    dispute = world.until(CONFIRM_BY).dispute()
    assert (dispute.state, dispute.refund, dispute.freight) == ("CLOSED_REFUNDED", 4198, 840)
    assert [told.how for told in world.told(DisputeReturnConfirmed)] == ["silence"]


@pytest.mark.parametrize(("free", "freight", "service"), [(False, 0, 0), (True, 840, 840)])
def test_a_change_of_mind_bears_its_own_freight_but_on_a_free_return_listing(
    free: bool, freight: int, service: int
) -> None:
    world = agreed(free_return=free)
    world.hear(say.return_shipped(840), OPENED + 2 * DAY)
    world.hear(say.return_confirmed(), OPENED + 3 * DAY)
    dispute = world.dispute()
    assert (dispute.freight, dispute.paid_by) == (freight, Burden(escrow=4198, service_fund=service))


def test_silence_on_a_return_plan_awaits_the_goods() -> None:
    world = opened(want=say.goods_back(4198))
    dispute = world.until(OPENED + 5 * DAY).dispute()
    assert (dispute.state, dispute.agreement) == ("RETURN_AWAITING_SHIPMENT", "seller_timeout")


def ruled(compensation: int = 0) -> World:
    world = opened()
    world.hear(say.a_refusal(), OPENED)
    world.until(OPENED + 11 * DAY)
    world.hear(say.a_ruling(world.now, rule="R16", remedy="return", compensation=compensation))
    return world


def test_a_return_is_ruled_and_then_paid() -> None:
    world = ruled()
    assert (world.dispute().state, world.dispute().rule) == ("RETURN_AWAITING_SHIPMENT", "R16")
    world.hear(say.return_shipped(0))
    world.hear(say.return_confirmed())
    dispute = world.dispute()
    assert (dispute.state, dispute.agreement, dispute.refund) == ("CLOSED_REFUNDED", "arbitration", 4198)
    assert len(world.rows("resolution")) == 1


def test_withdrawn_before_the_goods_are_sent_but_not_after_a_ruling() -> None:
    assert slug(agreed().hear(say.cancellation())) is None
    assert slug(ruled().hear(say.cancellation())) == "ruled"
    assert slug(sent().hear(say.cancellation())) == "wrong-state"


def test_a_return_asked_for_goods_that_did_not_come_cannot_be_accepted() -> None:
    world = opened(want=say.goods_back(4198))
    world.hear(say.a_refusal(), OPENED)
    world.hear(say.change(4198, reason="INR_DELIVERED_BUT_DENIED"), OPENED)
    assert slug(world.hear(say.accepted(), OPENED)) is None


def test_the_whole_way_of_the_worked_scenario() -> None:
    opening = datetime(2025, 6, 1, 9, tzinfo=UTC)
    delivered = datetime(2025, 5, 28, 15, tzinfo=UTC)
    world = a_world(
        say.shipped(shipped_at=datetime(2025, 5, 3, tzinfo=UTC)),
        say.delivered(delivered),
        order=say.an_order(placed_at=datetime(2025, 5, 1, tzinfo=UTC)),
    )
    world.hear(say.a_complaint(reason="SNAD_DESCRIPTION", want=say.goods_back(4198)), opening)
    agreement = datetime(2025, 6, 3, tzinfo=UTC)
    world.hear(say.accepted(return_address="Shop returns, CN"), agreement)
    assert world.dispute().deadline == agreement + timedelta(days=10)
    world.hear(say.return_shipped(840), agreement + timedelta(days=9))
    assert world.dispute().deadline == datetime(2025, 7, 12, tzinfo=UTC)
    world.until(datetime(2025, 7, 12, tzinfo=UTC))
    assert (world.dispute().refund, world.dispute().freight) == (4198, 840)


@pytest.mark.parametrize(("how", "number"), [("by_hand", "19"), ("silence", "31"), ("lost", "21")])
def test_goods_that_are_back_when_nothing_is_left_to_pay_close_as_rejected(how: str, number: str) -> None:
    world = agreed(free_return=True)
    world.hear(say.return_shipped(0))
    # Another cause took everything that was paid meanwhile.
    order = world.order
    world.states[SubjectRef("order", "O1")] = replace(order, terms=replace(order.known, paid=0))
    if how == "by_hand":
        world.hear(say.return_confirmed())
    elif how == "lost":
        world.hear(say.return_scanned("lost", world.now))
    world.until(CONFIRM_BY)
    assert [(move.after, move.transition) for move in world.moves[-1:]] == [("CLOSED_REJECTED", number)]
    [closed], [row] = world.told(DisputeClosed), world.rows("resolution")
    assert (closed.state, closed.agreement, closed.refund) == ("CLOSED_REJECTED", "consensus", 0)
    assert (row["dispute"], row["agreement"], row["refund"], row["freight"]) == ("D1", "consensus", 0, 0)
