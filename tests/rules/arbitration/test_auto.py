"""What the facts decide is ruled without an agent, where the amount is small (`auto_rule.below`)."""

import dataclasses
from typing import Any

import pytest

from aftersales.contracts.arbitration import CaseRuled
from aftersales.contracts.dispute import DisputeReviewStarted
from aftersales.decision import Decision
from aftersales.policy.book import PolicyBook
from aftersales.policy.model import Policy
from aftersales.policy.parse import with_changes
from arbitration.domain.case import CaseStatus
from arbitration.rules.auto import start_review
from tests.rules.arbitration.builders import NOW, SECOND, STANDARD, a_case, given
from tests.rules.arbitration.spoken import a_step, a_told_file

LATE = {"status": "in_transit", "delivered_at": None, "seen": ("in_transit",)}


def reviewed(below: int, reason: str = "INR_OVERDUE", *, policy: Policy = STANDARD, **file: Any) -> Decision:
    policy = dataclasses.replace(policy, auto_rule_below=below)
    told = a_told_file()
    told = {**told, "parcels": ({**told["parcels"][0], **LATE},), **file}
    step: dict[str, Any] = {"step": 9, "reason": reason, "file": told, "policy": policy.identity, "at": NOW}
    case = a_case(status=CaseStatus.EVIDENCE, policy=policy.identity)
    return start_review(case, a_step(DisputeReviewStarted, **step), given(policies=PolicyBook([policy])))


@pytest.mark.parametrize(("below", "ruled"), [(0, []), (4198, []), (4199, ["R1"])])
def test_ruled_at_once_below_the_amount(below: int, ruled: list[str]) -> None:
    decision = reviewed(below)
    assert [event.rule for event in decision.events if isinstance(event, CaseRuled)] == ruled
    assert decision.state.status is (CaseStatus.RULING_SENT if ruled else CaseStatus.REVIEW)
    assert len(decision.timers) == 2


def test_the_amount_may_be_another_in_the_sellers_season() -> None:
    season = {"from": NOW.isoformat(), "until": (NOW + SECOND).isoformat(), "scope": {"seller": "shop"}}
    policy = with_changes(STANDARD, {}, [{**season, "parameter": "auto_rule.below", "value": 4199}])
    assert [type(event) for event in reviewed(STANDARD.auto_rule_below, policy=policy).events] == [CaseRuled]


def test_it_is_nobodys_ruling() -> None:
    [event] = reviewed(10_000).events
    assert isinstance(event, CaseRuled)
    assert (event.agent, event.refund, event.liable) == (None, 4198, "seller")


@pytest.mark.parametrize(
    ("reason", "file"),
    [
        ("SNAD_QUALITY", {}),  # the buyer's photo alone
        ("INR_REFUSED_BY_BUYER", {}),  # the buyer's word alone
        ("SVC_EXTRA_CHARGE", {}),  # no row fits
        ("BUY_CHANGED_MIND", {"back": {"end": "contested", "refund": 4000, "freight": 0}}),
    ],
)
def test_left_to_an_agent_where_facts_alone_do_not_decide(reason: str, file: dict[str, Any]) -> None:
    assert reviewed(10**9, reason, **file).events == ()


def test_left_to_an_agent_above_four_eyes() -> None:
    unit = {**a_told_file()["units"][0], "net": 60_000}
    assert reviewed(10**9, units=(unit,), cap=60_250).events == ()


def test_a_rejection_that_the_facts_decide_is_ruled_too() -> None:
    [event] = reviewed(1, "BUY_CHANGED_MIND").events
    assert isinstance(event, CaseRuled)
    assert (event.rule, event.remedy) == ("R23", "none")
