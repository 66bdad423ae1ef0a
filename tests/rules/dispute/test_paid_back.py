"""What was never shipped of a cancelled order the marketplace pays back; it is not refunded or burdened as well."""

import pytest

from aftersales.contracts.marketplace import OrderCancelled
from dispute.domain.settlement import Burden
from tests.rules.dispute import builders as say
from tests.rules.dispute.appeals import ruled
from tests.rules.dispute.builders import DAY, OPENED
from tests.rules.dispute.world import FOR_ALL, WINDOW_ENDS, World, a_world, released


@pytest.mark.parametrize(("shipped", "amount"), [((1,), 1000), ((1, 2), 2000)])
def test_what_was_never_shipped_of_a_cancelled_order_is_not_the_sellers(shipped: tuple[int, ...], amount: int) -> None:
    order = say.an_order(lines=(say.a_line(quantity=3, unit_price=1000),), shipping=0, discount=0)
    world = a_world(say.shipped(units={"L1": shipped}), order=order)
    world.hear(OrderCancelled(order="O1", cancelled_at=OPENED), OPENED)
    assert released(world.until(OPENED + FOR_ALL)) == [(WINDOW_ENDS, amount, 0)]


def half_shipped() -> World:
    """Unit 1 was delivered; unit 2 was never shipped, and refunded as such."""
    world = a_world(say.shipped(units={"L1": (1,)}), say.delivered())
    world.hear(say.not_received(units={"L1": (2,)}, reason="INR_NOT_SHIPPED", want=say.refund(2099)), OPENED)
    world.hear(say.accepted(), OPENED + DAY)
    return world


def test_units_that_were_never_shipped_hold_nothing_back_once_they_are_refunded() -> None:
    assert released(half_shipped().until(OPENED + FOR_ALL)) == [(WINDOW_ENDS, 2099, 0)]


def test_what_was_refunded_of_a_cancelled_order_is_not_paid_back_as_well() -> None:
    world = half_shipped()
    world.hear(OrderCancelled(order="O1", cancelled_at=OPENED + 2 * DAY), OPENED + 2 * DAY)
    assert released(world.until(OPENED + FOR_ALL)) == [(WINDOW_ENDS, 2099, 0)]


def test_what_the_marketplace_pays_back_bears_no_burden() -> None:
    world = a_world(say.shipped(units={"L1": (1,)}), say.delivered())
    world.hear(OrderCancelled(order="O1", cancelled_at=OPENED), OPENED)
    world.hear(say.a_complaint(units={"L1": (1,)}, reason="SNAD_COUNTERFEIT", want=say.refund(2099)), OPENED)
    ruled(world, refund=2099, compensation=3998)
    assert world.dispute().paid_by == Burden(escrow=2099, platform_fund=3998, debt=3998)


def test_what_the_marketplace_pays_back_is_not_refunded_as_well() -> None:
    world = World(now=OPENED)
    world.hear(say.an_order())
    world.hear(say.not_received(reason="INR_NOT_SHIPPED"), OPENED)
    world.hear(OrderCancelled(order="O1", cancelled_at=OPENED + DAY), OPENED + DAY)
    world.until(OPENED + 10 * DAY)
    assert (world.dispute().is_open, world.dispute().refund, world.order.paid_left) == (False, 0, 0)
