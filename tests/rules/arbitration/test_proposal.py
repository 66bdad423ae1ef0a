"""Agents propose once an arbitration; while it is answered the review's dates rest (16, 29, 30; 8.22, 8.27)."""

from typing import Any

import pytest

from aftersales.contracts.appeal import DisputeFrozen, DisputeResumed
from aftersales.contracts.arbitration import CaseProposed, CaseRuled
from aftersales.contracts.dispute import (
    DisputeAgreed,
    DisputeEscalated,
    DisputeProposed,
    DisputeReviewStarted,
    RulingOvertaken,
)
from aftersales.decision import Decision, Outcome
from aftersales.identity import Actor, Role
from arbitration.domain.case import Case, CaseStatus
from arbitration.domain.commands import ProposalMade, RulingMade
from arbitration.domain.ruling import RulingStatus
from arbitration.handlers import SERVICE
from arbitration.rules.actions import allowed_actions
from arbitration.rules.proposal import propose
from tests.rules.arbitration.builders import DAY, NOW, a_case, given
from tests.rules.arbitration.rulings import a_ruling
from tests.rules.arbitration.spoken import a_step
from tests.rules.arbitration.world import case
from tests.support.in_memory import InMemory
from tests.support.written import SENTENCE

WANT = {"remedy": "refund", "amount": 1500}
ANSWER_BY = NOW + 4 * DAY


def in_review() -> InMemory:
    world = InMemory(SERVICE, source="dispute")
    world.hear(a_step(DisputeEscalated, step=3, state="ARBITRATION_EVIDENCE", how="automatic"), NOW - 3 * DAY)
    world.hear(a_step(DisputeReviewStarted, step=4, at=NOW), NOW)
    return world


def proposes(world: InMemory, **said: Any) -> Decision:
    content = {"case": "D1", "agent": "lee", "seen": case(world).version, "want": WANT, **said}
    [decision] = world.hear(ProposalMade.model_validate(content), NOW + DAY)
    return decision


def proposed() -> InMemory:
    world = in_review()
    offer = proposes(world)
    assert offer.answer is not None
    step: dict[str, Any] = {"step": 5, "state": "PLATFORM_PROPOSED", "deadline": ANSWER_BY, "plan": WANT}
    world.hear(a_step(DisputeProposed, proposal=offer.answer["decision"], **step), NOW + DAY)
    return world


def ruled(world: InMemory) -> list[CaseRuled]:
    return [event for event in world.said if isinstance(event, CaseRuled)]


def test_dispute_is_told() -> None:
    world = in_review()
    decision = proposes(world)
    [event] = [event for event in world.said if isinstance(event, CaseProposed)]
    assert (event.plan.amount, event.agent) == (1500, "lee")
    assert (decision.outcome, case(world).status) == (Outcome.APPLIED, CaseStatus.REVIEW)
    assert case(world).offers[-1].status is RulingStatus.SENT


def test_a_proposal_is_kept_as_it_was_made() -> None:
    world = in_review()
    decision = proposes(world)
    offer = case(world).offers[-1]
    assert (offer.kind, offer.remedy, offer.amount, offer.agent) == ("proposal", "refund", 1500, "lee")
    assert offer.made_at == NOW + DAY
    assert decision.because is not None
    assert decision.because.facts == {"remedy": "refund", "amount": 1500, "cap": 4198}


@pytest.mark.parametrize(
    ("before", "differs", "slug"),
    [
        (a_case(), {"want": {"remedy": "refund", "amount": 4198}}, None),
        (a_case(), {"want": {"remedy": "refund", "amount": 4199}}, "above-cap"),
        (a_case(), {"want": {"remedy": "refund", "amount": 0}}, None),
        (a_case(), {"want": {"remedy": "return", "amount": 1}}, None),
        (a_case(reason="INR_OVERDUE"), {"want": {"remedy": "return", "amount": 1}}, "refund-only"),
        (a_case(reason="LATE_COMPENSATION"), {"want": {"remedy": "return", "amount": 1}}, "refund-only"),
        (a_case(), {"agent": "shop"}, "conflict-of-interest"),
        (a_case(), {"seen": 1}, "version-changed"),
        (a_case(agent="kim"), {}, "case-taken"),
        (a_case(agent="kim"), {"role": "supervisor"}, None),
        (a_case(status=CaseStatus.EVIDENCE), {}, "evidence-window"),
        (a_case(status=CaseStatus.SERVICE), {}, "service-review"),
        (a_case(status=CaseStatus.RULED), {}, "case-closed"),
        (a_case(status=CaseStatus.RULING_SENT, rulings=(a_ruling(),)), {}, "ruling-sent"),
    ],
)
def test_what_may_be_proposed(before: Case, differs: dict[str, Any], slug: str | None) -> None:
    content = {"case": "D1", "agent": "lee", "seen": before.version, "want": WANT, **differs}
    decision = propose(before, ProposalMade.model_validate(content), given())
    assert (decision.slug, decision.outcome is Outcome.APPLIED) == (slug, slug is None)
    assert slug is None or SENTENCE.fullmatch(decision.sentence or "")


def test_a_ruling_that_waits_for_its_second_agent_gives_way() -> None:
    waiting = a_case(status=CaseStatus.AWAITING_SECOND, rulings=(a_ruling(status=RulingStatus.AWAITING_SECOND),))
    content = {"case": "D1", "agent": "lee", "seen": waiting.version, "want": WANT}
    decision = propose(waiting, ProposalMade.model_validate(content), given())
    state = decision.state
    assert (state.status, state.rulings[0].status) == (CaseStatus.REVIEW, RulingStatus.LAPSED)
    assert [(offer.kind, offer.amount) for offer in state.offers] == [("proposal", 1500)]
    assert [(move.before, move.after) for move in decision.moves] == [("awaiting_second", "review")]


def test_while_it_is_answered_the_reviews_dates_rest() -> None:
    world = proposed()
    assert (case(world).due, case(world).offers[-1].status) == (ANSWER_BY, RulingStatus.EXECUTED)
    world.until(NOW + 20 * DAY)
    assert (ruled(world), case(world).reassigned) == ([], False)


def test_a_chargeback_moves_the_end_of_the_time_to_answer_and_the_dates_rest_until_then() -> None:
    """Frozen for ten days, two of them before the first end."""
    world = proposed()
    frozen, resumed, later = NOW + 2 * DAY, NOW + 12 * DAY, ANSWER_BY + 10 * DAY
    world.hear(a_step(DisputeFrozen, step=6, state="PLATFORM_PROPOSED", at=frozen), frozen)
    ended: dict[str, Any] = {"chargeback": "won", "frozen_at": frozen, "deadline": later, "at": resumed}
    world.hear(a_step(DisputeResumed, step=7, state="PLATFORM_PROPOSED", **ended), resumed)
    assert (case(world).due, case(world).proposed_until, case(world).service_until) == (later, later, None)
    world.until(NOW + 40 * DAY)
    assert (ruled(world), case(world).reassigned) == ([], False)


def test_refused_the_dates_count_anew_and_there_is_no_second_proposal() -> None:
    world = proposed()
    refused = NOW + 2 * DAY
    world.hear(a_step(DisputeReviewStarted, step=7, at=refused), refused)
    found = case(world)
    assert (found.reassign_at, found.fallback_at) == (refused + 7 * DAY, refused + 14 * DAY)
    assert proposes(world).slug == "proposed-before"
    offered = [action.name for action in allowed_actions(case(world), Actor(Role.AGENT, "lee"))]
    assert offered == ["note", "take", "rule"]
    world.until(refused + 14 * DAY)
    assert len(ruled(world)) == 1


def test_a_new_arbitration_has_a_proposal_of_its_own() -> None:
    world = proposed()
    step: dict[str, Any] = {"step": 9, "state": "ARBITRATION_EVIDENCE", "how": "return_contested"}
    world.hear(a_step(DisputeEscalated, at=NOW + 10 * DAY, **step), NOW + 10 * DAY)
    world.hear(a_step(DisputeReviewStarted, step=10, at=NOW + 13 * DAY), NOW + 13 * DAY)
    assert proposes(world).outcome is Outcome.APPLIED


def test_the_proposal_of_an_earlier_arbitration_stays_as_it_was() -> None:
    world = proposed()
    step: dict[str, Any] = {"step": 9, "state": "ARBITRATION_EVIDENCE", "how": "return_contested"}
    world.hear(a_step(DisputeEscalated, at=NOW + 10 * DAY, **step), NOW + 10 * DAY)
    world.hear(a_step(DisputeReviewStarted, step=10, at=NOW + 13 * DAY), NOW + 13 * DAY)
    want = {"remedy": "refund", "amount": 900}
    offer = proposes(world, want=want)
    assert offer.answer is not None
    asked: dict[str, Any] = {"step": 11, "state": "PLATFORM_PROPOSED", "deadline": NOW + 17 * DAY, "plan": want}
    world.hear(a_step(DisputeProposed, proposal=offer.answer["decision"], **asked), NOW + 14 * DAY)
    assert [(each.amount, each.status) for each in case(world).offers] == [
        (1500, RulingStatus.EXECUTED),
        (900, RulingStatus.EXECUTED),
    ]


def test_carried_out_it_settles_the_case() -> None:
    world = proposed()
    world.hear(a_step(DisputeAgreed, step=6, state="REFUND_PENDING", agreement="proposal", plan=WANT), ANSWER_BY)
    assert case(world).status is CaseStatus.SETTLED


def test_an_agent_may_rule_while_it_is_answered() -> None:
    world = proposed()
    upheld = {"counterfeit": "upheld"}
    said = RulingMade(case="D1", agent="lee", seen=case(world).version, findings=upheld)
    [decision] = world.hear(said, NOW + 2 * DAY)
    assert (decision.outcome, len(ruled(world))) == (Outcome.APPLIED, 1)


def test_overtaken_it_may_be_made_again() -> None:
    world = in_review()
    first = proposes(world)
    assert first.answer is not None
    told = {"order": "O1", "dispute": "D1", "ruling": first.answer["decision"], "slug": "above-cap", "sentence": "No."}
    world.hear(RulingOvertaken.model_validate({**told, "state": "ARBITRATION_REVIEW"}), NOW + DAY)
    assert case(world).offers[-1].status is RulingStatus.OVERTAKEN
    assert proposes(world).outcome is Outcome.APPLIED
