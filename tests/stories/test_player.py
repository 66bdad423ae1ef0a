"""What the player makes of steps and expectations, in memory."""

import asyncio
from typing import Any

import pytest

from aftersales_local.stories.memory import MemoryTheatre, play_in_memory
from aftersales_local.stories.messages import Message
from aftersales_local.stories.player import Result, play
from aftersales_local.stories.story import parse
from tests.stories.story_files import DELIVERED, OPENED, ORDER, SHIPPED, a_story

AT = "2025-05-02T09:00:00Z"
RULING: dict[str, Any] = {"at": "2025-05-09T09:00:00Z", "by": "platform", "do": "rule", "dispute": "D1", "agent": "kim"}
ESCALATED: list[dict[str, Any]] = [
    {"at": AT, "by": "seller", "do": "refuse", "dispute": "D1"},
    {"at": "2025-05-04T09:00:00Z", "by": "buyer", "do": "escalate", "dispute": "D1"},
]


def played(story: dict[str, Any], *, twice: bool = False) -> Result:
    return asyncio.run(play_in_memory(parse(story, "S.json"), twice=twice))


def test_broken_when_an_expectation_is_not_met() -> None:
    result = played(a_story(then=[{"at": OPENED["at"], "dispute": "D1", "state": "AWAITING_BUYER", "refund": 0}]))
    assert result.broken == ["D1 state AWAITING_BUYER at 2025-05-01T09:00:00Z, was AWAITING_SELLER"]


def test_broken_when_the_thing_is_not_there() -> None:
    result = played(a_story(then=[{"at": OPENED["at"], "dispute": "D9", "state": "AWAITING_BUYER"}]))
    assert result.broken == ["D9 state AWAITING_BUYER, was nothing: there is no such dispute"]


def test_broken_when_a_step_is_refused_that_must_be_accepted() -> None:
    result = played(a_story(SHIPPED, {**OPENED, "at": "2025-04-13T00:00:00Z"}))
    assert len(result.broken) == 1
    assert result.broken[0].startswith("step 2 (buyer open D1) accepted, was refused: ")


def test_broken_when_a_command_waited_in_vain_for_its_order() -> None:
    late = {**ORDER, "placed_at": "2025-05-02T09:00:00Z"}
    [broken] = played(a_story(orders=[late])).broken
    assert broken.startswith("step 3 (buyer open D1) accepted, was refused: unknown-order: ")


def test_kept_when_a_command_that_must_be_refused_waited_in_vain_for_its_order() -> None:
    late = {**ORDER, "placed_at": "2025-05-02T09:00:00Z"}
    assert played(a_story(SHIPPED, DELIVERED, {**OPENED, "refused": True}, orders=[late])).kept


def test_kept_when_a_command_waited_for_its_order_and_was_accepted_then() -> None:
    late = {**ORDER, "placed_at": "2025-05-01T20:00:00Z"}
    then = [{"at": late["placed_at"], "dispute": "D1", "state": "AWAITING_SELLER"}]
    assert played(a_story(orders=[late], then=then)).kept


def test_broken_when_a_step_is_accepted_that_must_be_refused() -> None:
    result = played(a_story(SHIPPED, DELIVERED, {**OPENED, "refused": True}))
    assert result.broken == ["step 3 (buyer open D1) refused, was accepted"]


@pytest.mark.parametrize("units", [3, 10**12])
def test_refused_when_a_line_has_fewer_units(units: int) -> None:
    assert played(a_story(SHIPPED, DELIVERED, {**OPENED, "units": {"L1": units}, "refused": True})).kept


@pytest.mark.parametrize("amount", [-1, 12.5])
def test_refused_when_money_is_none(amount: float) -> None:
    wanted = {**OPENED, "want": {"remedy": "refund", "amount": amount}, "refused": True}
    assert played(a_story(SHIPPED, DELIVERED, wanted)).kept


@pytest.mark.parametrize(
    "findings",
    [
        {"weather": "bad"},
        {"quality": "poor"},
        {"not_as_described": "keep"},
        {"missing": {"L1": 3}},
        {"return_freight": -1},
    ],
)
def test_refused_when_findings_cannot_be_judged_by(findings: dict[str, Any]) -> None:
    ruling = {**RULING, "findings": findings, "refused": True}
    assert played(a_story(SHIPPED, DELIVERED, OPENED, *ESCALATED, ruling)).kept


def test_refused_when_a_departure_has_no_reason() -> None:
    ruling = {**RULING, "depart": {"remedy": "refund", "amount": 1}, "refused": True}
    assert played(a_story(SHIPPED, DELIVERED, OPENED, *ESCALATED, ruling)).kept


def test_ruled_when_the_agent_departs_with_a_reason() -> None:
    ruling = {**RULING, "depart": {"remedy": "refund", "amount": 123, "reason": "Opened before."}}
    then = [{"at": RULING["at"], "dispute": "D1", "refund": 123, "agreement": "arbitration"}]
    assert played(a_story(SHIPPED, DELIVERED, OPENED, *ESCALATED, ruling, then=then)).kept


@pytest.mark.parametrize(("second", "state"), [(None, "ARBITRATION_REVIEW"), ("lee", "CLOSED_REFUNDED")])
def test_second_agent_needed_when_the_amount_is_above_the_limit(second: str | None, state: str) -> None:
    ruling = {**RULING, "findings": {"quality": "severe"}, "refused": second is None}
    if second:
        ruling["second"] = second
    then = [{"at": RULING["at"], "dispute": "D1", "state": state}]
    policy = {"with": {"four_eyes.above": 100}}
    assert played(a_story(SHIPPED, DELIVERED, OPENED, *ESCALATED, ruling, then=then, policy=policy)).kept


def test_paid_by_hand_when_the_story_says_so() -> None:
    accepted = {"at": AT, "by": "seller", "do": "accept", "dispute": "D1"}
    failed = {"at": "2025-05-02T10:00:00Z", "by": "payment", "do": "refund_failed", "dispute": "D1"}
    paid = {"at": "2025-05-02T11:00:00Z", "by": "payment", "do": "refund_executed", "dispute": "D1"}
    then: list[dict[str, Any]] = [
        {"at": failed["at"], "dispute": "D1", "state": "REFUND_PENDING", "refund": 2000},
        {"at": paid["at"], "dispute": "D1", "state": "CLOSED_REFUNDED"},
    ]
    story = a_story(SHIPPED, DELIVERED, OPENED, accepted, failed, paid, then=then, payments="by hand")
    assert played(story).kept
    assert played(story, twice=True).kept


def test_refused_when_a_refund_is_executed_that_nobody_ordered() -> None:
    paid = {"at": AT, "by": "payment", "do": "refund_executed", "dispute": "D1", "refused": True}
    assert played(a_story(SHIPPED, DELIVERED, OPENED, paid)).kept


def test_refused_when_units_are_shipped_twice_or_a_receipt_comes_too_early_or_again() -> None:
    received = {"at": "2025-04-29T00:00:00Z", "by": "buyer", "do": "confirm_receipt", "order": "O1"}
    early = {**received, "at": "2025-04-11T00:00:00Z", "refused": True}
    again = {**received, "at": "2025-04-30T00:00:00Z", "refused": True}
    twice = {**SHIPPED, "at": "2025-04-13T00:00:00Z", "parcel": "P2", "refused": True}
    assert played(a_story(early, SHIPPED, twice, DELIVERED, received, again)).kept


def test_tasks_and_nothing_else_when_the_seller_must_answer() -> None:
    then: list[dict[str, Any]] = [
        {"at": OPENED["at"], "dispute": "D1", "party": "seller", "tasks": ["answer"]},
        {"at": OPENED["at"], "dispute": "D1", "party": "buyer", "tasks": []},
        {"at": "2025-05-06T09:00:00Z", "dispute": "D1", "party": "seller", "tasks": []},
    ]
    assert played(a_story(then=then)).kept


def test_metrics_are_compared_by_what_the_story_names() -> None:
    story = a_story(then=[{"at": AT, "seller": "shop", "metrics": {"dispute_rate": "0.1000"}}])
    [broken] = played(story).broken
    assert "dispute_rate: 0.1000" in broken
    assert "was {dispute_rate: 1.0000}" in broken


def test_unknown_policy_parameter_is_told() -> None:
    with pytest.raises(Exception, match="seler"):
        played(a_story(policy={"with": {"seler.response": "P5D"}}))


class Forgetful(MemoryTheatre):
    """A system that takes a repeated fact for a new one."""

    async def again(self, given: Any) -> None:
        if isinstance(given, Message):
            object.__setattr__(given, "id", f"{given.id}-again")
        await super().again(given)


def test_broken_when_repetitions_count_twice() -> None:
    """`--twice` can fail: here every repeated message comes as a new one."""
    received = {"at": "2025-05-03T00:00:00Z", "by": "buyer", "do": "cancel", "dispute": "D1"}
    reopened = {**OPENED, "at": "2025-05-04T00:00:00Z", "dispute": "D2"}
    story = parse(a_story(SHIPPED, DELIVERED, OPENED, received, reopened), "S.json")
    result = asyncio.run(play(story, Forgetful(story), twice=True))
    assert result.broken
