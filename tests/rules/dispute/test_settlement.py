"""Rulings, payers, the journal, and what the payment provider answers."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from aftersales.contracts.dispute import (
    DisputeClosed,
    DisputeRuled,
    FundsReleased,
    RefundOrdered,
    RulingOvertaken,
)
from aftersales.contracts.marketplace import ChargebackOpened, PartyChanged, RefundFailed
from aftersales.decision import Outcome
from dispute.domain.settlement import Burden
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SECOND
from tests.rules.dispute.world import MARKET, World, executed, opened, slug

RULED = OPENED + 11 * DAY


def in_review(**settings: Any) -> World:
    world = opened()
    for name, value in settings.items():
        setattr(world, name, value)
    world.hear(say.a_refusal(), OPENED + DAY)
    world.until(RULED)
    assert world.dispute().state == "ARBITRATION_REVIEW"
    return world


def pending() -> World:
    world = in_review(pays=False)
    world.hear(say.a_ruling(RULED), RULED)
    assert world.dispute().state == "REFUND_PENDING"
    return world


def failed(world: World, final: bool = False) -> RefundFailed:
    [ordered, *_] = world.told(RefundOrdered)
    return RefundFailed(order="O1", dispute="D1", instruction=ordered.instruction, final=final, failed_at=world.now)


def test_a_ruling_is_executed_once() -> None:
    world = in_review()
    world.hear(say.a_ruling(RULED), RULED)
    assert slug(world.hear(say.a_ruling(RULED), RULED)) == "already-ruled"
    assert len(world.told(DisputeRuled)) == len(world.told(RefundOrdered)) == len(world.rows("resolution")) == 1
    assert world.dispute().counts_for_seller


def test_a_ruling_that_rejects_closes_at_once() -> None:
    world = in_review()
    world.hear(say.a_ruling(RULED, rule="R6", liable="nobody", remedy="none", refund=0, compensation=0), RULED)
    [closed] = world.told(DisputeClosed)
    assert (closed.state, closed.agreement, closed.rule, closed.liable) == (
        "CLOSED_REJECTED",
        "arbitration",
        "R6",
        "nobody",
    )
    assert (world.rows("journal"), world.order.paid_left) == ([], 4198)


@pytest.mark.parametrize(("refund", "answer"), [(4198, None), (4199, "above-cap")])
def test_a_ruling_above_the_cap_is_overtaken(refund: int, answer: str | None) -> None:
    world = in_review()
    world.hear(say.a_ruling(RULED, refund=refund), RULED)
    assert [told.slug for told in world.told(RulingOvertaken)] == ([answer] if answer else [])
    assert world.dispute().state == ("ARBITRATION_REVIEW" if answer else "CLOSED_REFUNDED")


def test_a_ruling_is_overtaken_by_what_the_buyer_did_first() -> None:
    world = in_review()
    world.hear(say.cancellation(), RULED)
    decision = world.hear(say.a_ruling(RULED), RULED)
    assert (decision.outcome, decision.state) == (Outcome.NOTHING, None)
    [told] = world.told(RulingOvertaken)
    assert (told.slug, told.state, told.ruling) == ("not-in-review", "CLOSED_CANCELLED", "R-1")


@pytest.mark.parametrize(
    ("differs", "answer"),
    [
        ({"remedy": "none"}, "amounts-differ"),
        ({"dispute": "D9"}, "unknown-dispute"),
        ({"compensation": 10**15}, "amounts-too-large"),
        ({"freight": 10**15 - 4198 - 7996 + 1}, "amounts-too-large"),
    ],
)
def test_a_ruling_that_cannot_be_executed_is_sent_back(differs: dict[str, object], answer: str) -> None:
    world = in_review()
    world.hear(say.a_ruling(RULED, **differs), RULED)
    assert [told.slug for told in world.told(RulingOvertaken)] == [answer]


def test_the_deposit_is_drawn_before_the_platform_advances() -> None:
    world = in_review()
    world.hear(PartyChanged(party="shop", role="seller", deposit=5000, deposit_currency="USD"))
    world.hear(say.a_ruling(RULED), RULED)
    assert world.dispute().paid_by == Burden(escrow=4198, deposit=5000, platform_fund=2996, debt=2996)
    assert (world.seller.available("USD"), world.seller_debts()) == (0, [2996])


def test_a_deposit_in_another_currency_bears_nothing() -> None:
    world = in_review()
    world.hear(PartyChanged(party="shop", role="seller", deposit=50_000, deposit_currency="EUR"))
    world.hear(say.a_ruling(RULED), RULED)
    assert world.dispute().paid_by.deposit == 0


@pytest.mark.parametrize(
    ("payer", "burden"),
    [
        ("platform_fund", Burden(platform_fund=4198)),
        ("service_fund", Burden(service_fund=4198)),
        ("escrow", Burden(escrow=4198)),
    ],
)
def test_who_bears_what_the_seller_does_not(payer: str, burden: Burden) -> None:
    world = in_review()
    world.hear(say.a_ruling(RULED, rule="R5", compensation=0, payer=payer), RULED)
    assert (world.dispute().paid_by, world.seller_debts()) == (burden, [])


def test_the_journal_of_a_settlement_balances() -> None:
    world = in_review()
    world.hear(say.a_ruling(RULED, carrier_claim=4198), RULED)
    sums: Counter[str] = Counter()
    for row in world.rows("journal"):
        sums[row["account"]] += row["amount"]
    assert sum(sums.values()) == 0
    assert dict(sums) == {
        "buyer": 12194,
        "seller_escrow": -4198,
        "platform_fund": -7996,
        "seller_debt": 7996,
        "carrier_recourse": -4198,
        "seller": 4198 - 7996,
    }
    assert len({row["journal_id"] for row in world.rows("journal")}) == 1
    assert [(entry.account, entry.amount) for entry in world.told(RefundOrdered)[0].entries] == [
        (row["account"], row["amount"]) for row in world.rows("journal")
    ]


def test_paid_left_counts_a_refund_from_when_it_is_ordered() -> None:
    assert pending().order.paid_left == 0


def test_executed_closes_and_releases_the_rest_of_the_funds() -> None:
    world = opened(want=say.refund(1000))
    world.hear(say.accepted(), OPENED + DAY)
    [closed] = world.told(DisputeClosed)
    assert (closed.state, closed.refund, closed.agreement) == ("CLOSED_REFUNDED", 1000, "consensus")
    assert [released.amount for released in world.told(FundsReleased)] == [3198]


@pytest.mark.parametrize("word", ["executed", "failed", "chargeback"])
def test_another_source_cannot_speak_of_a_payment(word: str) -> None:
    world = pending()
    [ordered] = world.told(RefundOrdered)
    assert ordered.marketplace == MARKET
    said = {
        "executed": executed(ordered, world.now),
        "failed": failed(world, final=True),
        "chargeback": ChargebackOpened(order="O1", amount=4198, opened_at=OPENED),
    }
    before = world.order
    decision = world.hear(said[word], source="bazaar")
    assert (decision.outcome, decision.slug) == (Outcome.DEAD_LETTER, "foreign-source")
    assert world.order == before


def test_executed_twice_is_executed_once() -> None:
    world = pending()
    [ordered] = world.told(RefundOrdered)
    world.hear(executed(ordered, world.now))
    again = world.hear(executed(ordered, world.now))
    assert (again.outcome, again.slug) == (Outcome.NOTHING, "after-the-end")
    assert len(world.told(DisputeClosed)) == 1


def test_an_instruction_nobody_gave_changes_nothing() -> None:
    world = pending()
    [ordered] = world.told(RefundOrdered)
    stranger = executed(ordered, world.now).model_copy(update={"instruction": "other"})
    assert slug(world.hear(stranger)) == "unknown-instruction"
    for nobodys in ({"dispute": "D9"}, {"order": "O9"}):
        assert slug(world.hear(stranger.model_copy(update=nobodys))) == "unknown-dispute"
    assert world.dispute().state == "REFUND_PENDING"


def test_another_amount_than_ordered_is_for_a_person_to_look_at() -> None:
    world = pending()
    [ordered] = world.told(RefundOrdered)
    world.hear(executed(ordered, world.now).model_copy(update={"amount": 1}))
    assert (world.dispute().state, world.dispute().trouble) == ("REFUND_PENDING", "amount_differs")


def test_a_failed_refund_is_ordered_again_under_the_same_key_and_ever_later() -> None:
    world = pending()
    world.hear(failed(world))
    world.hear(failed(world))
    assert [ordered.attempt for ordered in world.told(RefundOrdered)] == [1, 2]
    world.until(RULED + timedelta(minutes=1))
    orders = world.told(RefundOrdered)
    assert [ordered.attempt for ordered in orders] == [1, 2, 3]
    assert len({ordered.instruction for ordered in orders}) == 1
    assert len(world.rows("journal")) == len(orders[0].entries)
    world.hear(executed(orders[0], world.now))
    assert world.dispute().state == "CLOSED_REFUNDED"


def test_a_refund_paid_with_another_amount_is_not_ordered_again() -> None:
    world = pending()
    [ordered] = world.told(RefundOrdered)
    world.hear(executed(ordered, world.now).model_copy(update={"amount": 1}))
    world.hear(failed(world))
    assert len(world.told(RefundOrdered)) == 1
    assert world.dispute().trouble == "amount_differs"
    world.hear(failed(world, final=True))
    assert world.dispute().trouble == "amount_differs"


def test_a_refund_found_paid_with_another_amount_in_the_pause_is_not_ordered_again() -> None:
    world = pending()
    [ordered] = world.told(RefundOrdered)
    world.hear(failed(world))
    world.hear(failed(world))
    world.hear(executed(ordered, world.now).model_copy(update={"amount": 1}))
    world.until(RULED + DAY)
    assert len(world.told(RefundOrdered)) == 2


def test_a_final_failure_stays_and_is_shown_to_operations() -> None:
    world = pending()
    world.hear(failed(world, final=True))
    assert (world.dispute().state, world.dispute().trouble) == ("REFUND_PENDING", "refund_failed")
    assert len(world.told(RefundOrdered)) == 1


def test_a_provider_silent_for_a_day_is_shown_to_operations() -> None:
    world = pending()
    assert world.until(RULED + DAY - SECOND).dispute().trouble is None
    assert world.until(RULED + DAY).dispute().trouble == "refund_unanswered"


@pytest.mark.parametrize("command", [say.cancellation(), say.accepted(), say.evidence(), say.change(100)])
def test_a_pending_refund_can_no_longer_be_changed(command: Any) -> None:
    assert slug(pending().hear(command)) == "wrong-state"


def test_what_earlier_disputes_took_is_not_refunded_again() -> None:
    world = opened(want=say.refund(3000))
    world.hear(say.accepted(), OPENED)
    world.hear(say.a_complaint(dispute="D2", reason="SNAD_DAMAGED", want=say.refund(4198)), OPENED)
    plan = world.dispute("D2").buyer_plan
    assert plan is not None
    assert plan.amount == 1198


def test_a_refund_for_some_units_is_spread_over_all_of_them() -> None:
    world = opened(want=say.refund(2001))
    world.hear(say.accepted(), OPENED)
    assert world.order.refunded_units() == {("L1", 1): 1001, ("L1", 2): 1000}


def test_agreed_when_nothing_is_left_closes_as_rejected() -> None:
    world = opened(want=say.refund(1000))
    order = world.order
    # Another cause took everything that was paid meanwhile.
    world.states[next(iter(world.states))] = replace(order, terms=replace(order.known, paid=0))
    world.hear(say.accepted(), OPENED)
    assert (world.dispute().state, world.dispute().agreement) == ("CLOSED_REJECTED", "consensus")


def test_as_much_as_can_be_paid_is_paid() -> None:
    world = in_review()
    world.hear(say.a_ruling(RULED, freight=10**15 - 4198 - 7996), RULED)
    assert [told.total for told in world.told(RefundOrdered)] == [10**15]
