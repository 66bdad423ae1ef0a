"""Goods on their way back during a chargeback: recorded, and what they mean counts at its end (rulebook 8.20)."""

from aftersales.contracts.dispute import RefundOrdered
from dispute.domain import states
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SECOND
from tests.rules.dispute.world import World, opened

FROZEN, WON = OPENED + 2 * DAY, OPENED + 12 * DAY


def won(world: World) -> World:
    world.hear(say.chargeback_won(), WON)
    return world


def on_the_way_back() -> World:
    """The goods of D1 left at the opening, with a month to confirm them; the chargeback opens two days later."""
    world = opened(want=say.goods_back(4198))
    world.hear(say.accepted(return_address="Dock 4"), OPENED)
    world.hear(say.return_shipped(), OPENED)
    world.hear(say.chargeback_opened(), FROZEN)
    return world


def test_a_return_lost_meanwhile_is_paid_for_at_the_end() -> None:
    world = on_the_way_back()
    world.hear(say.return_scanned("lost", FROZEN + DAY), FROZEN + DAY)
    world.hear(say.return_scanned("returned", FROZEN + 2 * DAY), FROZEN + 2 * DAY)
    assert world.until(WON - SECOND).dispute().state == states.RETURN_IN_TRANSIT
    assert won(world).dispute().state == states.CLOSED_REFUNDED


def test_lost_a_lost_return_is_no_longer_ours() -> None:
    world = on_the_way_back()
    world.hear(say.return_scanned("lost", FROZEN + DAY), FROZEN + DAY)
    world.hear(say.chargeback_lost(), WON)
    assert (world.dispute().state, world.told(RefundOrdered)) == (states.CLOSED_EXTERNAL, [])


def test_a_return_delivered_meanwhile_leaves_the_seller_seven_days_from_the_end() -> None:
    world = on_the_way_back()
    world.hear(say.return_scanned("delivered", FROZEN + DAY), FROZEN + DAY)
    assert world.dispute().deadline == FROZEN + 8 * DAY
    assert won(world).dispute().deadline == WON + 7 * DAY
    assert world.until(WON + 7 * DAY - SECOND).dispute().state == states.RETURN_IN_TRANSIT
    assert world.until(WON + 7 * DAY).dispute().state == states.CLOSED_REFUNDED


def test_a_return_delivered_late_in_a_chargeback_leaves_seven_days_of_the_twenty_eight_that_stood_still() -> None:
    """The month stood still from the second day to the 25th, the seven days from the 23rd."""
    world = on_the_way_back()
    delivered, end = OPENED + 23 * DAY, OPENED + 25 * DAY
    world.hear(say.return_scanned("delivered", delivered), delivered)
    world.hear(say.chargeback_won(end), end)
    assert world.dispute().deadline == end + 7 * DAY


def test_a_delivery_that_leaves_the_seller_no_less_time_does_not_count_as_set_anew() -> None:
    """Six of thirty days are left when the bank takes the payment, the seven from the delivery would be more."""
    world = opened(want=say.goods_back(4198))
    world.hear(say.accepted(return_address="Dock 4"), OPENED)
    world.hear(say.return_shipped(), OPENED)
    frozen, end = OPENED + 24 * DAY, OPENED + 34 * DAY
    world.hear(say.chargeback_opened(frozen), frozen)
    world.hear(say.return_scanned("delivered", frozen + 5 * DAY), frozen + 5 * DAY)
    world.hear(say.chargeback_won(end), end)
    assert world.dispute().deadline == end + 6 * DAY
