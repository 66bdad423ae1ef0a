"""An order's money leaves escrow once nothing can be claimed, and pays debts, oldest first (8.6, 8.7, 8.41)."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from aftersales.contracts.escrow import DebtCollected
from aftersales.decision import Outage, SubjectRef
from dispute.domain.order import Order
from dispute.domain.seller import Debt, Seller
from dispute.domain.settlement import Burden, Settlement
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SECOND
from tests.rules.dispute.world import FOR_ALL, WINDOW_ENDS, World, a_world, opened, released


def waiting(world: World) -> int:
    return sum(entry[3].kind == "escrow_release" for entry in world._timers)


@pytest.mark.parametrize(
    ("at", "gone"), [(WINDOW_ENDS - SECOND, False), (WINDOW_ENDS, True), (WINDOW_ENDS + SECOND, True)]
)
def test_released_when_the_window_to_open_has_ended(at: datetime, *, gone: bool) -> None:
    world = a_world().until(at)
    assert (released(world) == [(WINDOW_ENDS, 4198, 0)]) is gone
    assert (world.order.escrow_left == 0) is gone


def test_released_only_after_an_outage_at_the_end_of_the_window() -> None:
    world = a_world()
    world.outages = (Outage(WINDOW_ENDS - DAY, WINDOW_ENDS + DAY),)
    assert (released(world.until(WINDOW_ENDS + 2 * DAY - SECOND)), waiting(world)) == ([], 1)
    because = world.decisions[-1].because
    assert because is not None
    assert because.facts == {"due": (WINDOW_ENDS + 2 * DAY).isoformat()}
    assert released(world.until(WINDOW_ENDS + 2 * DAY)) == [(WINDOW_ENDS + 2 * DAY, 4198, 0)]


def test_nothing_stays_armed_after_it() -> None:
    world = a_world().until(OPENED + FOR_ALL)
    assert (len(released(world)), waiting(world)) == (1, 0)


def test_a_late_delivery_and_a_receipt_move_it() -> None:
    late = PROMISED + 3 * DAY
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.delivered(late), late)
    assert released(world.until(WINDOW_ENDS + 3 * DAY - SECOND)) == []
    received = late + 4 * DAY
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.delivered(late), late)
    world.hear(say.receipt(received), received)
    world.until(OPENED + FOR_ALL)
    assert released(world) == [(received + 15 * DAY, 4198, 0)]


def test_a_delivery_learned_to_have_been_earlier_moves_it_back() -> None:
    late = PROMISED + 3 * DAY
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.delivered(late), late)
    world.hear(say.delivered(PROMISED + DAY), late + DAY)
    world.until(OPENED + FOR_ALL)
    assert released(world) == [(PROMISED + 16 * DAY, 4198, 0)]


def test_never_while_units_are_not_shipped() -> None:
    world = a_world(say.shipped(units={"L1": (1,)}))
    assert released(world.until(OPENED + FOR_ALL)) == []
    assert waiting(world) == 0
    world.hear(say.shipped("P2", units={"L1": (2,)}, shipped_at=OPENED), OPENED + FOR_ALL)
    assert len(released(world.until(OPENED + FOR_ALL))) == 1


def test_a_release_that_was_put_off_stands_armed_once() -> None:
    late = PROMISED + 3 * DAY
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.delivered(late), late)
    assert (waiting(world.until(WINDOW_ENDS)), released(world)) == (1, [])
    assert world.decisions[-1].slug == "outlived"


def test_the_delivery_of_a_parcel_that_nobody_shipped_holds_nothing_back() -> None:
    stray = PROMISED + 10 * DAY
    world = a_world()
    world.hear(say.delivered(stray, "P9"), stray)
    assert released(world.until(WINDOW_ENDS)) == [(WINDOW_ENDS, 4198, 0)]


def test_the_delivery_of_a_parcel_that_nobody_shipped_does_not_move_when_the_receipt_times_out() -> None:
    stray = PROMISED + 10 * DAY
    world = a_world()
    world.hear(say.delivered(stray, "P9"), stray)
    assert world.order.times_out_at == WINDOW_ENDS


def test_not_while_a_dispute_is_open_and_not_before_its_appeal_window_has_ended() -> None:
    world = opened()
    assert (world.order.escrow_due, waiting(world) <= 1) == (None, True)
    world.hear(say.a_refusal(), OPENED + DAY)
    world.until(OPENED + 10 * DAY)
    assert world.dispute().state == "ARBITRATION_REVIEW"
    ruled = WINDOW_ENDS + DAY
    world.hear(say.a_ruling(ruled, refund=1000, compensation=0), OPENED + 11 * DAY)
    closed_at = world.dispute().closed_at
    assert closed_at is not None
    world.until(OPENED + FOR_ALL)
    assert released(world) == [(max(WINDOW_ENDS, closed_at + 7 * DAY), 3198, 0)]


def test_at_the_end_of_the_appeal_window_where_that_is_later() -> None:
    at = WINDOW_ENDS - DAY
    world = a_world()
    world.hear(say.a_complaint(want=say.refund(1000)), at)
    closed_at = at + 5 * DAY
    world.until(OPENED + FOR_ALL)
    assert (world.dispute().agreement, world.dispute().closed_at) == ("seller_timeout", closed_at)
    assert released(world) == [(closed_at + 7 * DAY, 3198, 0)]


def test_a_consensus_leaves_nothing_to_appeal() -> None:
    at = WINDOW_ENDS - 2 * DAY
    world = a_world()
    world.hear(say.a_complaint(want=say.refund(1000)), at)
    world.hear(say.accepted(), at + DAY)
    world.until(OPENED + FOR_ALL)
    assert released(world) == [(WINDOW_ENDS, 3198, 0)]


def test_an_order_closed_after_its_window_is_released_at_once() -> None:
    at = WINDOW_ENDS - 2 * DAY
    world = a_world()
    world.hear(say.a_complaint(want=say.refund(1000)), at)
    world.hear(say.accepted(), at + 4 * DAY)
    world.until(OPENED + FOR_ALL)
    assert released(world) == [(at + 4 * DAY, 3198, 0)]


def test_nothing_is_released_of_a_lost_chargeback_and_a_won_one_goes_on() -> None:
    world = a_world()
    world.hear(say.chargeback_opened(OPENED), OPENED)
    assert released(world.until(WINDOW_ENDS + DAY)) == []
    world.hear(say.chargeback_won(WINDOW_ENDS + 2 * DAY), WINDOW_ENDS + 2 * DAY)
    assert len(released(world.until(WINDOW_ENDS + 2 * DAY))) == 1
    world = a_world()
    world.hear(say.chargeback_opened(OPENED), OPENED)
    world.hear(say.chargeback_lost(OPENED + DAY), OPENED + DAY)
    assert released(world.until(OPENED + FOR_ALL)) == []


# -- debts -------------------------------------------------------------------------------------------------------------


def owing(*debts: tuple[str, int, str], currency: str = "USD") -> World:
    """O1 delivered, the shop with debts from disputes of other orders: (order, amount, dispute), the oldest first."""
    world = a_world()
    account = Seller("shop", debts=tuple(Debt(order, dispute, currency, amount) for order, amount, dispute in debts))
    world.states[SubjectRef("seller", "shop")] = account
    for order, amount, dispute in debts:
        world.states[SubjectRef("order", order)] = indebted(order, dispute, amount)
    return world


def indebted(order: str, dispute: str, amount: int) -> Order:
    """Another order that has a settlement of 41.98 from escrow, and `amount` advanced by the platform."""
    template = opened()
    template.hear(say.a_refusal(), OPENED + DAY)
    template.until(OPENED + 10 * DAY)
    template.hear(say.a_ruling(OPENED + 11 * DAY, refund=4198, compensation=amount), OPENED + 11 * DAY)
    named = replace(template.dispute(), id=dispute)
    return replace(template.order, id=order, disputes={dispute: named}, escrow_released_at=WINDOW_ENDS)


def state(world: World, order: str) -> Any:
    return world.states[SubjectRef("order", order)]


def test_debts_are_paid_oldest_first_and_each_order_learns_it() -> None:
    world = owing(("A", 3000, "DA"), ("B", 2000, "DB"))
    world.until(WINDOW_ENDS)
    assert released(world) == [(WINDOW_ENDS, 0, 4198)]
    assert [(d.order, d.amount) for d in world.seller.debts] == [("B", 802)]
    first, second = state(world, "A").disputes["DA"].paid_by, state(world, "B").disputes["DB"].paid_by
    assert (first.escrow, first.platform_fund, first.debt) == (7198, 0, 0)
    assert (second.escrow, second.platform_fund, second.debt) == (5396, 802, 802)
    assert [(told.order, told.of) for told in world.told(DebtCollected)] == [("A", "O1"), ("B", "O1")]


def test_the_rest_is_the_sellers() -> None:
    world = owing(("A", 1000, "DA"))
    assert released(world.until(WINDOW_ENDS)) == [(WINDOW_ENDS, 3198, 1000)]
    assert world.seller.debts == ()


def test_a_debt_in_another_currency_stays() -> None:
    world = owing(("A", 1000, "DA"), currency="EUR")
    assert released(world.until(WINDOW_ENDS)) == [(WINDOW_ENDS, 4198, 0)]
    assert [debt.amount for debt in world.seller.debts] == [1000]


def test_every_collection_is_a_balanced_journal() -> None:
    world = owing(("A", 3000, "DA"), ("B", 2000, "DB"))
    world.until(WINDOW_ENDS)
    journals: dict[str, int] = {}
    accounts: dict[str, int] = {}
    for row in world.rows("journal"):
        journals[row["journal_id"]] = journals.get(row["journal_id"], 0) + row["amount"]
        if row["order_id"] == "A":
            accounts[row["account"]] = accounts.get(row["account"], 0) + row["amount"]
    assert set(journals.values()) == {0}
    assert len(journals) == 2
    assert accounts == {"seller_escrow": -3000, "platform_fund": 3000, "seller_debt": -3000, "seller": 3000}


def test_what_was_lifted_meanwhile_is_the_sellers_again() -> None:
    world = owing(("A", 3000, "DA"))
    other = state(world, "A")
    back = Settlement("lifted", 0, 0, 0, Burden(debt=-2500), (), OPENED, executed_at=OPENED)
    dispute = other.disputes["DA"]
    lifted = replace(dispute, settlements=(*dispute.settlements, back))
    world.states[SubjectRef("order", "A")] = replace(other, disputes={"DA": lifted})
    world.until(WINDOW_ENDS)
    assert released(world) == [(WINDOW_ENDS, 1198, 3000), (WINDOW_ENDS, 2500, 0)]
    assert state(world, "A").disputes["DA"].paid_by.debt == 0


def test_later_burdens_find_no_escrow() -> None:
    world = opened()
    world.states[SubjectRef("order", "O1")] = replace(world.order, escrow_released_at=OPENED)
    world.hear(say.accepted(), OPENED + DAY)
    burden = world.dispute().paid_by
    assert (burden.escrow, burden.platform_fund, burden.debt) == (0, 2000, 2000)


def test_two_orders_released_at_one_instant_pay_a_debt_once() -> None:
    world = owing(("A", 5000, "DA"))
    for fact in (say.an_order(order="O2"), say.shipped(order="O2"), say.delivered(order="O2")):
        world.hear(fact)
    assert released(world.until(WINDOW_ENDS)) == [(WINDOW_ENDS, 0, 4198), (WINDOW_ENDS, 3396, 802)]
    assert world.seller.debts == ()
    assert state(world, "A").disputes["DA"].paid_by.debt == 0


def test_a_release_says_how_much_was_the_sellers_and_how_much_a_debt() -> None:
    world = owing(("A", 1000, "DA"))
    world.until(WINDOW_ENDS)
    [said] = [one.because for one in world.decisions if one.because and one.because.rule == "8.7"]
    assert said.facts == {"released": 3198, "collected": 1000}
