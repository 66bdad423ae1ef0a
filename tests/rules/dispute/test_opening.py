"""A complaint is taken inside its window, for units that are there, once a line, and asks for at most the cap."""

from datetime import datetime

import pytest

from aftersales.contracts.dispute import CommandRefused, DisputeOpened, FundsHeld
from aftersales.contracts.marketplace import OrderCancelled
from aftersales.decision import Boundary, Outcome, Source
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, DELIVERED, OPENED, PROMISED, SECOND, SHIPPED
from tests.rules.dispute.world import World, a_world, opened, slug

CLOSES = PROMISED + 15 * DAY


def test_opened_and_the_funds_held() -> None:
    world = opened()
    [told] = world.told(DisputeOpened)
    assert (told.step, told.state, told.deadline) == (1, "AWAITING_SELLER", OPENED + 5 * DAY)
    assert [(wait.party, wait.task, wait.until) for wait in told.waits] == [("seller", "answer", OPENED + 5 * DAY)]
    assert [held.amount for held in world.told(FundsHeld)] == [4198]
    assert [move.transition for move in world.moves] == ["1"]
    assert world.decisions[-1].because is not None
    assert world.decisions[-1].because.policy["seller.response"] == "P5D"


@pytest.mark.parametrize(
    ("at", "answer"), [(CLOSES - SECOND, None), (CLOSES, "too-late"), (CLOSES + SECOND, "too-late")]
)
def test_the_window_is_closed_at_its_end(at: datetime, answer: str | None) -> None:
    assert slug(a_world().hear(say.a_complaint(), at)) == answer


def test_a_late_delivery_moves_the_end_of_the_window() -> None:
    world = a_world(say.shipped(), say.delivered(PROMISED + 4 * DAY))
    assert slug(world.hear(say.a_complaint(), PROMISED + 19 * DAY - SECOND)) is None


@pytest.mark.parametrize(
    ("confirmed", "closes"),
    [(CLOSES - SECOND, CLOSES + 15 * DAY - SECOND), (CLOSES, CLOSES), (DELIVERED, CLOSES)],
)
def test_a_receipt_in_time_moves_the_end_of_the_window(confirmed: datetime, closes: datetime) -> None:
    world = a_world()
    world.hear(say.receipt(confirmed), max(confirmed, OPENED))
    if closes > world.now:
        assert slug(world.hear(say.a_complaint(dispute="D0"), closes - SECOND)) is None
    assert slug(world.hear(say.a_complaint(units={"L1": (1,)}), closes)) in ("too-late", "line-in-dispute")


@pytest.mark.parametrize(("at", "answer"), [(SHIPPED + 10 * DAY - SECOND, "too-early"), (SHIPPED + 10 * DAY, None)])
@pytest.mark.parametrize("reason", ["INR_OVERDUE", "SNAD_QUALITY", "BUY_CHANGED_MIND"])
def test_nobody_complains_in_the_first_ten_days_of_a_journey(reason: str, at: datetime, answer: str | None) -> None:
    world = a_world(say.shipped(), say.in_transit())
    world.now = SHIPPED + 3 * DAY
    assert slug(world.hear(say.a_complaint(reason=reason), at)) == answer


@pytest.mark.parametrize("status", ["delivered", "returning", "returned", "lost", "not_found"])
def test_a_decisive_scan_ends_the_wait_whatever_came_later(status: str) -> None:
    scan = say.anomalous(status, SHIPPED + DAY)
    later = say.in_transit(SHIPPED + 2 * DAY, seen=("in_transit", status))
    world = a_world(say.shipped(), scan, later)
    world.now = SHIPPED + 2 * DAY
    assert slug(world.hear(say.a_complaint(), SHIPPED + 3 * DAY)) is None


def test_customs_alone_do_not_end_the_wait() -> None:
    world = a_world(say.shipped(), say.anomalous("customs_hold", SHIPPED + DAY))
    world.now = SHIPPED + 2 * DAY
    assert slug(world.hear(say.a_complaint(), SHIPPED + 3 * DAY)) == "too-early"


@pytest.mark.parametrize(("days", "answer"), [(4, None), (5, "too-early")])
def test_a_promise_under_five_days_lets_the_buyer_complain_at_once(days: int, answer: str | None) -> None:
    world = a_world(say.shipped(), order=say.an_order(promise_days=days))
    world.now = SHIPPED
    assert slug(world.hear(say.a_complaint(), SHIPPED + DAY)) == answer


def test_the_latest_dispatch_counts_where_several_parcels_travel() -> None:
    first = say.shipped("P1", units={"L1": (1,)})
    second = say.shipped("P2", units={"L1": (2,)}, shipped_at=SHIPPED + 3 * DAY)
    world = a_world(first, second)
    world.now = SHIPPED + 4 * DAY
    assert slug(world.hear(say.a_complaint(), SHIPPED + 13 * DAY - SECOND)) == "too-early"
    assert slug(world.hear(say.a_complaint(units={"L1": (1,)}), SHIPPED + 13 * DAY - SECOND)) is None


def test_not_shipped_is_no_reason_once_a_unit_was_shipped() -> None:
    world = a_world(say.shipped(units={"L1": (1,)}))
    never = {"reason": "INR_NOT_SHIPPED", "evidence": ()}
    assert slug(world.hear(say.a_complaint(**never), OPENED)) == "already-shipped"
    assert slug(world.hear(say.a_complaint(units={"L1": (2,)}, **never), OPENED)) is None


@pytest.mark.parametrize(
    ("differs", "answer"),
    [
        ({"units": {"L9": (1,)}}, "no-such-unit"),
        ({"units": {"L1": (3,)}}, "no-such-unit"),
        ({"units": {"L1": (1, 1)}}, "no-such-unit"),
        ({"reason": "SNAD_UGLY"}, "unknown-reason"),
        ({"evidence": ()}, "evidence-needed"),
        ({"want": say.refund(0)}, "amount-too-small"),
        ({"want": say.goods_back(100), "reason": "INR_OVERDUE"}, "refund-only"),
        ({"want": say.goods_back(100), "reason": "LATE_COMPENSATION"}, "refund-only"),
        ({"by": "shop"}, "not-your-move"),
        ({"by": "eve"}, "stranger"),
    ],
)
def test_refused_and_said_so(differs: dict[str, object], answer: str) -> None:
    world = a_world()
    decision = world.hear(say.a_complaint(**differs), OPENED)
    assert (decision.outcome, decision.slug, decision.state) == (Outcome.REFUSED, answer, None)
    [told] = world.told(CommandRefused)
    assert (told.slug, told.command, told.dispute) == (answer, "marketplace.complaint_made", "D1")
    assert told.party == {"anna": "buyer", "shop": "seller"}.get(told.by)
    assert world.order.disputes == {}


@pytest.mark.parametrize("reason", ["INR_OVERDUE", "BUY_CHANGED_MIND", "SVC_EXTRA_CHARGE", "LATE_COMPENSATION"])
def test_only_goods_not_as_described_need_evidence(reason: str) -> None:
    assert slug(a_world().hear(say.a_complaint(reason=reason, evidence=()), OPENED)) is None


def test_what_is_asked_is_clipped_to_the_cap() -> None:
    world = a_world()
    world.hear(say.a_complaint(units={"L1": (1,)}, want=say.refund(4198)), OPENED)
    plan = world.dispute().buyer_plan
    assert plan is not None
    assert plan.amount == 2099


def test_one_open_dispute_a_line() -> None:
    world = opened()
    assert slug(world.hear(say.a_complaint(dispute="D2", units={"L1": (2,)}), OPENED)) == "line-in-dispute"
    assert slug(world.hear(say.a_complaint(), OPENED)) == "already-open"


def test_a_second_dispute_on_another_line_goes_its_own_way() -> None:
    world = a_world(order=say.an_order(lines=(say.a_line(), say.a_line("L2", 1, 1000))))
    world.hear(say.a_complaint(), OPENED)
    assert slug(world.hear(say.a_complaint(dispute="D2", units={"L2": (1,)}), OPENED)) is None
    world.hear(say.accepted(), OPENED + DAY)
    assert world.dispute("D2").state == "AWAITING_SELLER"


def test_a_reason_that_was_decided_is_not_decided_again() -> None:
    world = opened(units={"L1": (1,)}, want=say.refund(100))
    world.hear(say.accepted(), OPENED)
    assert slug(world.hear(say.a_complaint(dispute="D2"), OPENED)) == "reason-already-decided"
    assert slug(world.hear(say.a_complaint(dispute="D2", reason="SNAD_DAMAGED"), OPENED)) is None
    assert slug(world.hear(say.a_complaint(reason="SNAD_DEFECTIVE"), OPENED)) in ("already-closed", "line-in-dispute")


def test_where_nothing_is_left_only_a_counterfeit_may_be_claimed_asking_nothing() -> None:
    world = opened(want=say.refund(4198))
    world.hear(say.accepted(), OPENED)
    assert slug(world.hear(say.a_complaint(dispute="D2", reason="SNAD_DAMAGED"), OPENED)) == "nothing-left"
    fake = say.a_complaint(dispute="D2", reason="SNAD_COUNTERFEIT", want=say.refund(0))
    assert slug(world.hear(fake, OPENED)) is None
    assert world.dispute("D2").held == 0


def test_a_plan_of_nothing_is_never_executed_by_silence() -> None:
    world = opened(want=say.refund(4198))
    world.hear(say.accepted(), OPENED)
    world.hear(say.a_complaint(dispute="D2", reason="SNAD_COUNTERFEIT", want=say.refund(0)), OPENED)
    assert world.until(OPENED + 5 * DAY).dispute("D2").state == "ARBITRATION_EVIDENCE"


def test_a_withdrawn_dispute_may_be_opened_again_twice() -> None:
    world = opened()
    for before, again in (("D1", "D1"), ("D1", "D2")):
        world.hear(say.cancellation(dispute=before), OPENED)
        assert slug(world.hear(say.a_complaint(dispute=again), OPENED)) is None
    world.hear(say.cancellation(dispute="D2"), OPENED)
    assert slug(world.hear(say.a_complaint(dispute="D3"), OPENED)) == "reopened-too-often"


def test_opened_again_with_fresh_clocks_and_steps_that_go_on() -> None:
    world = opened()
    world.hear(say.cancellation(), OPENED + DAY)
    world.hear(say.a_complaint(), OPENED + 2 * DAY)
    dispute = world.dispute()
    assert (dispute.deadline, dispute.escalates_at) == (OPENED + 7 * DAY, OPENED + 9 * DAY)
    assert [told.step for told in world.told(DisputeOpened)] == [1, 3]
    assert world.until(OPENED + 7 * DAY - SECOND).dispute().state == "AWAITING_SELLER"
    assert world.until(OPENED + 7 * DAY).dispute().agreement == "seller_timeout"


def test_an_order_cancelled_after_it_was_shipped_can_still_be_disputed() -> None:
    world = a_world()
    world.hear(OrderCancelled(order="O1", cancelled_at=OPENED))
    assert slug(world.hear(say.a_complaint(), OPENED)) is None


def test_a_name_is_good_for_one_order_only() -> None:
    world = opened()
    for fact in (say.an_order(order="O2"), say.shipped(order="O2"), say.delivered(order="O2")):
        world.hear(fact)
    assert slug(world.hear(say.a_complaint(order="O2"))) == "dispute-id-taken"
    assert slug(world.hear(say.a_complaint(order="O2", dispute="D2"))) is None


def test_an_order_without_lines_cannot_be_disputed() -> None:
    world = a_world(order=say.an_order(lines=(), shipping=0, discount=0))
    assert slug(world.hear(say.a_complaint(), OPENED)) == "no-such-unit"


def test_a_seller_cannot_dispute_with_themselves() -> None:
    world = a_world(order=say.an_order(seller="anna"))
    assert slug(world.hear(say.a_complaint(), OPENED)) == "own-order"


@pytest.mark.parametrize(
    ("shipped", "units", "at", "answer"),
    [
        ((), (1, 2), SHIPPED, "order-cancelled"),
        ((1,), (2,), SHIPPED, "order-cancelled"),
        ((1,), (1, 2), SHIPPED, "order-cancelled"),
        ((1,), (1,), SHIPPED - SECOND, "order-cancelled"),
        ((1,), (1,), SHIPPED, None),
    ],
)
def test_what_was_not_shipped_when_the_order_was_cancelled_is_not_disputed(
    shipped: tuple[int, ...], units: tuple[int, ...], at: datetime, answer: str | None
) -> None:
    facts = (say.shipped(units={"L1": shipped}), say.delivered()) if shipped else ()
    world = a_world(OrderCancelled(order="O1", cancelled_at=at), *facts)
    reason = "SNAD_QUALITY" if set(units) <= set(shipped) else "INR_NOT_SHIPPED"
    decision = world.hear(say.a_complaint(units={"L1": units}, reason=reason), OPENED)
    assert slug(decision) == answer


def test_what_cost_nothing_is_not_said_to_have_been_refunded() -> None:
    world = a_world(order=say.an_order(paid=0))
    decision = world.hear(say.a_complaint(), OPENED)
    assert (decision.slug, decision.sentence) == ("nothing-left", "Nothing was paid for these units.")


def test_the_id_of_a_closed_dispute_is_used_up() -> None:
    world = opened()
    world.hear(say.accepted(), OPENED)
    decision = world.hear(say.a_complaint(reason="SNAD_DEFECTIVE"), OPENED)
    assert (decision.outcome, decision.slug) == (Outcome.NOTHING, "already-closed")


def test_an_order_has_forty_disputes_at_most() -> None:
    lines = tuple(say.a_line(f"L{number}", 1, 1000) for number in range(1, 42))
    world = a_world(order=say.an_order(lines=lines))
    known = [say.a_complaint(dispute=f"D{n}", units={f"L{n}": (1,)}, want=say.refund(100)) for n in range(1, 42)]
    answers = [world.hear(complaint, OPENED) for complaint in known]
    assert [slug(answer) for answer in answers] == [None] * 40 + ["too-many-disputes"]
    assert answers[-1].sentence == "An order can have 40 disputes; this one has them."


def test_a_dispute_is_about_five_hundred_units_at_most() -> None:
    world = a_world(order=say.an_order(lines=(say.a_line(quantity=501),)))
    answers = [
        slug(world.hear(say.a_complaint(units={"L1": tuple(range(1, most + 1))}), OPENED)) for most in (501, 500)
    ]
    assert answers == ["too-many-units", None]


def test_what_the_seller_may_still_ship_names_from_when_it_may_be_disputed() -> None:
    placed, from_then_on = say.an_order().placed_at, say.an_order().placed_at + 7 * DAY
    world = World(now=placed)
    world.hear(say.an_order())
    because = world.hear(say.not_received(reason="INR_NOT_SHIPPED"), from_then_on - SECOND).because
    assert because is not None
    assert because.otherwise == (Boundary("from", from_then_on),)
    assert because.sources["placed_at"] == Source("marketplace.order_placed", placed)
    assert slug(world.hear(say.not_received(reason="INR_NOT_SHIPPED"), from_then_on)) is None
