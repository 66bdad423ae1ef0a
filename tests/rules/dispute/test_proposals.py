"""The platform proposes, the parties answer, silence is a yes (transitions 16, 17, 29, 30; 8.22, 8.26, 8.32)."""

from typing import Any

import pytest

from aftersales.contracts.arbitration import CaseProposed
from aftersales.contracts.dispute import (
    DisputePlanRefused,
    DisputeProposalAccepted,
    DisputeProposed,
    DisputeReviewStarted,
    RulingOvertaken,
)
from aftersales.contracts.marketplace import Plan
from aftersales.decision import Decision
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SECOND
from tests.rules.dispute.world import World, opened, slug

REVIEW = OPENED + 10 * DAY  # escalated on the seventh day, three days for evidence
PROPOSED = REVIEW + DAY
ANSWER_BY = PROPOSED + 3 * DAY


def a_proposal(plan: Plan | None = None, **differs: Any) -> CaseProposed:
    said = {"order": "O1", "dispute": "D1", "case": "D1", "at": PROPOSED, "proposal": "P-1", "agent": "lee"}
    return CaseProposed.model_validate({**said, "plan": plan or say.refund(1500), "policy": "standard@1", **differs})


def in_review(**differs: Any) -> World:
    world = opened(**differs)
    world.hear(say.a_refusal(1000), OPENED)
    return world.until(PROPOSED)


def proposed(plan: Plan | None = None) -> World:
    world = in_review()
    assert slug(world.hear(a_proposal(plan), PROPOSED)) is None
    return world


def tasks(world: World) -> list[str]:
    told = world.said[-1]
    assert hasattr(told, "waits")
    return [wait.party for wait in told.waits if wait.task == "answer_proposal"]


def test_both_are_asked_within_three_days() -> None:
    world = proposed()
    dispute = world.dispute()
    assert (dispute.state, dispute.deadline) == ("PLATFORM_PROPOSED", ANSWER_BY)
    [told] = world.told(DisputeProposed)
    assert (told.plan, tasks(world)) == (say.refund(1500), ["buyer", "seller"])


@pytest.mark.parametrize("first", ["anna", "shop"])
def test_carried_out_once_both_accept(first: str) -> None:
    world = proposed()
    second = {"anna": "shop", "shop": "anna"}[first]
    world.hear(say.accepted(first), PROPOSED + DAY)
    assert (world.dispute().state, len(world.told(DisputeProposalAccepted))) == ("PLATFORM_PROPOSED", 1)
    assert tasks(world) == [{"anna": "seller", "shop": "buyer"}[first]]
    world.hear(say.accepted(second), ANSWER_BY - SECOND)
    dispute = world.dispute()
    assert (dispute.state, dispute.agreement, dispute.refund) == ("CLOSED_REFUNDED", "proposal", 1500)
    assert (dispute.rule, dispute.liable) == (None, None)


@pytest.mark.parametrize("accepting", [(), ("anna",), ("shop",)])
def test_silence_accepts(accepting: tuple[str, ...]) -> None:
    world = proposed()
    for by in accepting:
        world.hear(say.accepted(by), PROPOSED)
    assert world.until(ANSWER_BY - SECOND).dispute().state == "PLATFORM_PROPOSED"
    dispute = world.until(ANSWER_BY).dispute()
    assert (dispute.state, dispute.agreement, dispute.refund) == ("CLOSED_REFUNDED", "proposal", 1500)


@pytest.mark.parametrize("by", ["anna", "shop"])
def test_refused_it_is_reviewed_anew_and_both_dates_count_from_then(by: str) -> None:
    world = proposed()
    refused = ANSWER_BY - SECOND
    world.hear(say.a_refusal(by=by), refused)
    dispute = world.dispute()
    assert (dispute.state, dispute.deadline) == ("ARBITRATION_REVIEW", refused + 7 * DAY)
    assert dispute.review_fallback_at == refused + 14 * DAY
    assert world.told(DisputePlanRefused)[-1].party == {"anna": "buyer", "shop": "seller"}[by]
    assert len(world.told(DisputeReviewStarted)) == 2
    assert world.until(refused + 7 * DAY).dispute().deadline == refused + 14 * DAY


def test_an_answer_at_the_deadline_is_late() -> None:
    world = proposed()
    assert slug(world.hear(say.a_refusal(by="anna"), ANSWER_BY)) in ("late", "already-closed", "wrong-state")
    assert world.dispute().agreement == "proposal"


def answers(*said: Any) -> Decision:
    world = proposed()
    for command in said[:-1]:
        assert slug(world.hear(command, PROPOSED)) is None
    decision = world.hear(said[-1], PROPOSED)
    assert world.dispute().state == "PLATFORM_PROPOSED"
    return decision


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ((say.accepted("anna"), say.accepted("anna")), "already-accepted"),
        ((say.accepted("anna"), say.a_refusal(by="anna")), "already-accepted"),
        ((say.a_refusal(1200),), "no-counter"),
        ((say.accepted("anna", version=2),), "plan-changed"),
        ((say.accepted("anna", version=1),), None),
        ((say.change(1800),), "wrong-state"),
        ((say.evidence("anna", "video"),), "wrong-state"),
    ],
)
def test_answered_by_yes_or_no_alone_and_once(said: tuple[Any, ...], why: str | None) -> None:
    assert slug(answers(*said)) == why


def test_a_proposed_return_needs_the_sellers_address() -> None:
    world = proposed(say.goods_back(4198))
    assert slug(world.hear(say.accepted("shop"), PROPOSED)) == "address-needed"
    assert slug(world.hear(say.accepted("shop", return_address="Dock 4"), PROPOSED)) is None
    assert slug(world.hear(say.accepted("anna"), PROPOSED)) is None
    assert (world.dispute().state, world.dispute().agreement) == ("RETURN_AWAITING_SHIPMENT", "proposal")


def test_a_proposal_of_nothing_closes_as_rejected() -> None:
    world = proposed(say.refund(0)).until(ANSWER_BY)
    assert (world.dispute().state, world.dispute().agreement) == ("CLOSED_REJECTED", "proposal")


@pytest.mark.parametrize(
    ("reason", "plan", "why"),
    [
        ("SNAD_QUALITY", say.refund(4198), None),
        ("SNAD_QUALITY", say.refund(4199), "above-cap"),
        ("LATE_COMPENSATION", say.goods_back(100), "refund-only"),
    ],
)
def test_overtaken_where_it_cannot_be_proposed(reason: str, plan: Plan, why: str | None) -> None:
    world = in_review(reason=reason)
    assert slug(world.hear(a_proposal(plan), PROPOSED)) == why
    assert [told.slug for told in world.told(RulingOvertaken)] == [why] * (why is not None)


def test_one_proposal_an_arbitration() -> None:
    world = proposed()
    world.hear(say.a_refusal(by="anna"), PROPOSED)
    again = world.hear(a_proposal(proposal="P-2"), PROPOSED + DAY)
    assert (slug(again), world.told(RulingOvertaken)[0].ruling) == ("proposed-before", "P-2")
    # What the parties offered each other still stands.
    assert slug(world.hear(say.accepted("anna"), PROPOSED + DAY)) is None
    assert world.dispute().refund == 1000


def test_the_same_proposal_again_changes_nothing() -> None:
    world = proposed()
    assert slug(world.hear(a_proposal(), PROPOSED)) == "already-ruled"
    assert world.told(RulingOvertaken) == []


def test_the_platform_may_rule_while_it_is_answered() -> None:
    world = proposed()
    assert slug(world.hear(say.a_ruling(PROPOSED), PROPOSED + DAY)) is None
    assert (world.dispute().state, world.dispute().agreement) == ("CLOSED_REFUNDED", "arbitration")


def test_withdrawn_while_it_is_answered() -> None:
    world = proposed()
    assert slug(world.hear(say.cancellation(), PROPOSED)) is None
    assert world.dispute().state == "CLOSED_CANCELLED"
