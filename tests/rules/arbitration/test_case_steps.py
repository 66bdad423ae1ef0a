"""The case follows its dispute: opened, reviewed, with new facts, withdrawn, opened again."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from aftersales.contracts import dispute as said
from aftersales.contracts.appeal import DisputeFrozen
from aftersales.contracts.arbitration import CaseClosed, CaseOpened
from aftersales.decision import Decision, Outcome, Rule
from aftersales.policy.book import PolicyBook
from aftersales.policy.parse import with_changes
from arbitration.domain.case import Case, CaseStatus, Round
from arbitration.domain.commands import ProposalMade
from arbitration.domain.ruling import RulingStatus
from arbitration.rules.dispute_steps import (
    FALLBACK,
    REASSIGN,
    evidence_added,
    evidence_completed,
    facts_changed,
    left_the_desk,
    open_case,
    span,
    start_review,
)
from arbitration.rules.freeze import freeze
from arbitration.rules.proposal import propose
from tests.rules.arbitration.builders import DAY, NOW, STANDARD, a_case, a_file, given
from tests.rules.arbitration.rulings import a_ruling
from tests.rules.arbitration.spoken import a_step
from tests.support.written import SENTENCE

AT = datetime.fromisoformat("2025-05-04T09:00:00Z")
WAITING = a_case(status=CaseStatus.AWAITING_SECOND, rulings=(a_ruling(status=RulingStatus.AWAITING_SECOND),))


def opened(case: Case | None = None, **changes: Any) -> Decision:
    event = a_step(
        said.DisputeEscalated, state="ARBITRATION_EVIDENCE", at=AT, deadline=AT + 3 * DAY, how="by_hand", **changes
    )
    return open_case(case, event, given(AT))


def test_opened_by_an_escalation_for_evidence() -> None:
    decision = opened()
    case = decision.state
    assert (case.status, case.version, case.due, case.agent) == (CaseStatus.EVIDENCE, 1, AT + 3 * DAY, None)
    assert [type(event) for event in decision.events] == [CaseOpened]
    assert [(m.before, m.after) for m in decision.moves] == [(None, "evidence")]


def test_the_first_round_is_number_one() -> None:
    assert [(each.number, each.ended_at) for each in opened().state.rounds] == [(1, None)]


def test_opened_again_as_a_further_round_of_one_case() -> None:
    ended = a_case(status=CaseStatus.RULED, agent="kim", rulings=(a_ruling(status=RulingStatus.EXECUTED),))
    decision = opened(ended, step=9)
    case = decision.state
    assert (case.status, case.agent, [r.number for r in case.rounds]) == (CaseStatus.EVIDENCE, None, [1, 2])
    assert case.version == ended.version + 1
    assert case.rulings == ended.rulings
    assert [(m.before, m.after) for m in decision.moves] == [("ruled", "evidence")]


def test_ignored_when_the_step_was_heard_before() -> None:
    assert opened(a_case(step=9), step=9).outcome is Outcome.NOTHING


def test_reviewed_with_both_deadlines_counted_from_the_entry() -> None:
    case = opened().state
    decision = start_review(
        case, a_step(said.DisputeReviewStarted, step=5, at=AT + DAY), given(AT + DAY + timedelta(hours=1))
    )
    assert decision.state.status is CaseStatus.REVIEW
    assert [(t.kind, t.due, t.party) for t in decision.timers] == [
        (REASSIGN, AT + 8 * DAY, False),
        (FALLBACK, AT + 15 * DAY, True),
    ]
    assert decision.state.due == AT + 8 * DAY


def test_a_season_of_the_seller_lengthens_both_deadlines_of_a_review_that_begins_in_it() -> None:
    """The season is over when the desk decides, an hour after the entry."""
    season = {"from": "2025-05-04T09:00:00Z", "until": "2025-05-04T09:00:01Z", "scope": {"seller": "shop"}}
    longer = [
        {**season, "parameter": "arbitration.reassign_after", "add_days": 3},
        {**season, "parameter": "arbitration.fallback_after", "add_days": 5},
    ]
    policy = with_changes(STANDARD, {}, longer)
    event = a_step(said.DisputeReviewStarted, step=5, at=AT, policy=policy.identity)
    decision = start_review(opened().state, event, given(AT + timedelta(hours=1), policies=PolicyBook([policy])))
    assert [timer.due for timer in decision.timers] == [AT + 10 * DAY, AT + 19 * DAY]


def test_a_review_that_begins_anew_may_be_reassigned_anew() -> None:
    before = a_case(reassigned=True)
    assert start_review(before, a_step(said.DisputeReviewStarted, step=9), given()).state.reassigned is False


def test_a_review_belongs_to_the_latest_round_alone() -> None:
    first = Round(1, AT - 9 * DAY, "by_hand", AT - 6 * DAY, AT - 5 * DAY, "ruled")
    before = a_case(status=CaseStatus.EVIDENCE, rounds=(first, Round(2, AT, "return_contested")))
    rounds = start_review(before, a_step(said.DisputeReviewStarted, step=9, at=AT + DAY), given()).state.rounds
    assert rounds == (first, Round(2, AT, "return_contested", AT + DAY))


def test_ignored_when_no_case_was_opened() -> None:
    assert start_review(None, a_step(said.DisputeReviewStarted), given()).outcome is Outcome.NOTHING


def test_new_facts_reach_the_file() -> None:
    event = a_step(said.DisputeFactsChanged, step=6, cap=100)
    case = facts_changed(a_case(), event, given()).state
    assert (case.file.cap, case.status, case.version) == (100, CaseStatus.REVIEW, 3)


def test_a_ruling_that_awaits_its_second_agent_lapses_with_new_facts() -> None:
    waiting = a_case(status=CaseStatus.AWAITING_SECOND, rulings=(a_ruling(status=RulingStatus.AWAITING_SECOND),))
    case = facts_changed(waiting, a_step(said.DisputeFactsChanged, step=6), given()).state
    assert (case.status, case.rulings[0].status) == (CaseStatus.REVIEW, RulingStatus.LAPSED)


def test_where_a_ruling_lapses_the_case_is_in_review_with_the_new_facts() -> None:
    decision = facts_changed(WAITING, a_step(said.DisputeFactsChanged, step=6, cap=100), given())
    assert (decision.state.file.cap, decision.state.step) == (100, 6)
    assert [(m.before, m.after) for m in decision.moves] == [("awaiting_second", "review")]


def test_a_ruling_on_its_way_stays_sent_with_new_facts() -> None:
    sent = a_case(status=CaseStatus.RULING_SENT, rulings=(a_ruling(),))
    case = facts_changed(sent, a_step(said.DisputeFactsChanged, step=6), given()).state
    assert (case.status, case.rulings[0].status) == (CaseStatus.RULING_SENT, RulingStatus.SENT)


@pytest.mark.parametrize(
    ("party", "buyers", "sellers"), [("buyer", ("photo", "invoice"), ()), ("seller", ("photo",), ("invoice",))]
)
def test_evidence_is_put_on_file_beside_what_that_party_had_given(
    party: str, buyers: tuple[str, ...], sellers: tuple[str, ...]
) -> None:
    known: dict[str, Any] = {"state": "ARBITRATION_EVIDENCE", "step": 5, "party": party, "evidence": ("invoice",)}
    added = evidence_added(opened().state, a_step(said.DisputeEvidenceAdded, **known), given()).state
    done = evidence_completed(opened().state, a_step(said.DisputeEvidenceCompleted, **known), given()).state
    for file in (added.file, done.file):
        assert (file.buyer_evidence, file.seller_evidence) == (buyers, sellers)


def test_a_party_who_has_nothing_more_to_add_is_done() -> None:
    case = opened().state
    done = a_step(said.DisputeEvidenceCompleted, state="ARBITRATION_EVIDENCE", step=6, party="seller")
    assert evidence_completed(case, done, given()).state.done == ("seller",)


def test_withdrawn_when_the_parties_agree() -> None:
    agreed = a_step(
        said.DisputeAgreed,
        state="REFUND_PENDING",
        step=6,
        agreement="consensus",
        plan={"remedy": "refund", "amount": 1},
    )
    decision = left_the_desk(a_case(), agreed, given())
    assert decision.state.status is CaseStatus.WITHDRAWN
    assert decision.state.due is None
    [closed] = decision.events
    assert isinstance(closed, CaseClosed)
    assert "consensus" in closed.why


def closing(**changes: Any) -> said.DisputeClosed:
    whole = {"agreement": None, "rule": None, "liable": None, "refund": 0, "compensation": 0, "freight": 0}
    return a_step(said.DisputeClosed, state="CLOSED_CANCELLED", step=6, **{**whole, **changes})


def test_withdrawn_when_the_buyer_cancels_and_an_unsent_ruling_lapses() -> None:
    waiting = a_case(status=CaseStatus.AWAITING_SECOND, rulings=(a_ruling(status=RulingStatus.AWAITING_SECOND),))
    case = left_the_desk(waiting, closing(), given()).state
    assert (case.status, case.rulings[0].status) == (CaseStatus.WITHDRAWN, RulingStatus.LAPSED)


def test_a_ruling_on_its_way_waits_for_its_answer_when_the_buyer_cancels() -> None:
    sent = a_case(status=CaseStatus.RULING_SENT, rulings=(a_ruling(),))
    case = left_the_desk(sent, closing(), given()).state
    assert (case.status, case.rulings[0].status) == (CaseStatus.WITHDRAWN, RulingStatus.SENT)


@pytest.mark.parametrize("status", [CaseStatus.RULED, CaseStatus.RULING_SENT])
def test_the_close_that_follows_a_ruling_says_nothing_more(status: CaseStatus) -> None:
    decision = left_the_desk(a_case(status=status), closing(agreement="arbitration"), given(NOW))
    assert (decision.state.status, decision.events) == (status, ())


@pytest.mark.parametrize(
    ("rule", "heard"),
    [
        (open_case, a_step(said.DisputeEscalated, state="ARBITRATION_EVIDENCE", step=6, how="by_hand")),
        (start_review, a_step(said.DisputeReviewStarted, step=6)),
        (facts_changed, a_step(said.DisputeFactsChanged, step=6)),
        (left_the_desk, closing()),
        (
            propose,
            ProposalMade.model_validate(
                {"case": "D1", "agent": "lee", "seen": WAITING.version, "want": {"remedy": "refund", "amount": 1}}
            ),
        ),
    ],
)
def test_a_ruling_that_lapses_says_when_and_why(rule: Rule, heard: Any) -> None:
    [lapsed] = rule(WAITING, heard, given()).state.rulings
    assert (lapsed.status, lapsed.settled_at) == (RulingStatus.LAPSED, NOW)
    assert SENTENCE.fullmatch(lapsed.why or "")


@pytest.mark.parametrize(
    ("rule", "heard"),
    [
        (facts_changed, a_step(said.DisputeFactsChanged, step=6)),
        (evidence_added, a_step(said.DisputeEvidenceAdded, step=6, party="buyer", evidence=("photo",))),
        (evidence_completed, a_step(said.DisputeEvidenceCompleted, step=6, party="buyer")),
        (freeze, a_step(DisputeFrozen, step=6)),
    ],
)
def test_a_step_told_again_changes_nothing(rule: Rule, heard: said.DisputeStep) -> None:
    once = rule(a_case(), heard, given())
    assert once.outcome is Outcome.APPLIED
    assert rule(once.state, heard, given()).outcome is Outcome.NOTHING


@pytest.mark.parametrize(
    ("scope", "days"),
    [
        ({"seller": "shop", "destination": "US", "carrier_service": "EMS", "category": "mugs"}, 10),
        ({"seller": "other"}, 7),
        ({"destination": "DE"}, 7),
        ({"carrier_service": "DHL"}, 7),
        ({"category": "toys"}, 7),
    ],
)
def test_a_season_lengthens_the_desks_time_for_the_cases_that_it_names(scope: dict[str, str], days: int) -> None:
    season = {"from": "2025-05-01T00:00:00Z", "until": "2025-06-01T00:00:00Z", "add_days": 3, "scope": scope}
    policy = with_changes(STANDARD, {}, [{**season, "parameter": "arbitration.reassign_after"}])
    assert span(policy, "arbitration.reassign_after", AT, "shop", a_file(category="mugs")) == days * DAY
