"""The table is the truth: in every state every command, ruling, payment and timer is answered as it says."""

from typing import Any

import pytest
from msgspec.structs import replace

from aftersales.contracts import marketplace as said
from aftersales.contracts.dispute import DisputeState, Party
from aftersales.decision import Decision, Given, Outcome, SubjectRef, TimerFired
from aftersales.identity import cause_id
from dispute.domain import states, transitions
from dispute.domain.dispute import Appeal, GoodsBack, Offer, Owed, Proposal
from dispute.handlers import SERVICE
from dispute.rules.actions import Action, allowed_actions
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED
from tests.rules.dispute.world import MARKET, World, a_world, opened, slug

PARTIES: tuple[Party, ...] = ("buyer", "seller")
COMMANDS = [
    say.a_complaint(),
    say.change(1500),
    say.accepted(),
    say.a_refusal(),
    say.escalation(),
    say.cancellation(),
    say.evidence(),
    say.evidence_done(),
    say.return_shipped(),
    say.return_confirmed(),
    say.command(said.ReturnContested, evidence=("photo",)),
    say.an_appeal(),
]
OUT_OF_PLACE = {"wrong-state", "not-your-move", "already-open", "already-closed"}
TIMERS = [on.kind for on in SERVICE.rules if not hasattr(on, "event") and on.kind.endswith("due")]


def standing(state: DisputeState) -> World:
    """A dispute in a state, with plans of both parties and time left in every window."""
    world = opened()
    world.hear(say.a_refusal(1000), OPENED)
    soon = OPENED + 4 * DAY
    dispute = replace(world.dispute(), state=state, deadline=soon, clock_at=OPENED - 3 * DAY, auto_at=soon)
    if state in ("RETURN_AWAITING_SHIPMENT", "RETURN_IN_TRANSIT"):
        dispute = replace(dispute, agreement="consensus", owed=Owed(100, 0, "escrow", 0))
    if state == "RETURN_IN_TRANSIT":
        dispute = replace(dispute, back=GoodsBack("EMS", "R1", 0, OPENED))
    if state == "PLATFORM_PROPOSED":
        dispute = replace(dispute, proposal=Proposal("P-1", Offer("refund", 1500, 1)))
    if state in states.ENDED:
        dispute = replace(dispute, agreement="arbitration", closed_at=OPENED)
    if state == "APPEAL_REVIEW":
        dispute = replace(dispute, appeal=Appeal("buyer", "CLOSED_REJECTED", OPENED))
    kept = world.order.keeping(dispute)
    if state in states.CLOSED:
        kept = kept.closing(dispute)
    world.states[SubjectRef("order", "O1")] = kept
    return world


@pytest.mark.parametrize("party", PARTIES)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name())
@pytest.mark.parametrize("state", states.EVERY)
def test_a_command_is_possible_where_the_table_has_it(state: DisputeState, command: Any, party: Party) -> None:
    world = standing(state)
    before = world.dispute()
    by = {"buyer": "anna", "seller": "shop"}[party]
    decision = world.hear(command.model_copy(update={"by": by}))
    row = transitions.find(state, type(command), party)
    if row is None:
        assert slug(decision) in OUT_OF_PLACE
        assert (decision.state, world.dispute()) == (None, before)
    else:
        assert slug(decision) not in OUT_OF_PLACE
        assert decision.outcome is Outcome.APPLIED
        assert world.dispute().state in (*row.to, "CLOSED_REFUNDED")


@pytest.mark.parametrize("state", states.EVERY)
def test_a_ruling_is_executed_where_the_table_has_it(state: DisputeState) -> None:
    decision = standing(state).hear(say.a_ruling(OPENED))
    row = transitions.find(state, type(say.a_ruling(OPENED)), "platform")
    assert (decision.outcome is Outcome.APPLIED) == (row is not None)


@pytest.mark.parametrize("kind", TIMERS)
@pytest.mark.parametrize("state", states.EVERY)
def test_a_timer_is_outlived_where_the_table_has_it_not(state: DisputeState, kind: str) -> None:
    world = standing(state)
    if kind == transitions.CONFIRM_DUE:
        world.states[SubjectRef("order", "O1")] = world.order.keeping(replace(world.dispute(), confirming=True))
    decision = fire(world, kind)
    expected = any(state in row.sources for row in transitions.of(kind))
    assert (decision.slug == "outlived") == (not expected)


@pytest.mark.parametrize("kind", TIMERS)
def test_a_timer_armed_for_another_deadline_is_outlived(kind: str) -> None:
    world = standing(next(row.sources[0] for row in transitions.of(kind) if row.sources[0]))
    assert fire(world, kind, (OPENED + 3 * DAY).isoformat()).slug == "outlived"


def fire(world: World, kind: str, deadline: str | None = None) -> Decision:
    due = OPENED + 4 * DAY
    ref = SubjectRef("order", "O1")
    given = Given(due + DAY, due, cause_id("timer", kind), world.policies, others={})
    on = SERVICE.on_timer(kind)
    assert on is not None
    data = {"dispute": "D1", "deadline": deadline or due.isoformat()}
    return on.decide(world.order, TimerFired(kind, due, ref, data), given)


def test_every_row_is_answered_by_a_rule() -> None:
    for row in transitions.TRANSITIONS:
        if isinstance(row.what, str):
            assert SERVICE.on_timer(row.what) is not None
        elif row.what.TYPE:
            assert SERVICE.on_event(row.what) is not None


def names(world: World, party: Party) -> list[str]:
    return [action.name for action in actions(world, party)]


def actions(world: World, party: Party) -> tuple[Action, ...]:
    return allowed_actions(world.order, world.dispute(), party, now=world.now, policies=world.policies)


def test_a_reader_is_told_what_they_may_do_and_until_when() -> None:
    world = opened()
    seller = {action.name: (action.since, action.until) for action in actions(world, "seller")}
    answer = (OPENED, OPENED + 5 * DAY)
    assert seller == {"accept": answer, "refuse": answer, "evidence": (OPENED, None)}
    assert names(world, "buyer") == ["plan", "cancel", "evidence"]
    world.hear(say.a_refusal(), OPENED + DAY)
    buyer = {action.name: (action.since, action.until) for action in actions(world, "buyer")}
    assert buyer["escalate"] == (OPENED + 3 * DAY, OPENED + 7 * DAY)
    assert buyer["accept"] == (OPENED + DAY, OPENED + 7 * DAY)


def test_nothing_is_allowed_that_would_be_late() -> None:
    world = opened()
    world.now = OPENED + 5 * DAY
    assert names(world, "seller") == ["evidence"]


def test_a_withdrawn_dispute_can_be_opened_again_until_the_window_ends() -> None:
    world = opened()
    world.hear(say.cancellation(), OPENED + DAY)
    [action] = actions(world, "buyer")
    assert (action.name, action.since, action.until) == ("open", OPENED + DAY, say.PROMISED + 15 * DAY)
    assert actions(world, "seller") == ()


@pytest.mark.parametrize("party", PARTIES)
@pytest.mark.parametrize("state", states.EVERY)
def test_what_is_allowed_is_accepted(state: DisputeState, party: Party) -> None:
    world = standing(state)
    by = {"buyer": "anna", "seller": "shop"}[party]
    for action in actions(world, party):
        command = next(one for one in COMMANDS if transitions.ACTIONS.get(type(one)) == action.name)
        if action.since <= world.now:
            assert slug(standing(state).hear(command.model_copy(update={"by": by}))) is None


def test_the_only_source_is_the_one_that_placed_the_order() -> None:
    assert a_world().order.known.source == MARKET
