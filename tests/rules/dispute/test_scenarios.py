"""The worked scenarios of the rulebook (S1-S4, S9, S11, S12), to the minor unit and to the second."""

from datetime import UTC, datetime, timedelta

from aftersales.contracts.dispute import DisputeEscalated
from dispute.domain.settlement import Burden
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SECOND
from tests.rules.dispute.world import a_world, opened, slug


def test_a_counterfeit_is_refunded_and_compensated_twice_on_top() -> None:
    world = a_world()
    complaint = say.a_complaint(reason="SNAD_COUNTERFEIT", want=say.refund(4198), evidence=("photo", "brand_letter"))
    world.hear(complaint, OPENED)
    assert world.dispute().deadline == OPENED + 5 * DAY
    assert world.dispute().escalates_at == OPENED + 7 * DAY
    world.hear(say.a_refusal(), OPENED + DAY)
    assert slug(world.hear(say.escalation(), OPENED + 3 * DAY - SECOND)) == "too-early"
    assert slug(world.hear(say.escalation(), OPENED + 3 * DAY)) is None
    assert (world.dispute().state, world.dispute().deadline) == ("ARBITRATION_EVIDENCE", OPENED + 6 * DAY)
    world.until(OPENED + 6 * DAY)
    assert world.dispute().state == "ARBITRATION_REVIEW"

    world.hear(say.a_ruling(OPENED + 8 * DAY), OPENED + 8 * DAY)
    dispute = world.dispute()
    assert (dispute.state, dispute.agreement, dispute.rule) == ("CLOSED_REFUNDED", "arbitration", "R20")
    assert (dispute.refund, dispute.compensation) == (4198, 7996)
    assert dispute.paid_by == Burden(escrow=4198, platform_fund=7996, debt=7996)
    assert world.seller_debts() == [7996]
    assert [event.name() for event in world.said[-3:]] == [
        "dispute.ruled",
        "dispute.refund_ordered",
        "dispute.closed",
    ]


def test_an_overdue_parcel_is_held_while_promised_and_then_arbitrated() -> None:
    shipped_at = datetime(2025, 3, 1, tzinfo=UTC)
    promised = shipped_at + 27 * DAY
    world = a_world(
        say.shipped(shipped_at=shipped_at),
        say.in_transit(shipped_at + 2 * DAY, shipped_at=shipped_at, promise_ends_at=promised),
        order=say.an_order(placed_at=datetime(2025, 2, 27, tzinfo=UTC)),
    )
    world.now = shipped_at + 3 * DAY
    assert slug(world.hear(say.not_received(dispute="D0"), shipped_at + 10 * DAY - SECOND)) == "too-early"
    assert slug(world.hear(say.not_received(), shipped_at + 11 * DAY)) is None
    assert (world.dispute().state, world.dispute().deadline) == ("HELD_IN_TRANSIT", promised)
    assert slug(world.hear(say.escalation(), shipped_at + 15 * DAY)) == "wrong-state"
    assert world.until(promised).dispute().state == "HELD_IN_TRANSIT"

    world.hear(say.promise_broken(shipped_at=shipped_at, promise_ends_at=promised), promised)
    assert (world.dispute().state, world.dispute().deadline) == ("ARBITRATION_EVIDENCE", promised + 3 * DAY)
    assert world.told(DisputeEscalated)[-1].how == "promise_broken"
    ruled = promised + 5 * DAY
    world.hear(say.a_ruling(ruled, rule="R1", compensation=0), ruled)
    assert (world.dispute().refund, world.dispute().compensation, world.order.paid_left) == (4198, 0, 0)
    assert world.dispute().paid_by == Burden(escrow=4198)


def test_the_plan_is_executed_when_the_seller_is_silent() -> None:
    world = opened()
    assert world.until(OPENED + 5 * DAY - SECOND).dispute().state == "AWAITING_SELLER"
    dispute = world.until(OPENED + 5 * DAY).dispute()
    assert (dispute.state, dispute.agreement, dispute.refund) == ("CLOSED_REFUNDED", "seller_timeout", 2000)
    assert world.order.paid_left == 2198
    assert slug(world.hear(say.a_refusal(), OPENED + 5 * DAY)) == "wrong-state"


def test_an_answer_a_second_before_the_deadline_counts() -> None:
    world = opened()
    world.hear(say.accepted(), OPENED + 5 * DAY - SECOND)
    assert (world.dispute().state, world.dispute().agreement) == ("CLOSED_REFUNDED", "consensus")
    assert world.dispute().refund == 2000


def test_silence_never_triggers_the_counterfeit_multiple() -> None:
    world = opened(reason="SNAD_COUNTERFEIT", want=say.refund(4198), evidence=("brand_letter",))
    dispute = world.until(OPENED + 5 * DAY).dispute()
    assert (dispute.agreement, dispute.refund, dispute.compensation) == ("seller_timeout", 4198, 0)


def test_offers_and_counter_offers_end_in_agreement() -> None:
    world = opened(reason="SNAD_DESCRIPTION", want=say.refund(3000))
    world.hear(say.a_refusal(counter=1000), OPENED + timedelta(days=2, hours=1))
    assert (world.dispute().state, world.dispute().due_at) == ("AWAITING_BUYER", OPENED + 7 * DAY)
    changed = OPENED + timedelta(days=3, hours=3)
    world.hear(say.change(1800), changed)
    assert (world.dispute().state, world.dispute().deadline) == ("AWAITING_SELLER", changed + 5 * DAY)
    assert world.dispute().escalates_at == OPENED + 7 * DAY
    world.hear(say.accepted(), OPENED + 6 * DAY)
    assert (world.dispute().state, world.dispute().refund) == ("CLOSED_REFUNDED", 1800)


def test_the_platform_steps_in_after_seven_days_though_the_seller_was_asked_anew() -> None:
    world = opened(reason="SNAD_DESCRIPTION", want=say.refund(3000))
    world.hear(say.a_refusal(counter=1000), OPENED + 2 * DAY)
    world.hear(say.change(1800), OPENED + 3 * DAY)
    assert world.until(OPENED + 7 * DAY - SECOND).dispute().state == "AWAITING_SELLER"
    assert world.until(OPENED + 7 * DAY).dispute().state == "ARBITRATION_EVIDENCE"
    assert world.told(DisputeEscalated)[-1].how == "automatic"


def test_one_unit_of_three_in_yen_gets_its_own_share() -> None:
    order = say.an_order(
        currency="JPY", lines=(say.a_line(quantity=3, unit_price=3333),), discount=100, destination="JP"
    )
    world = a_world(order=order)
    units = world.order.known.every_unit()
    assert ([unit.paid for unit in units], world.order.paid_left) == ([3466, 3467, 3466], 10399)
    world.hear(say.a_complaint(units={"L1": (2,)}, reason="SNAD_DEFECTIVE", want=say.refund(3467)), OPENED)
    world.hear(say.accepted(), OPENED + DAY)
    assert (world.dispute().refund, world.order.paid_left) == (3467, 6932)
    assert world.order.refunded_units() == {("L1", 2): 3467}


def test_what_was_never_shipped_may_be_disputed_after_seven_days() -> None:
    placed = datetime(2025, 5, 1, tzinfo=UTC)
    order = say.an_order(placed_at=placed)
    world = a_world(order, order=order)
    world.now = placed
    never = {"reason": "INR_NOT_SHIPPED", "want": say.refund(4198), "evidence": ()}
    assert slug(world.hear(say.a_complaint(**never), placed + 7 * DAY - SECOND)) == "too-early"
    assert slug(world.hear(say.a_complaint(), placed + 7 * DAY)) == "not-shipped"
    assert slug(world.hear(say.a_complaint(**never), placed + 7 * DAY)) is None
    assert (world.dispute().deadline, world.dispute().escalates_at) == (placed + 12 * DAY, placed + 14 * DAY)


def test_evidence_is_taken_until_the_review_begins() -> None:
    world = opened()
    assert slug(world.hear(say.evidence("anna", "video"), OPENED + DAY)) is None
    assert world.dispute().deadline == OPENED + 5 * DAY
    world.hear(say.a_refusal(), OPENED + DAY)
    world.hear(say.escalation(), OPENED + 3 * DAY)
    assert slug(world.hear(say.evidence("shop"), OPENED + 4 * DAY)) is None
    assert slug(world.hear(say.evidence("shop"), OPENED + 6 * DAY)) == "wrong-state"
    assert world.dispute().buyer_evidence == ("photo", "video")
    assert world.dispute().seller_evidence == ("photo",)
