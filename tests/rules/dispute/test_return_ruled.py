"""A return that the platform ruled: who bears what once the goods are back (rulebook 6, 8.8, 8.39)."""

from typing import Any

import pytest

from aftersales.contracts.appeal import DisputeAppealed
from aftersales.contracts.dispute import DisputeRuled
from dispute.domain.settlement import Burden
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED
from tests.rules.dispute.world import World, opened

RULED = OPENED + 11 * DAY
BACK = RULED + 5 * DAY


def ruled(reason: str = "SNAD_QUALITY", **differs: Any) -> World:
    """The desk rules that 40.00 are paid once the goods are back."""
    world = opened(reason=reason)
    world.hear(say.a_refusal(), OPENED)
    world.until(RULED)
    known = {"rule": "R16", "remedy": "return", "refund": 4000, "compensation": 0}
    world.hear(say.a_ruling(RULED, **{**known, **differs}))
    return world


def returned(world: World, freight: int = 100) -> World:
    world.hear(say.return_shipped(freight), RULED + DAY)
    world.hear(say.return_confirmed(), BACK)
    return world


@pytest.mark.parametrize(
    ("bearer", "burden"),
    [
        ("seller", Burden(escrow=4100)),
        ("platform", Burden(escrow=4000, service_fund=100)),
        ("reason", Burden(escrow=4000)),
        (None, Burden(escrow=4000)),
    ],
)
def test_the_way_back_is_borne_as_ruled_else_by_the_reason(bearer: str | None, burden: Burden) -> None:
    world = returned(ruled("BUY_CHANGED_MIND", freight_bearer=bearer))
    assert world.dispute().paid_by == burden


@pytest.mark.parametrize(
    ("payer", "burden"),
    [
        ("escrow", Burden(escrow=4100)),
        ("platform_fund", Burden(escrow=100, platform_fund=4000)),
        ("service_fund", Burden(escrow=100, service_fund=4000)),
    ],
)
def test_the_refund_is_borne_by_whom_the_ruling_named(payer: str, burden: Burden) -> None:
    assert returned(ruled(payer=payer)).dispute().paid_by == burden


@pytest.mark.parametrize(
    ("payer", "burden"), [("escrow", Burden(escrow=2100)), ("platform_fund", Burden(0, 0, 2000, 100))]
)
def test_freight_ruled_with_a_refund_is_borne_beside_it(payer: str, burden: Burden) -> None:
    world = ruled(remedy="refund", refund=2000, freight=100, payer=payer)
    assert world.dispute().paid_by == burden
    assert [told.freight for told in world.told(DisputeRuled)] == [100]


def test_compensation_and_the_claim_on_the_carrier_wait_for_the_goods_too() -> None:
    world = ruled(refund=1000, compensation=300, carrier_claim=700)
    assert (world.dispute().refund, world.dispute().carrier_claim) == (0, 0)
    returned(world, freight=0)
    dispute = world.dispute()
    assert (dispute.refund, dispute.compensation, dispute.carrier_claim) == (1000, 300, 700)


def test_goods_that_do_not_come_are_owed_nothing() -> None:
    world = ruled().until(RULED + 10 * DAY)
    assert (world.dispute().state, world.dispute().owed) == ("CLOSED_NO_RETURN", None)


def test_an_appeal_after_goods_that_simply_came_back_shows_no_return_that_went_wrong() -> None:
    world = returned(ruled())
    world.hear(say.an_appeal("shop"), BACK + DAY)
    [told] = world.told(DisputeAppealed)
    assert (told.refund, told.file.back) == (4000, None)
