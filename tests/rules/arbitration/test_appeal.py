"""An appeal at the desk: who may decide it, until when, and what dispute is told (24, 25; 8.30, 8.51)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from aftersales.contracts.appeal import DisputeAppealDecided, DisputeAppealed, DisputeFrozen, DisputeResumed
from aftersales.contracts.arbitration import AppealDecided, CaseOpened
from aftersales.contracts.dispute import DisputeEscalated, DisputeReviewStarted, RulingOvertaken
from aftersales.decision import Because, Decision, Outage, Outcome, TimerFired, nothing
from aftersales.identity import Actor, Role
from arbitration.domain.case import CaseStatus
from arbitration.domain.commands import AppealJudged, CaseTaken, NoteAdded, RulingMade
from arbitration.domain.ruling import RulingStatus
from arbitration.handlers import SERVICE
from arbitration.rules.actions import allowed_actions
from arbitration.rules.appeal import appeal_timer, decide, time_is_over
from arbitration.store.kinds import case_ref
from tests.rules.arbitration.builders import DAY, NOW, SECOND, given
from tests.rules.arbitration.spoken import a_step
from tests.rules.arbitration.world import case
from tests.support.in_memory import InMemory

UNTIL = NOW + 7 * DAY
ZERO = timedelta(0)
ENDED: dict[str, Any] = {
    "agreement": "arbitration",
    "rule": "R20",
    "liable": "seller",
    "refund": 4198,
    "compensation": 7996,
    "freight": 0,
}


def appealed(**differs: Any) -> InMemory:
    """The seller's appeal against what kim ruled and lee seconded; the case is new here."""
    said: dict[str, Any] = {"party": "seller", "evidence": ("invoice",), "kept_off": ("kim", "lee"), **ENDED, **differs}
    world = InMemory(SERVICE, source="dispute")
    world.hear(a_step(DisputeAppealed, step=9, at=NOW, state="APPEAL_REVIEW", deadline=UNTIL, **said), NOW)
    return world


def judged(world: InMemory, at: datetime = NOW + DAY, agent: str = "mia", **differs: Any) -> Decision:
    said: dict[str, Any] = {"seen": case(world).version, "outcome": "overturn", **differs}
    [decision] = world.hear(AppealJudged(case="D1", agent=agent, **said), at)
    return decision


def answered(world: InMemory, **differs: Any) -> None:
    """Dispute has carried out the newest decision."""
    decision = world.told(AppealDecided)[-1]
    told: dict[str, Any] = {"decision": decision.decision, "party": "seller", "outcome": decision.outcome, **differs}
    world.hear(a_step(DisputeAppealDecided, step=10, at=NOW + DAY, state="CLOSED_REFUNDED", **told), NOW + DAY)


def names(world: InMemory, agent: str, role: Role = Role.AGENT) -> list[str]:
    return [action.name for action in allowed_actions(case(world), Actor(role, agent))]


def test_a_case_in_nobodys_hands_also_where_the_dispute_never_came_to_the_desk() -> None:
    world = appealed()
    assert (case(world).status, case(world).agent, case(world).due) == (CaseStatus.APPEAL, None, UNTIL)
    assert case(world).version == 1
    assert len(world.told(CaseOpened)) == 1


def test_a_case_that_was_ruled_on_leaves_its_agents_hands() -> None:
    world = InMemory(SERVICE, source="dispute")
    world.hear(a_step(DisputeEscalated, step=3, at=NOW - DAY, how="by_hand"), NOW - DAY)
    world.hear(a_step(DisputeReviewStarted, step=4, at=NOW - DAY), NOW - DAY)
    world.hear(CaseTaken(case="D1", agent="kim"), NOW - DAY)
    appeal: dict[str, Any] = {"party": "buyer", "evidence": ("photo",), "kept_off": ("kim",), **ENDED}
    world.hear(a_step(DisputeAppealed, step=9, at=NOW, state="APPEAL_REVIEW", deadline=UNTIL, **appeal), NOW)
    assert (case(world).status, case(world).agent, len(case(world).rounds)) == (CaseStatus.APPEAL, None, 2)


@pytest.mark.parametrize(("outcome", "told"), [("uphold", "upheld"), ("overturn", "overturned")])
def test_another_agent_upholds_or_overturns(outcome: str, told: str) -> None:
    world = appealed()
    assert judged(world, outcome=outcome, amount=1200).outcome is Outcome.APPLIED
    [event] = world.told(AppealDecided)
    assert (event.outcome, event.agent, event.amount) == (told, "mia", 1200)
    assert case(world).status is CaseStatus.APPEAL_SENT
    answered(world)
    assert (case(world).status, case(world).due) == (CaseStatus.APPEAL_DECIDED, None)


@pytest.mark.parametrize("agent", ["kim", "lee", "anna", "shop"])
@pytest.mark.parametrize("role", ["agent", "supervisor"])
def test_who_decided_before_or_is_a_party_keeps_off(agent: str, role: str) -> None:
    world = appealed()
    for command in (CaseTaken(case="D1", agent=agent, role=role), NoteAdded(case="D1", agent=agent, words="mine")):  # type: ignore[arg-type]
        assert world.hear(command, NOW)[0].slug == "conflict-of-interest"
    assert judged(world, agent=agent, role=role).slug == "conflict-of-interest"
    assert names(world, agent, Role(role)) == []
    assert world.told(AppealDecided) == []


def test_a_reader_is_told_until_when() -> None:
    world = appealed()
    assert names(world, "mia") == ["note", "take", "appeal"]
    actions = {action.name: action for action in allowed_actions(case(world), Actor(Role.AGENT, "mia"))}
    assert (actions["appeal"].since, actions["appeal"].until) == (NOW, UNTIL)
    assert (actions["take"].since, actions["take"].until) == (NOW, UNTIL)


def test_no_appeal_is_offered_that_was_decided() -> None:
    world = appealed()
    judged(world)
    assert names(world, "mia") == ["note", "hand_back"]


def test_refused_when_another_has_taken_it_or_it_has_changed() -> None:
    world = appealed()
    assert judged(world, seen=7).slug == "version-changed"
    world.hear(CaseTaken(case="D1", agent="zoe"), NOW + DAY)
    assert judged(world).slug == "case-taken"
    assert judged(world, agent="zoe").outcome is Outcome.APPLIED


def test_refused_where_there_is_no_appeal_or_it_was_decided() -> None:
    world = appealed()
    judged(world)
    assert judged(world).slug == "no-appeal"
    assert decide(None, AppealJudged(case="D1", agent="mia", seen=1, outcome="uphold"), given()).slug == "not-found"


def test_the_round_ends_with_what_the_appeal_came_to() -> None:
    world = appealed()
    judged(world)
    answered(world)
    last = case(world).rounds[-1]
    assert (last.number, last.ended_at) == (1, NOW + DAY)
    assert (last.end or "").startswith("appeal ")
    assert [(move.thing, move.before, move.after) for move in world.decisions[-1].moves] == [
        ("case", "appeal_sent", "appeal_decided")
    ]


def test_nothing_when_dispute_answers_what_nobody_asked() -> None:
    told: dict[str, Any] = {"decision": "A-1", "party": "seller", "outcome": "upheld"}
    world = InMemory(SERVICE, source="dispute")
    answer = a_step(DisputeAppealDecided, step=10, at=NOW, state="CLOSED_REFUNDED", **told)
    [decision] = world.hear(answer, NOW)
    assert (decision.slug, decision.sentence) == ("nothing-new", "The desk waits for no answer about A-1.")


def test_nothing_when_dispute_answers_about_another_decision() -> None:
    world = appealed()
    judged(world)
    before = case(world)
    answered(world, decision="A-1")
    assert (world.decisions[-1].slug, case(world)) == ("nothing-new", before)


def test_nothing_is_ruled_in_an_appeal() -> None:
    world = appealed()
    ruling = RulingMade(case="D1", agent="mia", seen=case(world).version, findings={})
    assert world.hear(ruling, NOW)[0].slug == "in-appeal"


@pytest.mark.parametrize(("at", "outcome"), [(-SECOND, "overturned"), (ZERO, "undecided"), (SECOND, "undecided")])
def test_decided_before_its_time_is_over_else_what_was_decided_stands(at: timedelta, outcome: str) -> None:
    world = appealed()
    judged(world, UNTIL + at)
    assert [event.outcome for event in world.told(AppealDecided)] == [outcome]


def test_nobody_decides() -> None:
    world = appealed()
    world.until(UNTIL - SECOND)
    assert world.told(AppealDecided) == []
    world.until(UNTIL)
    assert [(event.outcome, event.agent) for event in world.told(AppealDecided)] == [("undecided", None)]
    answered(world)
    world.until(UNTIL + 30 * DAY)
    assert len(world.told(AppealDecided)) == 1


def test_a_decision_at_the_end_that_fell_into_an_outage_counts() -> None:
    world = appealed()
    outages = (Outage(UNTIL - DAY, UNTIL + DAY),)
    word = AppealJudged(case="D1", agent="mia", seen=case(world).version, outcome="uphold")
    assert decide(case(world), word, given(UNTIL + 2 * DAY - SECOND, outages=outages)).outcome is Outcome.APPLIED
    late = decide(case(world), word, given(UNTIL + 2 * DAY, outages=outages))
    until = f"{UNTIL + 2 * DAY:%Y-%m-%d %H:%M:%S} UTC"
    assert late == nothing("late", f"The appeal could be decided before {until}; what was decided stands.")


def test_time_that_ran_out_in_an_outage_is_over_later_by_its_length() -> None:
    world = appealed()
    outages = (Outage(UNTIL - DAY, UNTIL + DAY),)
    [timer] = world.timers
    fired = TimerFired(timer.kind, timer.due, case_ref("D1"), timer.data)
    put_off = time_is_over(case(world), fired, given(UNTIL + DAY, outages=outages))
    assert (put_off.outcome, put_off.state, put_off.events) == (Outcome.APPLIED, None, ())
    assert put_off.timers == (appeal_timer(case(world), UNTIL + 2 * DAY),)
    [again] = put_off.timers
    fired = TimerFired(again.kind, again.due, case_ref("D1"), again.data)
    [event] = time_is_over(case(world), fired, given(UNTIL + 2 * DAY, outages=outages)).events
    assert isinstance(event, AppealDecided)
    assert event.outcome == "undecided"


# -- chargebacks -------------------------------------------------------------------------------------------------------

FROZEN, ENDS = NOW + DAY, NOW + 20 * DAY


def frozen(how: str | None = None, until: datetime = UNTIL) -> InMemory:
    world = appealed()
    world.hear(a_step(DisputeFrozen, step=10, at=FROZEN, state="APPEAL_REVIEW", deadline=UNTIL), FROZEN)
    if how is not None:
        ended: dict[str, Any] = {"chargeback": how, "frozen_at": FROZEN, "deadline": until}
        world.hear(a_step(DisputeResumed, step=11, at=ENDS, state="APPEAL_REVIEW", **ended), ENDS)
    return world


def test_nothing_is_decided_meanwhile_by_nobody() -> None:
    world = frozen()
    assert judged(world).slug == "chargeback-open"
    assert "appeal" not in names(world, "mia")
    world.until(ENDS)
    assert world.told(AppealDecided) == []


def test_made_meanwhile_it_stands_still_from_the_beginning() -> None:
    assert judged(appealed(frozen_at=FROZEN)).slug == "chargeback-open"


def test_won_the_time_to_decide_ends_when_dispute_says() -> None:
    moved = UNTIL + (ENDS - FROZEN)
    world = frozen("won", moved)
    assert case(world).due == moved
    world.until(moved - SECOND)
    assert world.told(AppealDecided) == []
    world.until(moved)
    assert len(world.told(AppealDecided)) == 1


def test_lost_the_time_is_over_at_once_where_it_had_ended_meanwhile() -> None:
    world = frozen("lost")
    world.until(ENDS)
    assert [event.outcome for event in world.told(AppealDecided)] == ["undecided"]


def test_a_decision_overtaken_by_a_chargeback_waits_for_another() -> None:
    world = appealed()
    judged(world)
    [sent] = world.told(AppealDecided)
    overtaken = RulingOvertaken(
        order="O1", dispute="D1", ruling=sent.decision, slug="chargeback-open", sentence="Wait.", state="APPEAL_REVIEW"
    )
    for _ in range(2):
        world.hear(overtaken, NOW + DAY)
        assert case(world).status is CaseStatus.APPEAL
    told, repeated = world.decisions[-2:]
    assert told.because == Because("transition 25", {"slug": "chargeback-open"}, policy_version=case(world).policy)
    assert [(move.before, move.after) for move in told.moves] == [("appeal_sent", "appeal")]
    assert repeated == nothing("already-heard", "The appeal of case D1 is appeal.")
    waiting = case(world).appeal
    assert waiting is not None
    assert (waiting.status, waiting.why) == (RulingStatus.OVERTAKEN, "chargeback-open: Wait.")
    assert judged(world, NOW + 2 * DAY).outcome is Outcome.APPLIED
    decided = case(world).appeal
    assert decided is not None
    assert (decided.status, decided.why) == (RulingStatus.SENT, None)
