"""The platform's own service: what it takes over, what it decides, and what silence does (1, 23; 8.13, 8.31)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from aftersales.contracts.arbitration import ServiceDecided
from aftersales.contracts.dispute import (
    DisputeAgreed,
    DisputeHandedBack,
    DisputeOpened,
    DisputeTakenOver,
    RulingOvertaken,
)
from aftersales.contracts.marketplace import ChargebackOpened, PartyChanged
from aftersales.decision import Outcome
from aftersales.policy.book import PolicyBook
from aftersales.policy.model import Override
from dispute.domain.settlement import Burden
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SECOND
from tests.rules.dispute.world import World, a_world, slug, with_policy

CAP = 3000
THIRD_WORKING_DAY = OPENED + 5 * DAY  # opened on a Thursday: Friday, Monday, Tuesday


def decided(outcome: str, amount: int = 0, agent: str | None = "lee", **differs: Any) -> ServiceDecided:
    said = {"order": "O1", "dispute": "D1", "case": "D1", "at": OPENED, "policy": "standard@1", "decision": "S-1"}
    return ServiceDecided.model_validate({**said, "outcome": outcome, "amount": amount, "agent": agent, **differs})


def enrolled(cap: int = CAP, **order: Any) -> World:
    return with_policy(a_world(order=say.an_order(**{"service_enrolled": True, **order})), service_cap=cap)


def taken_over(**differs: Any) -> World:
    world = enrolled()
    assert slug(world.hear(say.a_complaint(**differs), OPENED)) is None
    return world


@pytest.mark.parametrize(
    ("differs", "state"),
    [
        ({"want": say.refund(CAP)}, "SERVICE_REVIEW"),
        ({"want": say.refund(CAP + 1)}, "AWAITING_SELLER"),
        ({"want": say.refund(1)}, "SERVICE_REVIEW"),
        ({"want": say.goods_back(CAP)}, "AWAITING_SELLER"),
        ({"reason": "SNAD_DEFECTIVE"}, "SERVICE_REVIEW"),
        ({"reason": "SNAD_COUNTERFEIT"}, "AWAITING_SELLER"),
        ({"reason": "BUY_CHANGED_MIND"}, "AWAITING_SELLER"),
        ({"reason": "INR_DELIVERED_BUT_DENIED"}, "AWAITING_SELLER"),
        ({"units": {"L1": (1,)}, "want": say.refund(10_000)}, "SERVICE_REVIEW"),  # clipped to 20.99
    ],
)
def test_small_refunds_for_what_is_not_as_described_are_taken_over(differs: dict[str, Any], state: str) -> None:
    assert taken_over(**differs).dispute().state == state


@pytest.mark.parametrize("world", [enrolled(0), enrolled(service_enrolled=False)], ids=["off", "not enrolled"])
def test_nothing_is_taken_over_without_a_cap_or_an_enrolled_seller(world: World) -> None:
    world.hear(say.a_complaint(want=say.refund(1)), OPENED)
    assert world.dispute().state == "AWAITING_SELLER"


@pytest.mark.parametrize(
    ("order", "seller", "state"),
    [
        (False, True, "SERVICE_REVIEW"),
        (True, None, "SERVICE_REVIEW"),
        (True, False, "SERVICE_REVIEW"),  # a term of the order
        (False, False, "AWAITING_SELLER"),
    ],
)
def test_enrolled_is_a_seller_of_whom_the_order_or_the_newest_word_says_so(
    *, order: bool, seller: bool | None, state: str
) -> None:
    world = enrolled(service_enrolled=order)
    world.hear(PartyChanged(party="shop", role="seller", service_enrolled=seller))
    world.hear(say.a_complaint(), OPENED)
    assert world.dispute().state == state


@pytest.mark.parametrize("limit", ["categories", "destinations", "carrier_services"])
@pytest.mark.parametrize(("named", "state"), [(True, "SERVICE_REVIEW"), (False, "AWAITING_SELLER")])
def test_taken_over_where_the_policy_names_what_and_where_to_it_was_sent(
    limit: str, *, named: bool, state: str
) -> None:
    sent = {"categories": "mugs", "destinations": "US", "carrier_services": "EMS"}[limit]
    world = enrolled(category="mugs")
    eligible = world.policies.in_force(OPENED).service_eligible
    only: dict[str, Any] = {limit: frozenset({sent if named else "OTHER"})}
    narrow = replace(eligible, **only)
    world = with_policy(world, service_cap=CAP, service_eligible=narrow)
    world.hear(say.a_complaint(), OPENED)
    assert world.dispute().state == state


@pytest.mark.parametrize(
    ("starts", "category", "state"),
    [
        (OPENED, "mugs", "AWAITING_SELLER"),
        (OPENED, "toys", "SERVICE_REVIEW"),
        (OPENED + SECOND, "mugs", "SERVICE_REVIEW"),
    ],
)
def test_a_season_takes_a_category_out_of_the_service_while_it_runs(
    starts: datetime, category: str, state: str
) -> None:
    world = enrolled(category=category)
    policy = world.policies.in_force(OPENED)
    nothing = replace(policy.service_eligible, reasons=frozenset[str]())
    season = Override(starts, OPENED + DAY, "service.eligible", nothing, scope={"category": "mugs"})
    world.policies = PolicyBook([replace(policy, overrides=(season,))])
    world.hear(say.a_complaint(), OPENED)
    assert world.dispute().state == state


def test_nothing_is_asked_of_the_parties_and_no_clock_runs() -> None:
    world = taken_over()
    dispute = world.dispute()
    assert (dispute.deadline, dispute.auto_at, dispute.clock_at) == (THIRD_WORKING_DAY, None, None)
    [opened], [told] = world.told(DisputeOpened), world.told(DisputeTakenOver)
    assert (opened.state, opened.waits, told.waits, told.file.cap) == ("SERVICE_REVIEW", (), (), 4198)
    for command in (say.accepted(), say.a_refusal(), say.change(1000), say.escalation()):
        assert slug(world.hear(command, OPENED + DAY)) == "wrong-state"


def test_evidence_is_taken_and_the_buyer_may_withdraw() -> None:
    world = taken_over()
    assert slug(world.hear(say.evidence("shop", "video"), OPENED + DAY)) is None
    assert world.dispute().seller_evidence == ("video",)
    assert slug(world.hear(say.cancellation(), OPENED + DAY)) is None
    assert world.dispute().state == "CLOSED_CANCELLED"


def test_settled_from_the_service_fund_at_no_cost_to_the_seller() -> None:
    world = taken_over()
    world.hear(decided("settled", 1234), OPENED + DAY)
    dispute = world.dispute()
    assert (dispute.state, dispute.agreement, dispute.refund) == ("CLOSED_REFUNDED", "service", 1234)
    assert (dispute.paid_by, dispute.rule, dispute.liable) == (Burden(service_fund=1234), None, None)
    assert [told.agreement for told in world.told(DisputeAgreed)] == ["service"]
    assert len(world.rows("resolution")) == 1


@pytest.mark.parametrize(("amount", "why"), [(0, "amount-too-small"), (1, None), (4198, None), (4199, "above-cap")])
def test_a_settlement_is_1_to_the_cap(amount: int, why: str | None) -> None:
    world = taken_over()
    assert slug(world.hear(decided("settled", amount), OPENED + DAY)) == why
    assert [told.slug for told in world.told(RulingOvertaken)] == [why] * (why is not None)


def test_rejected_by_the_service() -> None:
    world = taken_over()
    world.hear(decided("rejected"), OPENED + DAY)
    dispute = world.dispute()
    assert (dispute.state, dispute.agreement, dispute.refund) == ("CLOSED_REJECTED", "service", 0)
    assert [told.plan for told in world.told(DisputeAgreed)] == [say.refund(0)]
    assert [row["refund"] for row in world.rows("resolution")] == [0]


@pytest.mark.parametrize(("agent", "how"), [("lee", "by_hand"), (None, "silence")])
def test_handed_back_the_seller_has_all_their_time_and_the_escalation_clock_starts(agent: str | None, how: str) -> None:
    world = taken_over()
    back = OPENED + 2 * DAY
    world.hear(decided("handed_back", agent=agent), back)
    dispute = world.dispute()
    assert (dispute.state, dispute.deadline) == ("AWAITING_SELLER", back + 5 * DAY)
    assert (dispute.clock_at, dispute.auto_at) == (back, back + 7 * DAY)
    [told] = world.told(DisputeHandedBack)
    assert (told.how, [wait.task for wait in told.waits]) == (how, ["answer"])


def test_escalated_by_hand_from_the_late_start_of_the_clock() -> None:
    world = taken_over()
    back = OPENED + 2 * DAY
    world.hear(decided("handed_back"), back)
    world.hear(say.a_refusal(), back)
    assert slug(world.hear(say.escalation(), back + 3 * DAY - SECOND)) == "too-early"
    assert slug(world.hear(say.escalation(), back + 3 * DAY)) is None


def test_a_decision_is_carried_out_once() -> None:
    world = taken_over()
    world.hear(decided("handed_back"), OPENED + DAY)
    again = world.hear(decided("handed_back"), OPENED + 2 * DAY)
    assert (again.outcome, again.slug, again.events) == (Outcome.NOTHING, "already-ruled", ())
    other = world.hear(decided("settled", 1, decision="S-2"))
    assert (slug(other), world.told(RulingOvertaken)[0].ruling) == ("not-in-review", "S-2")


def test_overtaken_where_there_is_no_such_dispute_or_a_chargeback_is_open() -> None:
    world = taken_over()
    assert slug(world.hear(decided("rejected", dispute="D9"))) == "unknown-dispute"
    world.hear(ChargebackOpened(order="O1", amount=1, opened_at=OPENED), OPENED + DAY)
    assert slug(world.hear(decided("rejected"), OPENED + DAY)) == "chargeback-open"


def test_a_dispute_opened_again_may_be_taken_over_too() -> None:
    world = taken_over()
    world.hear(say.cancellation(), OPENED + DAY)
    world.hear(say.a_complaint(), OPENED + DAY + timedelta(hours=1))
    assert (world.dispute().state, len(world.told(DisputeTakenOver))) == ("SERVICE_REVIEW", 2)
