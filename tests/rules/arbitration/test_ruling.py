"""Agents rule: who may, on which version, above which limit, and what becomes of it."""

from typing import Any

import pytest

from aftersales.contracts import dispute as said
from aftersales.contracts.arbitration import CaseAssigned, CaseRuled
from aftersales.contracts.envelope import MAX_AMOUNT
from aftersales.decision import Decision, Outcome, nothing
from arbitration.domain.case import Case, CaseStatus
from arbitration.domain.commands import Departure, RulingMade, RulingSeconded
from arbitration.domain.ruling import RulingStatus
from arbitration.rules.outcome import executed
from arbitration.rules.ruling import rule, second
from tests.rules.arbitration.builders import IN_TIME, NOW, a_case, a_file, a_unit, given
from tests.rules.arbitration.rulings import a_ruling
from tests.rules.arbitration.spoken import a_step
from tests.support.written import SENTENCE, is_written_well

UPHELD = {"counterfeit": "upheld"}


def ruling(case: Case, agent: str = "kim", **changes: Any) -> Decision:
    content: dict[str, Any] = {"case": "D1", "agent": agent, "seen": case.version, "findings": UPHELD, **changes}
    return rule(case, RulingMade(**content), given())


def test_sent_with_rule_facts_policy_and_arithmetic() -> None:
    decision = ruling(a_case(agent="kim"))
    [event] = decision.events
    assert isinstance(event, CaseRuled)
    assert (event.rule, event.refund, event.compensation, event.liable, event.agent) == (
        "R20",
        4198,
        7996,
        "seller",
        "kim",
    )
    assert event.explanation["policy"] == {"counterfeit.base": "charged_unit_price", "counterfeit.multiple": 2}
    assert event.explanation["policy_version"] == event.policy
    assert event.explanation["facts"]["findings"] == UPHELD
    assert decision.state.status is CaseStatus.RULING_SENT
    assert decision.state.rulings[0].status is RulingStatus.SENT
    assert decision.because is not None
    assert decision.because.rule == "R20"


def test_a_ruling_on_a_case_in_nobodys_hands_takes_it() -> None:
    decision = ruling(a_case(), agent="kim")
    assert [type(event) for event in decision.events] == [CaseAssigned, CaseRuled]
    assert decision.state.agent == "kim"


@pytest.mark.parametrize(
    ("case", "agent", "changes", "slug"),
    [
        (a_case(), "anna", {}, "conflict-of-interest"),
        (a_case(), "shop", {"role": "supervisor"}, "conflict-of-interest"),
        (a_case(version=3), "kim", {"seen": 2}, "version-changed"),
        (a_case(agent="lee"), "kim", {}, "case-taken"),
        (a_case(status=CaseStatus.EVIDENCE), "kim", {}, "evidence-window"),
        (a_case(status=CaseStatus.RULING_SENT, rulings=(a_ruling(),)), "kim", {}, "ruling-sent"),
        (a_case(rulings=(a_ruling(),)), "kim", {}, "ruling-sent"),
        (a_case(status=CaseStatus.RULED), "kim", {}, "case-closed"),
        (a_case(status=CaseStatus.WITHDRAWN), "kim", {}, "case-closed"),
        (a_case(), "kim", {"findings": {"counterfeit": "perhaps"}}, "unknown-value"),
        (a_case(), "kim", {"findings": {"goods_back": "intact"}}, "no-contested-return"),
    ],
)
def test_refused(case: Case, agent: str, changes: dict[str, Any], slug: str) -> None:
    decision = ruling(case, agent, **changes)
    assert (decision.outcome, decision.slug, decision.state, decision.events) == (Outcome.REFUSED, slug, None, ())
    assert SENTENCE.fullmatch(decision.sentence or "")


def test_a_supervisor_rules_on_another_agents_case() -> None:
    decision = ruling(a_case(agent="lee"), "boss", role="supervisor")
    assert decision.outcome is Outcome.APPLIED
    assert decision.state.agent == "lee"


def test_a_departure_keeps_rule_and_liable_side_and_names_its_reason() -> None:
    depart = Departure(remedy="refund", amount=2000, reason="The buyer kept one.")
    [_, event] = ruling(a_case(), depart=depart).events
    assert isinstance(event, CaseRuled)
    assert (event.rule, event.liable, event.refund, event.compensation) == ("R20", "seller", 2000, 7996)
    assert event.departed == "The buyer kept one."


def test_a_departure_says_beside_it_what_was_recommended() -> None:
    depart = Departure(remedy="return", amount=2000, compensation=1, reason="The buyer kept one.")
    [_, event] = ruling(a_case(), depart=depart).events
    assert isinstance(event, CaseRuled)
    recommended = dict(event.explanation["recommended"])
    assert {name: amount["value"] for name, amount in recommended.pop("amounts").items()} == {
        "refund": 4198,
        "compensation": 7996,
    }
    assert recommended == {"remedy": "refund", "refund": 4198, "compensation": 7996}


def test_a_departure_may_name_the_compensation() -> None:
    [_, event] = ruling(a_case(), depart=Departure(remedy="return", amount=4198, compensation=0, reason="x")).events
    assert isinstance(event, CaseRuled)
    assert (event.remedy, event.refund, event.compensation) == ("return", 4198, 0)


@pytest.mark.parametrize(
    ("reason", "depart", "slug"),
    [
        ("SNAD_COUNTERFEIT", {"remedy": "refund", "amount": 1}, "reason-missing"),
        ("SNAD_COUNTERFEIT", {"remedy": "refund", "amount": 4199, "reason": "x"}, "above-cap"),
        ("INR_OVERDUE", {"remedy": "return", "amount": 1, "reason": "x"}, "refund-only"),
        ("LATE_COMPENSATION", {"remedy": "return", "amount": 1, "reason": "x"}, "refund-only"),
    ],
)
def test_a_departure_is_refused(reason: str, depart: dict[str, Any], slug: str) -> None:
    assert ruling(a_case(reason=reason), depart=Departure(**depart)).slug == slug


def test_a_departure_names_a_compensation_whatever_the_rule() -> None:
    depart = Departure(remedy="refund", amount=0, compensation=7997, reason="Sold as another brand's.")
    [_, event] = ruling(a_case(), findings={"quality": "minor"}, depart=depart).events
    assert isinstance(event, CaseRuled)
    assert (event.rule, event.compensation) == ("R17", 7997)


@pytest.mark.parametrize(("price", "outcome"), [(MAX_AMOUNT // 4, Outcome.APPLIED), (MAX_AMOUNT // 2, Outcome.REFUSED)])
def test_refused_above_what_amounts_can_hold(price: int, outcome: Outcome) -> None:
    """A currency without four eyes; refund and twice the price come to three quarters, or one and a half, of it all."""
    unit = a_unit(net=price, shipping=0, charged_price=price)
    case = a_case(currency="BRL", file=a_file(units=(unit,), parcels=(IN_TIME,)))
    decision = ruling(case)
    assert (decision.outcome, decision.slug) == (outcome, None if outcome is Outcome.APPLIED else "above-limit")
    less = Departure(remedy="refund", amount=price, compensation=0, reason="No more can be paid.")
    assert ruling(case, depart=less).outcome is Outcome.APPLIED


@pytest.mark.parametrize(("more", "slug"), [(0, None), (1, "above-limit")])
def test_a_ruling_gives_all_that_amounts_can_hold_and_no_unit_more(more: int, slug: str | None) -> None:
    """A refund of 41.98, and a compensation of the rest or of one minor unit more."""
    depart = Departure(remedy="refund", amount=4198, compensation=MAX_AMOUNT - 4198 + more, reason="A trial.")
    decision = ruling(a_case(currency="BRL"), depart=depart)
    assert decision.slug == slug
    assert slug is None or is_written_well(decision)


def dear(**changes: Any) -> Case:
    """Refund and compensation of exactly 500.00 USD, or a cent more: 100.00 and twice 200.00."""
    unit = a_unit(net=10_000, shipping=0, charged_price=20_000)
    return a_case(file=a_file(units=(unit,), parcels=(IN_TIME,), **changes))


def test_at_the_limit_of_four_eyes_one_agent_is_enough() -> None:
    assert ruling(dear()).state.status is CaseStatus.RULING_SENT


def above() -> Case:
    unit = a_unit(net=10_001, shipping=0, charged_price=20_000)
    return a_case(file=a_file(units=(unit,), parcels=(IN_TIME,)))


def test_above_the_limit_a_second_agent_must_confirm() -> None:
    decision = ruling(above())
    assert decision.state.status is CaseStatus.AWAITING_SECOND
    assert (decision.events, decision.state.agent) == ((), None)
    assert decision.answer is not None
    assert decision.answer["ruling_status"] == "awaiting_second"
    assert decision.answer["next"] == "Refund and compensation are above 500.00 USD: another agent must confirm."


def test_a_currency_without_a_limit_needs_one_agent() -> None:
    unit = a_unit(net=10_001, shipping=0, charged_price=20_000)
    case = a_case(currency="BRL", file=a_file(units=(unit,), parcels=(IN_TIME,)))
    assert ruling(case).state.status is CaseStatus.RULING_SENT


def seconding(case: Case, agent: str, ruling_id: str | None = None) -> Decision:
    return second(
        case, RulingSeconded(case="D1", agent=agent, ruling=ruling_id or case.rulings[-1].id), given(name="second")
    )


def test_sent_when_another_agent_confirms() -> None:
    case = ruling(above()).state
    decision = seconding(case, "lee")
    [event] = decision.events
    assert isinstance(event, CaseRuled)
    assert (event.agent, event.second, event.ruling) == ("kim", "lee", case.rulings[0].id)
    assert decision.state.status is CaseStatus.RULING_SENT


def test_refused_when_an_agent_confirms_their_own() -> None:
    case = ruling(above()).state
    assert seconding(case, "kim").slug == "own-ruling"
    assert seconding(case, "anna").slug == "conflict-of-interest"


def test_nothing_when_the_ruling_awaits_nobody() -> None:
    case = ruling(above()).state
    for decision in (seconding(case, "lee", "another"), seconding(seconding(case, "lee").state, "mia")):
        assert (decision.outcome, decision.slug) == (Outcome.NOTHING, "ruling-not-waiting")
        assert is_written_well(decision)


def test_a_ruling_kept_with_less_of_its_explanation_is_confirmed_and_explained_with_that() -> None:
    """As rulings were kept before they named sources, amounts and boundaries."""
    waiting = a_ruling(status=RulingStatus.AWAITING_SECOND)
    decision = seconding(a_case(status=CaseStatus.AWAITING_SECOND, rulings=(waiting,)), "lee")
    assert [type(event) for event in decision.events] == [CaseRuled]
    assert decision.because is not None
    assert (decision.because.sources, decision.because.amounts, decision.because.otherwise) == ({}, {}, ())


def test_another_ruling_takes_the_place_of_one_that_waits() -> None:
    case = ruling(above()).state
    again = rule(case, RulingMade(case="D1", agent="kim", seen=case.version, findings={}), given(name="again")).state
    assert [r.status for r in again.rulings] == [RulingStatus.LAPSED, RulingStatus.SENT]


def done(ruling_id: str = "R-1", **changes: Any) -> said.DisputeRuled:
    content: dict[str, Any] = {
        "rule": "R20",
        "liable": "seller",
        "refund": 1,
        "compensation": 0,
        "freight": 0,
        "remedy": "refund",
    }
    return a_step(said.DisputeRuled, state="REFUND_PENDING", step=7, ruling=ruling_id, **content, **changes)


SENT = a_case(status=CaseStatus.RULING_SENT, agent="kim", rulings=(a_ruling(),))


def test_executed_the_case_moves_and_its_round_ends() -> None:
    decision = executed(SENT, done(), given())
    assert [(move.before, move.after) for move in decision.moves] == [("ruling_sent", "ruled")]
    assert (decision.state.rounds[-1].end, decision.state.rulings[0].settled_at) == ("ruled", done().at)


def test_nothing_when_it_was_executed_before() -> None:
    once = executed(SENT, done(), given()).state
    assert executed(once, done(), given()) == nothing("already-heard", "Ruling R-1 was executed already.")


@pytest.mark.parametrize("case", [None, a_case()])
def test_nothing_when_the_desk_knows_no_such_ruling(case: Case | None) -> None:
    assert executed(case, done(), given()) == nothing("unknown-ruling", "The desk has made no ruling R-1.")


def test_a_ruling_that_waits_lapses_when_another_is_executed() -> None:
    waiting = a_ruling(id="R-2", status=RulingStatus.AWAITING_SECOND)
    before = a_case(status=CaseStatus.AWAITING_SECOND, rulings=(a_ruling(), waiting))
    [_, lapsed] = executed(before, done(), given()).state.rulings
    assert (lapsed.status, lapsed.settled_at) == (RulingStatus.LAPSED, NOW)
    assert SENTENCE.fullmatch(lapsed.why or "")


def test_executed_when_dispute_says_so() -> None:
    case = executed(SENT, done(), given()).state
    assert (case.status, case.rulings[0].status, case.due) == (CaseStatus.RULED, RulingStatus.EXECUTED, None)
    assert executed(case, done(), given()).outcome is Outcome.NOTHING
    assert executed(SENT, done("another"), given()).outcome is Outcome.NOTHING
