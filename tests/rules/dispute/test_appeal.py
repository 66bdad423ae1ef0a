"""Who may appeal, until when, and a chargeback in between (transition 24; rulebook 8.30, 8.51)."""

from datetime import timedelta
from typing import Any

import pytest

from aftersales.contracts.appeal import DisputeAppealed
from aftersales.contracts.dispute import RefundOrdered
from dispute.domain import states
from dispute.rules.actions import allowed_actions
from tests.rules.dispute import builders as say
from tests.rules.dispute.appeals import (
    APPEALED,
    CLOSED,
    DECIDE_BY,
    DECIDED,
    ENDS,
    PARTIES,
    REJECTION,
    ZERO,
    appealed,
    consensus,
    decided,
    ruled,
    served,
)
from tests.rules.dispute.builders import DAY, OPENED, SECOND
from tests.rules.dispute.world import World, a_world, executed, opened, slug, with_policy

# -- who and until when ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["anna", "shop"])
@pytest.mark.parametrize(("at", "answer"), [(-SECOND, None), (ZERO, "too-late"), (SECOND, "too-late")])
def test_possible_until_seven_days_after_the_closing(by: str, at: timedelta, answer: str | None) -> None:
    assert slug(ruled().hear(say.an_appeal(by), ENDS + at)) == answer


def test_possible_from_the_closing_on() -> None:
    assert slug(ruled().hear(say.an_appeal(), CLOSED)) is None


def test_the_review_ends_on_the_fifth_working_day() -> None:
    world = appealed()
    assert (world.dispute().state, world.dispute().deadline) == (states.APPEAL_REVIEW, DECIDE_BY)


def test_the_desk_is_told_who_must_keep_off() -> None:
    [told] = appealed().told(DisputeAppealed)
    assert (told.party, told.kept_off, told.rule, told.refund, told.frozen_at) == (
        "seller",
        ("kim", "lee"),
        "R20",
        4198,
        None,
    )


def test_the_fallback_ruling_keeps_nobody_off() -> None:
    [told] = appealed(ruled(agent=None)).told(DisputeAppealed)
    assert told.kept_off == ("lee",)


def test_refused_without_evidence() -> None:
    assert slug(ruled().hear(say.an_appeal(evidence=()), APPEALED)) == "evidence-needed"


@pytest.mark.parametrize(
    ("ended", "buyer", "seller"),
    [
        (consensus, "not-appealable", "not-appealable"),
        (lambda: opened().until(CLOSED), "not-appealable", None),
        (served, None, "not-appealable"),
        (lambda: served("rejected", 0), None, "not-appealable"),
        (ruled, None, None),
    ],
    ids=["consensus", "seller_timeout", "service", "service rejected", "arbitration"],
)
def test_who_may_appeal_follows_from_how_it_ended(ended: Any, buyer: str | None, seller: str | None) -> None:
    for by, answer in (("anna", buyer), ("shop", seller)):
        assert slug(ended().hear(say.an_appeal(by))) == answer


@pytest.mark.parametrize("again", ["anna", "shop"])
@pytest.mark.parametrize("outcome", ["upheld", "overturned", "undecided"])
def test_one_appeal_a_dispute_whoever_makes_it(again: str, outcome: str) -> None:
    world = decided(appealed(), outcome)
    assert slug(world.hear(say.an_appeal(again), DECIDED + SECOND)) == "appealed-already"


def test_none_where_the_policy_has_none() -> None:
    world = with_policy(World(), appeal_count=0)
    for fact in (say.an_order(), say.shipped(), say.delivered(), say.a_complaint()):
        world.hear(fact, OPENED)
    assert slug(ruled(world).hear(say.an_appeal(), APPEALED)) == "appealed-already"


def test_not_while_another_dispute_is_open_on_the_line() -> None:
    world = ruled(**REJECTION)
    world.hear(say.a_complaint(dispute="D2", reason="SNAD_DESCRIPTION"), APPEALED)
    assert slug(world.hear(say.an_appeal(), APPEALED)) == "line-in-dispute"


def test_no_other_dispute_on_the_line_during_an_appeal() -> None:
    world = appealed(ruled(**REJECTION))
    again = say.a_complaint(dispute="D2", reason="SNAD_DESCRIPTION")
    assert slug(world.hear(again, DECIDED)) == "line-in-dispute"


@pytest.mark.parametrize("command", [say.cancellation(), say.evidence(), say.accepted(), say.an_appeal("anna")])
def test_nothing_else_is_possible_during_an_appeal(command: Any) -> None:
    assert slug(appealed().hear(command, DECIDED)) == "wrong-state"


def test_a_reader_is_told_from_when_until_when() -> None:
    world = ruled()
    for party in PARTIES:
        [action] = allowed_actions(world.order, world.dispute(), party, now=world.now, policies=world.policies)
        assert (action.name, action.since, action.until) == ("appeal", CLOSED, ENDS)
    assert allowed_actions(world.order, world.dispute(), "buyer", now=ENDS, policies=world.policies) == ()
    appealed(world)
    assert allowed_actions(world.order, world.dispute(), "seller", now=world.now, policies=world.policies) == ()


# -- with a chargeback -------------------------------------------------------------------------------------------------

FROZEN, WON = CLOSED + 3 * DAY, CLOSED + 20 * DAY


def frozen() -> World:
    world = ruled()
    world.hear(say.chargeback_opened(), FROZEN)
    return world


@pytest.mark.parametrize(("at", "answer"), [(-SECOND, None), (ZERO, "too-late"), (SECOND, "too-late")])
def test_an_appeal_is_possible_meanwhile_until_the_unmoved_end(at: timedelta, answer: str | None) -> None:
    assert slug(frozen().hear(say.an_appeal(), ENDS + at)) == answer


@pytest.mark.parametrize(("at", "answer"), [(-SECOND, None), (ZERO, "too-late"), (SECOND, "too-late")])
def test_won_the_window_moves(at: timedelta, answer: str | None) -> None:
    world = frozen()
    world.hear(say.chargeback_won(), WON)
    assert slug(world.hear(say.an_appeal(), ENDS + (WON - FROZEN) + at)) == answer


def test_won_a_window_that_began_meanwhile_moves_by_the_time_since() -> None:
    world = a_world(pays=False)
    world.hear(say.a_complaint(), OPENED)
    ruled(world)
    world.hear(say.chargeback_opened(), CLOSED + DAY)
    paid = CLOSED + 2 * DAY
    world.hear(executed(world.told(RefundOrdered)[0], paid), paid)
    world.hear(say.chargeback_won(), CLOSED + 5 * DAY)
    ends = paid + 7 * DAY + 3 * DAY
    [action] = allowed_actions(world.order, world.dispute(), "seller", now=world.now, policies=world.policies)
    assert action.until == ends


@pytest.mark.parametrize("end", [say.chargeback_lost, say.chargeback_won])
def test_a_window_that_had_ended_before_stays_ended(end: Any) -> None:
    world = ruled()
    world.hear(say.chargeback_opened(), ENDS)
    world.hear(end(), ENDS + DAY)
    assert slug(world.hear(say.an_appeal(), ENDS + DAY)) == "too-late"


def test_lost_the_window_stays_where_it_was() -> None:
    world = frozen()
    world.hear(say.chargeback_lost(), ENDS - 2 * SECOND)
    assert slug(world.hear(say.an_appeal(), ENDS - SECOND)) is None


def test_nothing_is_decided_meanwhile() -> None:
    world = appealed(frozen(), at=FROZEN + DAY)
    assert world.told(DisputeAppealed)[0].frozen_at == FROZEN
    assert slug(world.hear(say.an_appeal_decided("upheld", FROZEN + 2 * DAY), FROZEN + 2 * DAY)) == "chargeback-open"


def test_won_the_review_moves_by_the_time_since_the_appeal() -> None:
    world = appealed(frozen(), at=FROZEN + DAY)
    due = world.dispute().deadline
    assert due is not None
    world.hear(say.chargeback_won(), WON)
    assert world.dispute().deadline == due + (WON - FROZEN - DAY)


def test_lost_an_appeal_goes_on_and_its_deadline_does_not_move() -> None:
    world = appealed(frozen(), at=FROZEN + DAY)
    due = world.dispute().deadline
    world.hear(say.chargeback_lost(), WON)
    assert (world.dispute().state, world.dispute().deadline) == (states.APPEAL_REVIEW, due)
    assert decided(world, "overturned", WON + SECOND).dispute().liable == "nobody"
