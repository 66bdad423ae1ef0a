"""A ruling that dispute was past: the case is withdrawn, or its review goes on."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aftersales.contracts.dispute import RulingOvertaken
from aftersales.decision import Because, Outcome, nothing
from arbitration.domain.case import CaseStatus
from arbitration.domain.commands import RulingMade
from arbitration.domain.ruling import RulingStatus
from arbitration.rules.dispute_steps import FALLBACK
from arbitration.rules.outcome import overtaken
from arbitration.rules.ruling import rule
from tests.rules.arbitration.builders import DAY, NOW, a_case, given
from tests.rules.arbitration.rulings import a_ruling, an_offer

SENT = a_case(status=CaseStatus.RULING_SENT, rulings=(a_ruling(),))


def past(state: str | None) -> RulingOvertaken:
    content = {"order": "O1", "dispute": "D1", "ruling": "R-1", "slug": "wrong-state", "sentence": "It was cancelled."}
    return RulingOvertaken.model_validate({**content, "state": state})


def test_overtaken_with_the_reason_and_the_case_withdrawn() -> None:
    case = overtaken(SENT, past("CLOSED_CANCELLED"), given()).state
    assert (case.status, case.rulings[0].status) == (CaseStatus.WITHDRAWN, RulingStatus.OVERTAKEN)
    assert case.rulings[0].why == "wrong-state: It was cancelled."


def test_overtaken_in_review_goes_on_and_keeps_its_fallback() -> None:
    late = (SENT.fallback_at or NOW) + DAY
    decision = overtaken(SENT, past("ARBITRATION_REVIEW"), given(late))
    assert decision.state.status is CaseStatus.REVIEW
    assert [(t.kind, t.due) for t in decision.timers] == [(FALLBACK, late)]
    said_again = RulingMade(case="D1", agent="kim", seen=decision.state.version, findings={"counterfeit": "upheld"})
    assert rule(decision.state, said_again, given()).outcome is Outcome.APPLIED


def test_an_overtaken_fallback_is_not_repeated_at_once() -> None:
    by_fallback = a_case(status=CaseStatus.RULING_SENT, rulings=(a_ruling(agent=None),))
    late = (SENT.fallback_at or NOW) + DAY
    [timer] = overtaken(by_fallback, past("ARBITRATION_REVIEW"), given(late)).timers
    assert timer.due == late + DAY


def test_overtaken_after_the_case_was_withdrawn_is_shown_and_changes_nothing_else() -> None:
    withdrawn = a_case(status=CaseStatus.WITHDRAWN, rulings=(a_ruling(),))
    case = overtaken(withdrawn, past("CLOSED_CANCELLED"), given()).state
    assert (case.status, case.rulings[0].status) == (CaseStatus.WITHDRAWN, RulingStatus.OVERTAKEN)


def test_history_says_what_a_ruling_was_overtaken_by() -> None:
    for status, state in (
        (CaseStatus.RULING_SENT, "CLOSED_CANCELLED"),
        (CaseStatus.WITHDRAWN, "CLOSED_CANCELLED"),
        (CaseStatus.RULING_SENT, "ARBITRATION_REVIEW"),
    ):
        facts = {"ruling": "R-1", "slug": "wrong-state", "state": state}
        decision = overtaken(replace(SENT, status=status), past(state), given())
        assert decision.because == Because("transition 17", facts)


@pytest.mark.parametrize(
    ("status", "state", "number"), [(CaseStatus.SERVICE, "SERVICE_REVIEW", "23"), (CaseStatus.REVIEW, None, "16")]
)
def test_history_says_what_an_offer_was_overtaken_by(status: CaseStatus, state: str | None, number: str) -> None:
    before = a_case(status=status, offers=(an_offer(),), service_until=NOW + DAY)
    facts = {"decision": "R-1", "slug": "wrong-state", "state": state}
    assert overtaken(before, past(state), given()).because == Because(f"transition {number}", facts)


@pytest.mark.parametrize("agent", ["kim", None])
def test_overtaken_before_its_fallback_is_due_the_fallback_stays_where_it_was(agent: str | None) -> None:
    before = replace(SENT, rulings=(a_ruling(agent=agent),))
    decision = overtaken(before, past("ARBITRATION_REVIEW"), given())
    assert decision.state.fallback_at == SENT.fallback_at
    assert [(t.kind, t.due) for t in decision.timers] == [(FALLBACK, SENT.fallback_at)]


@pytest.mark.parametrize("status", [CaseStatus.RULING_SENT, CaseStatus.REVIEW])
def test_overtaken_after_its_fallback_was_due_the_case_says_when_it_is_due_now(status: CaseStatus) -> None:
    late = (SENT.fallback_at or NOW) + DAY
    state = overtaken(replace(SENT, status=status), past("ARBITRATION_REVIEW"), given(late)).state
    assert (state.fallback_at, state.reassigned, state.due) == (late, True, late)


def test_overtaken_when_is_kept() -> None:
    assert overtaken(SENT, past("CLOSED_CANCELLED"), given()).state.rulings[0].settled_at == NOW


@pytest.mark.parametrize(
    ("state", "move"),
    [
        ("CLOSED_CANCELLED", ("ruling_sent", "withdrawn")),
        ("ARBITRATION_REVIEW", ("ruling_sent", "review")),
        ("PLATFORM_PROPOSED", ("ruling_sent", "review")),
    ],
)
def test_overtaken_a_case_moves_by_where_the_dispute_is(state: str, move: tuple[str, str]) -> None:
    decision = overtaken(SENT, past(state), given())
    assert [(each.before, each.after) for each in decision.moves] == [move]


def test_withdrawn_the_round_ends_with_what_dispute_said() -> None:
    last = overtaken(SENT, past("CLOSED_CANCELLED"), given()).state.rounds[-1]
    assert (last.ended_at, last.end) == (NOW, "It was cancelled.")


def test_overtaken_in_a_review_that_goes_on_it_stays_there() -> None:
    in_review = a_case(rulings=(a_ruling(),))
    decision = overtaken(in_review, past("ARBITRATION_REVIEW"), given())
    assert (decision.moves, decision.state.status) == ((), CaseStatus.REVIEW)
    assert decision.state.version == in_review.version + 1


def test_nothing_when_the_desk_has_heard_it_before_or_knows_no_such_ruling() -> None:
    unknown = nothing("unknown-ruling", "The desk has made no ruling R-1.")
    once = overtaken(SENT, past("CLOSED_CANCELLED"), given()).state
    assert overtaken(once, past("CLOSED_CANCELLED"), given()) == nothing("already-heard", "Ruling R-1 is overtaken.")
    assert overtaken(a_case(), past("CLOSED_CANCELLED"), given()) == unknown
    assert overtaken(None, past("CLOSED_CANCELLED"), given()) == unknown


def test_the_reassignment_that_fell_due_meanwhile_is_over() -> None:
    """Before it the case may still be reassigned, at it or later no more."""
    assert SENT.reassign_at is not None
    for at, over in ((SENT.reassign_at - timedelta(seconds=1), False), (SENT.reassign_at, True)):
        assert overtaken(SENT, past("ARBITRATION_REVIEW"), given(at)).state.reassigned is over
