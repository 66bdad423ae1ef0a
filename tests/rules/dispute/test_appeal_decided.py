"""What an appeal does to the money, and what it leaves as it was (transition 25; rulebook 8.30, 8.52)."""

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from aftersales.contracts.appeal import BurdenReversed, DisputeAppealDecided, DisputeAppealed
from aftersales.contracts.dispute import RefundOrdered, RulingOvertaken
from aftersales.contracts.escrow import EscrowReleased
from aftersales.contracts.marketplace import PartyChanged
from aftersales.decision import Outcome, SubjectRef
from dispute.domain import states
from tests.rules.dispute import builders as say
from tests.rules.dispute.appeals import (
    CLOSED,
    DECIDED,
    REJECTION,
    appealed,
    burden,
    decided,
    journals,
    refused,
    ruled,
    served,
)
from tests.rules.dispute.builders import DAY, OPENED, SHIPPED
from tests.rules.dispute.world import a_world, executed, opened, slug

# -- upheld and undecided ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["upheld", "undecided"])
def test_everything_stays_as_it_was(outcome: str) -> None:
    before = ruled()
    world = decided(appealed(), outcome)
    for name in ("state", "refund", "compensation", "liable", "rule", "agreement", "counts_for_seller", "closed_at"):
        assert getattr(world.dispute(), name) == getattr(before.dispute(), name), name
    assert burden(world) == burden(before)
    assert world.seller == before.seller
    assert len(journals(world)) == len(journals(before))
    [told] = world.told(DisputeAppealDecided)
    assert (told.outcome, told.state, told.refund, told.reversed) == (outcome, states.CLOSED_REFUNDED, 0, 0)


def test_a_rejection_and_a_return_that_never_came_end_as_they_had() -> None:
    rejected = decided(appealed(ruled(**REJECTION), "anna"), "upheld")
    assert rejected.dispute().state == states.CLOSED_REJECTED
    returning = ruled(**{**REJECTION, "remedy": "return", "refund": 4198, "liable": "seller"})
    returning.until(CLOSED + 10 * DAY)
    assert returning.dispute().state == states.CLOSED_NO_RETURN
    appealed(returning, "anna", CLOSED + 11 * DAY)
    assert decided(returning, "upheld", CLOSED + 12 * DAY).dispute().state == states.CLOSED_NO_RETURN


# -- overturned for the seller -----------------------------------------------------------------------------------------


def test_the_platform_bears_what_the_seller_bore_and_the_buyer_keeps_everything() -> None:
    world = a_world()
    world.hear(PartyChanged(party="shop", role="seller", deposit=3000, deposit_currency="USD"))
    world.hear(say.a_complaint(), OPENED)
    ruled(world)
    assert burden(world) == (4198, 3000, 4996, 0, 4996)
    decided(appealed(world), "overturned")
    dispute = world.dispute()
    assert burden(world) == (0, 0, 12194, 0, 0)
    assert (dispute.state, dispute.refund, dispute.compensation) == (states.CLOSED_REFUNDED, 4198, 7996)
    assert (dispute.liable, dispute.counts_for_seller, dispute.rule) == ("nobody", False, "R20")
    assert dispute.closed_at == CLOSED


def test_the_reversal_is_a_new_balanced_journal_beside_the_old_one() -> None:
    before = ruled()
    world = decided(appealed(), "overturned")
    old, new = journals(world)
    assert old == journals(before)[0]
    assert new == {"seller_escrow": 4198, "platform_fund": -4198, "seller_debt": -7996, "seller": 7996}
    assert sum(new.values()) == 0
    [told] = world.told(BurdenReversed)
    assert {entry.account: entry.amount for entry in told.entries} == new


def test_the_sellers_debts_of_this_dispute_are_lifted_and_the_deposit_is_whole_again() -> None:
    world = a_world()
    world.hear(PartyChanged(party="shop", role="seller", deposit=3000, deposit_currency="USD"))
    world.hear(say.a_complaint(), OPENED)
    ruled(world)
    assert (world.seller_debts(), world.seller.available("USD")) == ([4996], 0)
    decided(appealed(world), "overturned")
    assert (world.seller_debts(), world.seller.available("USD")) == ([], 3000)
    assert world.seller.drawn == {"USD": 0}
    assert world.order.escrow_left == 4198


def test_debts_of_other_disputes_stay() -> None:
    world = ruled()
    ref = SubjectRef("seller", "shop")
    other = world.seller.debts[0]
    world.states[ref] = world.seller.owing(type(other)("O0", "D0", "USD", 5))
    decided(appealed(world), "overturned")
    assert world.seller_debts() == [5]


def test_nothing_is_reversed_where_the_seller_bore_nothing() -> None:
    world = decided(appealed(ruled(**REJECTION)), "overturned")
    assert (world.dispute().state, world.dispute().liable) == (states.CLOSED_REJECTED, "nobody")
    assert journals(world) == []


def test_a_debt_alone_is_reversed_too() -> None:
    world = opened()
    world.states[SubjectRef("order", "O1")] = replace(world.order, escrow_released_at=CLOSED)
    ruled(world, refund=3000, compensation=0)
    assert burden(world) == (0, 0, 3000, 0, 3000)
    decided(appealed(world), "overturned")
    assert burden(world) == (0, 0, 3000, 0, 0)
    assert journals(world)[-1] == {"seller_debt": -3000, "seller": 3000}
    assert [row["reversed"] for row in world.rows("appeal_outcome")] == [3000]


def test_what_the_seller_bore_is_told_with_the_debt_in_it() -> None:
    world = a_world()
    world.hear(PartyChanged(party="shop", role="seller", deposit=3000, deposit_currency="USD"))
    world.hear(say.a_complaint(), OPENED)
    decided(appealed(ruled(world)), "overturned")
    [told] = world.told(DisputeAppealDecided)
    assert told.reversed == 4198 + 3000 + 4996


def test_what_another_orders_escrow_paid_of_the_debt_is_released_to_the_seller() -> None:
    world = a_world()
    earlier = SHIPPED - 16 * DAY
    for fact in (
        say.an_order(order="O2", placed_at=earlier),
        say.shipped(order="O2", shipped_at=earlier),
        say.delivered(order="O2", at=SHIPPED),
    ):
        world.hear(fact)
    world.hear(say.a_complaint(), OPENED)
    appealed(ruled(world))
    world.until(DECIDED)
    collected = [(told.order, told.amount, told.collected) for told in world.told(EscrowReleased)]
    assert (collected, world.dispute().paid_by.escrow) == ([("O2", 0, 4198)], 2 * 4198)
    decided(world, "overturned")
    world.until(DECIDED + 60 * DAY)
    assert [(told.order, told.amount) for told in world.told(EscrowReleased)[1:]] == [("O1", 4198), ("O1", 4198)]
    assert world.seller_debts() == []


def test_what_the_carrier_owes_goes_to_the_platform_with_the_refund() -> None:
    world = decided(appealed(ruled(rule="R15", refund=2565, compensation=0, carrier_claim=2565)), "overturned")
    assert journals(world) == [
        {"buyer": 2565, "seller_escrow": -2565, "carrier_recourse": -2565, "seller": 2565},
        {"seller_escrow": 2565, "seller": -2565},
    ]
    assert (burden(world), world.dispute().carrier_claim) == ((0, 0, 0, 0, 0), 0)


def test_the_reversal_is_explained_by_what_each_had_borne() -> None:
    world = a_world()
    world.hear(PartyChanged(party="shop", role="seller", deposit=3000, deposit_currency="USD"))
    world.hear(say.a_complaint(), OPENED)
    because = decided(appealed(ruled(world)), "overturned").decisions[-1].because
    assert because is not None
    figures = {"escrow": 4198, "deposit": 3000, "debt": 4996}
    assert because.amounts == {"reversed": {"value": 12194, "formula": "escrow + deposit + debt", **figures}}


def test_the_reversal_has_a_name_of_its_own_and_waits_for_no_payment() -> None:
    world = decided(appealed(), "overturned")
    assert len({UUID(row["journal_id"]) for row in world.rows("journal")}) == 2
    assert world.dispute().pending is None


def test_what_the_service_fund_or_the_platform_bore_stays_theirs() -> None:
    world = decided(appealed(ruled(rule="R5", payer="platform_fund", compensation=0)), "overturned")
    assert burden(world) == (0, 0, 4198, 0, 0)


def test_after_the_sellers_silence_too() -> None:
    world = opened().until(CLOSED)
    closed_at = world.dispute().closed_at
    decided(appealed(world), "overturned")
    assert burden(world) == (0, 0, 2000, 0, 0)
    assert (world.dispute().liable, world.dispute().closed_at) == ("nobody", closed_at)


# -- overturned for the buyer ------------------------------------------------------------------------------------------


def test_the_refund_is_brought_up_to_the_buyers_last_plan() -> None:
    world = decided(appealed(ruled(refund=500, compensation=0), "anna"), "overturned")
    dispute = world.dispute()
    assert (dispute.state, dispute.refund, dispute.liable) == (states.CLOSED_REFUNDED, 2000, "seller")
    assert (dispute.counts_for_seller, burden(world)) == (False, (2000, 0, 0, 0, 0))
    assert [order.refund for order in world.told(RefundOrdered)] == [500, 1500]


@pytest.mark.parametrize(
    ("amount", "refund"), [(499, 500), (500, 500), (501, 501), (4197, 4197), (4198, 4198), (4199, 4198)]
)
def test_or_to_the_agents_amount_at_most_the_cap(amount: int, refund: int) -> None:
    world = decided(appealed(ruled(refund=500, compensation=0), "anna"), "overturned", amount=amount)
    assert (world.dispute().state, world.dispute().refund) == (states.CLOSED_REFUNDED, refund)


def test_closed_as_refunded_also_where_nothing_could_be_paid() -> None:
    world = decided(appealed(ruled(**REJECTION), "anna"), "overturned", amount=0)
    assert (world.dispute().state, world.dispute().refund) == (states.CLOSED_REFUNDED, 0)
    assert world.dispute().closed_at == DECIDED


def test_from_the_payers_of_a_ruling_deposit_and_advance_included() -> None:
    """The escrow of 41.98 has gone into 5.00 and 50.00; what is added is advanced by the platform."""
    world = ruled(refund=500, compensation=5000)
    assert burden(world) == (4198, 0, 1302, 0, 1302)
    decided(appealed(world, "anna"), "overturned")
    assert burden(world) == (4198, 0, 2802, 0, 2802)
    assert world.seller_debts() == [1302, 1500]


def test_after_the_platforms_service_the_seller_pays_the_rest() -> None:
    world = decided(appealed(served(), "anna"), "overturned")
    assert (world.dispute().refund, burden(world)) == (2000, (500, 0, 0, 1500, 0))
    assert (world.dispute().agreement, world.dispute().liable) == ("service", "seller")
    assert world.told(DisputeAppealed)[0].kept_off == ("sam",)


def test_paid_by_the_provider_before_it_is_closed() -> None:
    world = opened()
    ruled(world, **REJECTION)
    world.pays = False
    decided(appealed(world, "anna"), "overturned")
    assert world.dispute().state == states.REFUND_PENDING
    world.hear(executed(world.told(RefundOrdered)[-1], DECIDED + DAY), DECIDED + DAY)
    assert world.dispute().state == states.CLOSED_REFUNDED


# -- the desk's word ---------------------------------------------------------------------------------------------------


def test_the_same_word_twice_changes_nothing() -> None:
    world = decided(appealed(), "overturned")
    before = world.order
    again = world.hear(say.an_appeal_decided("overturned", DECIDED), DECIDED)
    assert (again.outcome, again.slug, world.order) == (Outcome.NOTHING, "already-ruled", before)


@pytest.mark.parametrize("ended", [ruled, refused])
def test_a_word_on_no_appeal_is_overtaken(ended: Any) -> None:
    world = ended()
    before = world.order
    assert slug(world.hear(say.an_appeal_decided("overturned", DECIDED), DECIDED)) == "not-in-review"
    assert (world.order, len(world.told(RulingOvertaken))) == (before, 1)


def test_each_decided_appeal_is_noted_once() -> None:
    [row] = decided(appealed(ruled(refund=500, compensation=0), "anna"), "overturned").rows("appeal_outcome")
    assert (row["party"], row["outcome"], row["refund"], row["reversed"]) == ("buyer", "overturned", 1500, 0)
    assert len(decided(appealed(), "overturned").rows("resolution")) == 1
