"""What may be asked for: money to the unit, and goods that can go back (rulebook 8.27)."""

import pytest
from msgspec.structs import replace

from aftersales.decision import Boundary, Decision, SubjectRef
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import OPENED
from tests.rules.dispute.world import World, a_world, opened, slug


def complained(world: World, amount: int, reason: str = "SNAD_QUALITY") -> Decision:
    return world.hear(say.a_complaint(dispute="D2", reason=reason, want=say.refund(amount)), OPENED)


def paid_back() -> World:
    """Everything was refunded in an earlier dispute."""
    world = opened(want=say.refund(4198))
    world.hear(say.accepted(), OPENED)
    return world


def nothing_paid() -> World:
    world = a_world()
    order = world.order
    world.states[SubjectRef("order", "O1")] = replace(order, terms=replace(order.known, paid=0))
    return world


def boundary(decision: Decision) -> Boundary:
    assert decision.because is not None
    [found] = decision.because.otherwise
    return found


@pytest.mark.parametrize("amount", [1, 4197, 4198])
def test_any_amount_from_one_to_the_cap(amount: int) -> None:
    world = opened()
    assert slug(world.hear(say.change(amount), OPENED)) is None
    plan = world.dispute().buyer_plan
    assert plan is not None
    assert plan.amount == amount


def test_less_than_one_names_what_would_have_been_taken() -> None:
    decision = complained(a_world(), 0)
    assert decision.sentence == "Ask for at least 0.01 USD."
    assert boundary(decision) == Boundary("at_least", amount=1)


def test_more_than_the_cap_names_what_would_have_been_taken() -> None:
    decision = opened().hear(say.change(4199), OPENED)
    assert decision.sentence == "At most 41.98 USD can be refunded on these units. Name an amount up to that."
    assert boundary(decision) == Boundary("at_most", amount=4198)


@pytest.mark.parametrize(
    ("world", "why"),
    [
        (paid_back(), "Everything paid for these units has been refunded already."),
        (nothing_paid(), "Nothing was paid for these units."),
    ],
)
def test_where_nothing_is_left_it_says_why(world: World, why: str) -> None:
    decision = complained(world, 100, "SNAD_DAMAGED")
    assert (decision.slug, decision.sentence) == ("nothing-left", why)


def test_a_counterfeit_claim_may_still_ask_for_0_where_nothing_is_left() -> None:
    world = paid_back()
    assert slug(complained(world, 0, "SNAD_COUNTERFEIT")) is None
    changed = world.hear(say.change(1, dispute="D2"), OPENED)
    assert (changed.slug, changed.sentence) == ("above-cap", "Nothing is left to refund on these units; ask for 0.")
    assert boundary(changed) == Boundary("at_most", amount=0)


@pytest.mark.parametrize("reason", ["INR_OVERDUE", "LATE_COMPENSATION"])
def test_what_did_not_come_or_came_late_is_not_sent_back(reason: str) -> None:
    decision = a_world().hear(say.a_complaint(reason=reason, want=say.goods_back(100), evidence=()), OPENED)
    assert decision.slug == "refund-only"
    assert decision.sentence == f"For {reason} there is nothing to send back. Ask for a refund."


@pytest.mark.parametrize("reason", ["SNAD_QUALITY", "SVC_EXTRA_CHARGE", "BUY_CHANGED_MIND"])
def test_everything_else_may_be_sent_back(reason: str) -> None:
    assert slug(a_world().hear(say.a_complaint(reason=reason, want=say.goods_back(100)), OPENED)) is None
