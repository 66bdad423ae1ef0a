"""Taking and handing back, notes, the platform's own deadlines, and what the caller may do."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from aftersales.contracts.arbitration import CaseAssigned, CaseRuled
from aftersales.decision import Outage, Outcome, Rule
from aftersales.identity import Actor, Role, not_found
from aftersales.policy.book import PolicyBook
from aftersales.policy.parse import with_changes
from arbitration.domain.case import Case, CaseStatus
from arbitration.domain.commands import CaseHandedBack, CaseTaken, DeskCommand, NoteAdded
from arbitration.domain.ruling import RulingStatus
from arbitration.handlers import SERVICE
from arbitration.rules.actions import allowed_actions
from arbitration.rules.assignment import add_note, hand_back, take
from arbitration.rules.deadlines import reassign, rule_by_fallback
from arbitration.rules.dispute_steps import FALLBACK, REASSIGN, review_timer
from tests.rules.arbitration.builders import (
    DAY,
    IN_TIME,
    NOW,
    PROMISED,
    STANDARD,
    a_case,
    a_file,
    a_parcel,
    fired,
    given,
)
from tests.rules.arbitration.rulings import a_ruling
from tests.support.in_memory import InMemory

CASE = a_case()
assert CASE.reassign_at is not None
assert CASE.fallback_at is not None
REASSIGN_AT, FALLBACK_AT = CASE.reassign_at, CASE.fallback_at
REVIEW_AT = CASE.review_at


def taking(case: Case, agent: str, **changes: Any) -> Any:
    return take(case, CaseTaken(case="D1", agent=agent, **changes), given())


def test_taken() -> None:
    decision = taking(a_case(), "kim")
    assert (decision.state.agent, decision.state.version) == ("kim", 3)
    assert [(e.agent, e.how) for e in decision.events] == [("kim", "taken")]


def test_refused_when_taken_by_another_but_not_for_a_supervisor() -> None:
    assert taking(a_case(agent="lee"), "kim").slug == "case-taken"
    assert taking(a_case(agent="lee"), "boss", role="supervisor").state.agent == "boss"


def test_nothing_when_taken_already() -> None:
    assert taking(a_case(agent="kim"), "kim").outcome is Outcome.NOTHING


@pytest.mark.parametrize(
    ("agent", "status", "slug"), [("anna", "review", "conflict-of-interest"), ("kim", "ruled", "case-closed")]
)
def test_refused_to_take(agent: str, status: str, slug: str) -> None:
    assert taking(a_case(status=CaseStatus(status)), agent).slug == slug


def test_handed_back() -> None:
    decision = hand_back(a_case(agent="kim"), CaseHandedBack(case="D1", agent="kim"), given())
    assert decision.state.agent is None
    assert [e.how for e in decision.events if isinstance(e, CaseAssigned)] == ["handed_back"]


def test_refused_to_hand_back_what_is_another_agents_or_nobodys() -> None:
    assert hand_back(a_case(agent="lee"), CaseHandedBack(case="D1", agent="kim"), given()).slug == "case-taken"
    assert hand_back(a_case(), CaseHandedBack(case="D1", agent="kim"), given()).slug == "not-taken"


@pytest.mark.parametrize(
    "said",
    [
        CaseTaken(case="D1", agent="kim"),
        CaseHandedBack(case="D1", agent="kim"),
        NoteAdded(case="D1", agent="kim", words="Looks genuine."),
    ],
)
def test_refused_where_there_is_no_such_case(said: DeskCommand) -> None:
    [decision] = InMemory(SERVICE).hear(said, NOW)
    missing = not_found()
    assert (decision.outcome, decision.slug, decision.sentence) == (Outcome.REFUSED, missing.slug, missing.sentence)


def test_a_note_stands_beside_the_case_in_no_event() -> None:
    decision = add_note(a_case(), NoteAdded(case="D1", agent="kim", words="Looks genuine."), given())
    assert (decision.state, decision.events) == (None, ())
    [note] = decision.appends
    assert (note.table, note.row["agent"], note.row["words"]) == ("case_notes", "kim", "Looks genuine.")


def test_reassigned_after_seven_days_back_into_the_queue() -> None:
    decision = reassign(a_case(agent="kim"), fired(REASSIGN, REASSIGN_AT, CASE), given(REASSIGN_AT))
    assert (decision.state.agent, decision.state.due) == (None, FALLBACK_AT)
    assert [(e.agent, e.how) for e in decision.events if isinstance(e, CaseAssigned)] == [(None, "reassigned")]
    because = decision.because
    assert because is not None
    assert (because.rule, because.policy) == ("transition 31", {"arbitration.reassign_after": "P7D"})
    assert because.policy_version == CASE.policy


def test_reassigned_it_says_after_how_long_in_the_sellers_season() -> None:
    """Two days more for what starts as this review began, and for this seller."""
    assert REVIEW_AT is not None
    season = {"from": REVIEW_AT.isoformat(), "until": (REVIEW_AT + DAY).isoformat(), "scope": {"seller": "shop"}}
    policy = with_changes(STANDARD, {}, [{**season, "parameter": "arbitration.reassign_after", "add_days": 2}])
    case = a_case(policy=policy.identity, reassign_at=REASSIGN_AT + 2 * DAY)
    at = REASSIGN_AT + 2 * DAY
    because = reassign(case, fired(REASSIGN, at, case), given(at, policies=PolicyBook([policy]))).because
    assert because is not None
    assert because.policy == {"arbitration.reassign_after": "P9D"}


def test_deadlines_of_an_earlier_review_are_outlived() -> None:
    later = a_case(review_at=NOW)
    for rule, kind in ((reassign, REASSIGN), (rule_by_fallback, FALLBACK)):
        assert rule(later, fired(kind, FALLBACK_AT, CASE), given(FALLBACK_AT)).outcome is Outcome.NOTHING


@pytest.mark.parametrize("status", [s for s in CaseStatus if s not in (CaseStatus.REVIEW, CaseStatus.AWAITING_SECOND)])
def test_no_fallback_outside_the_review(status: CaseStatus) -> None:
    decision = rule_by_fallback(a_case(status=status), fired(FALLBACK, FALLBACK_AT, CASE), given(FALLBACK_AT))
    assert decision.outcome is Outcome.NOTHING


def test_no_fallback_while_a_ruling_is_on_its_way() -> None:
    decision = rule_by_fallback(a_case(rulings=(a_ruling(),)), fired(FALLBACK, FALLBACK_AT, CASE), given(FALLBACK_AT))
    assert decision.outcome is Outcome.NOTHING


def test_the_fallback_rules_by_the_table_on_the_filed_facts() -> None:
    decision = rule_by_fallback(a_case(), fired(FALLBACK, FALLBACK_AT, CASE), given(FALLBACK_AT))
    [event] = decision.events
    assert isinstance(event, CaseRuled)
    # With evidence on file the claim counts as found, as R16; the multiple is never presumed.
    assert (event.rule, event.remedy, event.refund, event.compensation, event.agent) == ("R16", "return", 4198, 0, None)
    assert decision.state.status is CaseStatus.RULING_SENT


def test_the_fallback_comes_before_a_ruling_that_still_awaits_its_second_agent() -> None:
    case = a_case(status=CaseStatus.AWAITING_SECOND, rulings=(a_ruling(status=RulingStatus.AWAITING_SECOND),))
    decision = rule_by_fallback(case, fired(FALLBACK, FALLBACK_AT, CASE), given(FALLBACK_AT))
    assert [r.status for r in decision.state.rulings] == [RulingStatus.LAPSED, RulingStatus.SENT]


def test_history_says_why_a_ruling_that_awaited_its_second_agent_came_to_nothing() -> None:
    case = a_case(status=CaseStatus.AWAITING_SECOND, rulings=(a_ruling(status=RulingStatus.AWAITING_SECOND),))
    decision = rule_by_fallback(case, fired(FALLBACK, FALLBACK_AT, CASE), given(FALLBACK_AT))
    lapsed = decision.state.rulings[0]
    assert (lapsed.settled_at, lapsed.why) == (FALLBACK_AT, "The fallback ruling came first.")


def test_the_fallback_waits_for_a_promise_that_still_runs() -> None:
    late_promise = FALLBACK_AT + 10 * DAY
    case = a_case(reason="INR_OVERDUE", file=a_file(parcels=(a_parcel(promise_ends_at=late_promise),)))
    decision = rule_by_fallback(case, fired(FALLBACK, FALLBACK_AT, CASE), given(FALLBACK_AT))
    assert (decision.events, [(t.kind, t.due) for t in decision.timers]) == ((), [(FALLBACK, late_promise)])
    then = rule_by_fallback(decision.state, fired(FALLBACK, late_promise, CASE), given(late_promise))
    assert [e.rule for e in then.events if isinstance(e, CaseRuled)] == ["R1"]


def test_the_fallback_rejects_where_nothing_decides() -> None:
    case = a_case(file=a_file(parcels=(IN_TIME,)))
    [event] = rule_by_fallback(case, fired(FALLBACK, FALLBACK_AT, CASE), given(FALLBACK_AT)).events
    assert isinstance(event, CaseRuled)
    assert (event.rule, event.remedy, event.refund) == ("R0", "none", 0)


@pytest.mark.parametrize(
    ("rule", "kind", "due"), [(reassign, REASSIGN, REASSIGN_AT), (rule_by_fallback, FALLBACK, FALLBACK_AT)]
)
def test_deadlines_that_fell_into_our_own_outage_move_by_its_length(rule: Rule, kind: str, due: datetime) -> None:
    hour = timedelta(hours=1)
    now = given(due + hour, outages=(Outage(due - hour, due + hour),))
    decision = rule(a_case(), fired(kind, due, CASE), now)
    assert (decision.state, decision.events) == (None, ())
    assert decision.timers == (review_timer(kind, due + 2 * hour, CASE),)


def names(case: Case, actor: Actor) -> list[str]:
    return [action.name for action in allowed_actions(case, actor)]


KIM, BOSS = Actor(Role.AGENT, "kim"), Actor(Role.SUPERVISOR, "boss")


@pytest.mark.parametrize(
    ("case", "actor", "expected"),
    [
        (a_case(), KIM, ["note", "take", "propose", "rule"]),
        (a_case(agent="kim"), KIM, ["note", "hand_back", "propose", "rule"]),
        (a_case(agent="lee"), KIM, ["note"]),
        (a_case(agent="lee"), BOSS, ["note", "take", "hand_back", "propose", "rule"]),
        (a_case(), Actor(Role.AGENT, "anna"), []),
        (a_case(status=CaseStatus.RULED), KIM, ["note"]),
        (a_case(status=CaseStatus.RULING_SENT, agent="kim", rulings=(a_ruling(),)), KIM, ["note", "hand_back"]),
    ],
)
def test_allowed_actions(case: Case, actor: Actor, expected: list[str]) -> None:
    assert names(case, actor) == expected


def test_only_another_agent_is_offered_to_second() -> None:
    case = a_case(
        status=CaseStatus.AWAITING_SECOND, agent="kim", rulings=(a_ruling(status=RulingStatus.AWAITING_SECOND),)
    )
    assert "second" not in names(case, KIM)
    assert names(case, Actor(Role.AGENT, "lee")) == ["note", "second"]


def test_ruling_is_open_from_the_review_until_the_fallback() -> None:
    [action] = [a for a in allowed_actions(a_case(), KIM) if a.name == "rule"]
    assert (action.since, action.until) == (REVIEW_AT, FALLBACK_AT)
    assert action.since > PROMISED


@pytest.mark.parametrize(
    ("case", "actor", "expected"),
    [
        # In the review: until the fallback rules.
        (
            CASE,
            KIM,
            {
                "note": (CASE.opened_at, None),
                "take": (CASE.opened_at, FALLBACK_AT),
                "propose": (REVIEW_AT, FALLBACK_AT),
                "rule": (REVIEW_AT, FALLBACK_AT),
            },
        ),
        (
            a_case(agent="kim", proposed_until=NOW),
            KIM,
            {
                "note": (CASE.opened_at, None),
                "hand_back": (CASE.opened_at, FALLBACK_AT),
                "propose": (REVIEW_AT, FALLBACK_AT),
                "rule": (REVIEW_AT, NOW),
            },
        ),
        # Ahead of the review: from its latest start on.
        (
            a_case(status=CaseStatus.EVIDENCE, agent="kim", review_at=None, fallback_at=None),
            KIM,
            {"note": (CASE.opened_at, None), "hand_back": (CASE.opened_at, None), "rule": (REVIEW_AT, None)},
        ),
        (
            a_case(status=CaseStatus.SERVICE, agent="kim", service_until=NOW),
            KIM,
            {"note": (CASE.opened_at, None), "hand_back": (CASE.opened_at, NOW), "service": (CASE.opened_at, NOW)},
        ),
        (
            a_case(
                status=CaseStatus.AWAITING_SECOND,
                agent="kim",
                rulings=(a_ruling(status=RulingStatus.AWAITING_SECOND),),
            ),
            Actor(Role.AGENT, "lee"),
            {"note": (CASE.opened_at, None), "second": (NOW, FALLBACK_AT)},
        ),
    ],
)
def test_from_when_and_until_when(case: Case, actor: Actor, expected: dict[str, Any]) -> None:
    assert {each.name: (each.since, each.until) for each in allowed_actions(case, actor)} == expected
