"""Returns that went wrong: contested, lost, and what the carrier says on the way (20, 21; 8.26, 8.39, 8.47, 8.53)."""

from datetime import datetime
from typing import Any

import pytest

from aftersales.contracts.dispute import DisputeEscalated, DisputeReturnConfirmed, DisputeReturnDelivered
from aftersales.contracts.marketplace import ChargebackOpened, ChargebackWon
from aftersales.contracts.tracking import ReturnScanned
from dispute.domain.settlement import Burden
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SECOND
from tests.rules.dispute.test_proposals import a_proposal
from tests.rules.dispute.world import World, a_world, slug, with_policy

SENT = OPENED + 2 * DAY
CONTESTED = OPENED + 20 * DAY
REVIEW = CONTESTED + 3 * DAY


def scanned(status: str, at: datetime, **differs: Any) -> ReturnScanned:
    said = {"order": "O1", "dispute": "D1", "carrier": "EMS", "number": "EE987654325US", "status": status}
    arrived = at if status == "delivered" else None
    return ReturnScanned.model_validate({**said, "scanned_at": at, "delivered_at": arrived, **differs})


def sent(reason: str = "SNAD_WRONG_ITEM", freight: int = 840, *, free_return: bool = False, **policy: Any) -> World:
    """A return of 40.00 agreed by consensus, and on its way since `SENT`."""
    world = a_world(order=say.an_order(free_return=free_return))
    world = with_policy(world, **policy) if policy else world
    world.hear(say.a_complaint(reason=reason, want=say.goods_back(4000)), OPENED)
    world.hear(say.accepted(return_address="Dock 4"), OPENED)
    world.hear(say.return_shipped(freight), SENT)
    return world


def contested(reason: str = "SNAD_WRONG_ITEM", **settings: Any) -> World:
    world = sent(reason, **settings)
    assert slug(world.hear(say.return_contested(), CONTESTED)) is None
    return world


def test_contested_goods_supersede_the_plan_and_go_to_the_platform() -> None:
    world = contested()
    dispute = world.dispute()
    assert (dispute.state, dispute.deadline) == ("ARBITRATION_EVIDENCE", CONTESTED + 3 * DAY)
    assert (dispute.agreement, dispute.refund, dispute.seller_evidence) == (None, 0, ("photo",))
    [told] = world.told(DisputeEscalated)
    assert (told.how, told.file.buyer_plan, told.file.seller_plan) == ("return_contested", None, None)
    assert told.file.back is not None
    assert (told.file.back.end, told.file.back.refund, told.file.back.freight) == ("contested", 4000, 840)


def test_contesting_needs_evidence_and_comes_before_the_deadline() -> None:
    assert slug(sent().hear(say.return_contested(evidence=()), CONTESTED)) == "evidence-needed"
    assert slug(sent().hear(say.return_contested(), SENT + 30 * DAY - SECOND)) is None
    assert slug(sent().hear(say.return_contested(), SENT + 30 * DAY)) is not None


def test_no_earlier_plan_stands_and_nothing_can_be_withdrawn() -> None:
    world = contested()
    assert slug(world.hear(say.accepted("anna"))) == "no-plan"
    assert slug(world.hear(say.accepted("shop"))) == "no-plan"
    assert slug(world.hear(say.cancellation())) == "goods-sent-back"


def test_goods_never_travel_twice_a_ruled_return_is_paid_at_once() -> None:
    world = contested().until(REVIEW)
    world.hear(say.a_ruling(REVIEW, rule="R16", remedy="return", refund=4000, compensation=0, freight_bearer=None))
    dispute = world.dispute()
    assert (dispute.state, dispute.refund, dispute.freight) == ("CLOSED_REFUNDED", 4000, 840)
    assert dispute.paid_by == Burden(escrow=4198, platform_fund=642, debt=642)


@pytest.mark.parametrize(("free_return", "freight"), [(False, 0), (True, 840)])
def test_intact_goods_of_a_change_of_mind_are_paid_as_the_superseded_plan_had_it(
    free_return: bool, freight: int
) -> None:
    world = contested("BUY_CHANGED_MIND", free_return=free_return).until(REVIEW)
    world.hear(say.a_ruling(REVIEW, rule="R22", liable="nobody", remedy="return", refund=4000, compensation=0))
    dispute = world.dispute()
    assert (dispute.refund, dispute.freight, dispute.paid_by.service_fund) == (4000, freight, freight)


@pytest.mark.parametrize(
    ("bearer", "freight", "service"), [("seller", 840, 0), ("platform", 840, 840), ("reason", 0, 0)]
)
def test_a_ruling_says_who_bears_the_way_back(bearer: str, freight: int, service: int) -> None:
    world = contested("BUY_CHANGED_MIND").until(REVIEW)
    ruling = say.a_ruling(REVIEW, rule="R16", remedy="return", refund=100, compensation=0, freight_bearer=bearer)
    world.hear(ruling)
    assert (world.dispute().freight, world.dispute().paid_by.service_fund) == (freight, service)


def test_goods_never_travel_twice_a_proposed_return_is_paid_at_once_with_its_freight() -> None:
    world = contested().until(REVIEW)
    world.hear(a_proposal(say.goods_back(3000), at=REVIEW), REVIEW)
    world.hear(say.accepted("anna"))
    world.hear(say.accepted("shop", return_address="Dock 4"))
    dispute = world.dispute()
    assert (dispute.state, dispute.refund, dispute.freight) == ("CLOSED_REFUNDED", 3000, 840)


def test_a_new_arbitration_has_a_proposal_of_its_own() -> None:
    world = a_world()
    world.hear(say.a_complaint(), OPENED)
    world.hear(say.a_refusal(), OPENED)
    world.until(OPENED + 10 * DAY)
    world.hear(a_proposal(say.goods_back(3000), at=world.now))
    world.hear(say.accepted("anna"))
    world.hear(say.accepted("shop", return_address="Dock 4"))
    world.hear(say.return_shipped(0))
    world.hear(say.return_contested())
    assert world.dispute().proposal is None
    world.until(world.now + 3 * DAY)
    assert slug(world.hear(a_proposal(say.refund(2000), at=world.now, proposal="P-2"))) is None


def test_rule_and_liable_stay_until_the_new_end_and_it_does_not_count_meanwhile() -> None:
    world = a_world()
    world.hear(say.a_complaint(), OPENED)
    world.hear(say.a_refusal(), OPENED)
    world.until(OPENED + 10 * DAY)
    world.hear(say.a_ruling(world.now, rule="R16", remedy="return", compensation=0))
    world.hear(say.return_shipped(0))
    world.hear(say.return_contested())
    dispute = world.dispute()
    assert (dispute.agreement, dispute.rule, dispute.liable) == (None, "R16", "seller")
    assert dispute.counts_for_seller is None


@pytest.mark.parametrize(
    ("reason", "free_return", "service"),
    [("SNAD_WRONG_ITEM", False, 0), ("SVC_EXTRA_CHARGE", False, 0), ("BUY_CHANGED_MIND", True, 840)],
)
def test_a_lost_return_is_paid_where_the_buyer_does_not_bear_the_way_back(
    reason: str, free_return: bool, service: int
) -> None:
    world = sent(reason, free_return=free_return)
    world.hear(scanned("lost", SENT + DAY), SENT + 2 * DAY)
    dispute = world.dispute()
    assert (dispute.state, dispute.agreement, dispute.refund) == ("CLOSED_REFUNDED", "consensus", 4000)
    assert (dispute.freight, dispute.paid_by.service_fund) == (840, service)
    assert [told.how for told in world.told(DisputeReturnConfirmed)] == ["lost"]


def test_a_lost_return_that_the_buyer_sent_at_their_own_cost_is_for_the_platform() -> None:
    world = sent("BUY_CHANGED_MIND")
    world.hear(scanned("lost", SENT + DAY), SENT + 2 * DAY)
    dispute = world.dispute()
    assert (dispute.state, dispute.agreement, dispute.refund) == ("ARBITRATION_EVIDENCE", None, 0)
    [told] = world.told(DisputeEscalated)
    assert (told.how, told.file.back and told.file.back.end) == ("return_lost", "lost")


def test_delivered_the_seller_has_seven_days_where_that_is_earlier() -> None:
    world = sent()
    heard = SENT + 10 * DAY
    world.hear(scanned("delivered", SENT + 8 * DAY), heard)
    assert world.dispute().deadline == heard + 7 * DAY
    [told] = world.told(DisputeReturnDelivered)
    assert (told.deadline, told.waits[0].task) == (heard + 7 * DAY, "confirm_return")
    assert world.until(heard + 7 * DAY - SECOND).dispute().state == "RETURN_IN_TRANSIT"
    assert world.until(heard + 7 * DAY).dispute().state == "CLOSED_REFUNDED"


def test_delivered_late_the_seller_keeps_the_earlier_deadline() -> None:
    world = sent()
    world.hear(scanned("delivered", SENT + 24 * DAY), SENT + 24 * DAY)
    assert world.dispute().deadline == SENT + 30 * DAY
    assert world.until(SENT + 30 * DAY).dispute().state == "CLOSED_REFUNDED"


def test_only_the_first_delivery_counts_and_other_scans_change_nothing() -> None:
    world = sent()
    world.hear(scanned("in_transit", SENT + DAY), SENT + DAY)
    assert world.dispute().deadline == SENT + 30 * DAY
    world.hear(scanned("delivered", SENT + 2 * DAY), SENT + 2 * DAY)
    again = scanned("in_transit", SENT + 3 * DAY, delivered_at=SENT + 2 * DAY)
    world.hear(again, SENT + 4 * DAY)
    assert world.dispute().deadline == SENT + 9 * DAY
    assert slug(world.hear(again, SENT + 4 * DAY)) == "known"


def test_scans_of_another_number_or_after_the_end_move_nothing() -> None:
    world = sent()
    assert slug(world.hear(scanned("lost", SENT, number="EE1"), SENT + DAY)) == "unknown-return"
    world.hear(say.return_confirmed(), SENT + DAY)
    world.hear(scanned("lost", SENT + DAY), SENT + 2 * DAY)
    assert (world.dispute().state, len(world.told(DisputeReturnConfirmed))) == ("CLOSED_REFUNDED", 1)


def test_a_return_lost_under_a_chargeback_takes_effect_at_its_end() -> None:
    world = sent()
    world.hear(ChargebackOpened(order="O1", amount=1, opened_at=SENT), SENT + DAY)
    world.hear(scanned("lost", SENT + 2 * DAY), SENT + 2 * DAY)
    assert world.dispute().state == "RETURN_IN_TRANSIT"
    world.hear(ChargebackWon(order="O1", ended_at=SENT), SENT + 3 * DAY)
    assert world.dispute().state == "CLOSED_REFUNDED"


@pytest.mark.parametrize(("told_at", "confirm_by"), [(SENT, SENT + 12 * DAY), (SENT + 2 * DAY, SENT + 13 * DAY)])
def test_a_chargeback_stops_the_time_to_confirm(told_at: datetime, confirm_by: datetime) -> None:
    """Five days from the first to the sixth; a delivery told meanwhile is armed at its end."""
    world = sent()
    chargeback = ChargebackOpened(order="O1", amount=1, opened_at=SENT)
    if told_at > SENT:
        world.hear(chargeback, SENT + DAY)
    world.hear(scanned("delivered", told_at), told_at)
    if told_at == SENT:
        world.hear(chargeback, SENT + DAY)
    world.hear(ChargebackWon(order="O1", ended_at=SENT), SENT + 6 * DAY)
    assert world.dispute().deadline == confirm_by


def test_both_parties_are_asked_anew_for_evidence_when_a_ruled_return_is_contested() -> None:
    world = a_world()
    world.hear(say.a_complaint(), OPENED)
    world.hear(say.a_refusal(), OPENED)
    world.until(OPENED + 8 * DAY)
    for by in ("anna", "shop"):
        world.hear(say.evidence_done(by))
    world.hear(say.a_ruling(world.now, rule="R16", remedy="return", compensation=0))
    world.hear(say.return_shipped(0))
    world.hear(say.return_contested())
    [*_, told] = world.told(DisputeEscalated)
    assert [(wait.party, wait.task) for wait in told.waits] == [("buyer", "evidence"), ("seller", "evidence")]
    assert slug(world.hear(say.evidence_done("anna"))) is None
    assert world.dispute().state == "ARBITRATION_EVIDENCE"


@pytest.mark.parametrize(("free_return", "freight"), [(False, 0), (True, 840)])
def test_a_proposed_return_of_goods_that_are_back_leaves_the_way_back_to_whom_the_reason_names(
    free_return: bool, freight: int
) -> None:
    world = contested("BUY_CHANGED_MIND", free_return=free_return).until(REVIEW)
    world.hear(a_proposal(say.goods_back(3000), at=REVIEW), REVIEW)
    world.hear(say.accepted("anna"))
    world.hear(say.accepted("shop", return_address="Dock 4"))
    dispute = world.dispute()
    assert (dispute.freight, dispute.paid_by) == (freight, Burden(escrow=3000, service_fund=freight))


@pytest.mark.parametrize("differs", [{"order": "O9"}, {"dispute": "D9"}, {}], ids=["order", "dispute", "return"])
def test_a_scan_of_what_nobody_sent_back_changes_nothing(differs: dict[str, str]) -> None:
    world = a_world()
    world.hear(say.a_complaint(), OPENED)
    before = world.states.copy()
    assert slug(world.hear(scanned("delivered", SENT, **differs), SENT)) == "unknown-return"
    assert world.states == before
