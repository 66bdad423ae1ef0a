"""Every decision says why: the rule's title, facts with their sources, policy, amounts, and where it would turn."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from aftersales.contracts.envelope import Event
from aftersales.decision import Because, Decision, Outcome, Source
from aftersales.explanation import TURNS, english
from aftersales.rulebook import titles
from aftersales.runtime.unit.explain import explained
from aftersales.service import On
from dispute.domain import transitions
from dispute.handlers import SERVICE
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SECOND, SHIPPED
from tests.rules.dispute.test_proposals import a_proposal
from tests.rules.dispute.test_service import decided as settled
from tests.rules.dispute.world import World, a_world, opened, with_policy

ANSWER_BY = OPENED + 5 * DAY


def structure(decision: Decision) -> dict[str, Any]:
    on = next(rule for rule in SERVICE.rules if isinstance(rule, On))
    return explained(decision, on)


def told(decision: Decision) -> list[str]:
    return english(structure(decision), currency="USD", what="marketplace.plan_refused.v1", arrived_at=OPENED)


def test_late_says_the_deadline_its_parameter_and_what_would_have_counted() -> None:
    world = opened()
    decision = world.hear(say.a_refusal(), arrived_at=ANSWER_BY)
    said = structure(decision)
    assert (said["rule"], said["title"]) == ("refused: late", "the seller refuses or makes a counter-plan")
    assert said["facts"]["deadline"] == "2025-05-06T09:00:00+00:00"
    assert said["sources"]["deadline"] == {"event": "state AWAITING_SELLER", "at": "2025-05-01T09:00:00Z"}
    assert (said["policy"], said["policy_version"]) == ({"seller.response": "P5D"}, world.order.known.policy)
    assert said["otherwise"] == [{"turn": "before", "at": "2025-05-06T09:00:00Z"}]
    assert told(decision)[-1] == "It would have counted before 2025-05-06 09:00:00 UTC."


def test_silence_says_that_an_answer_before_the_deadline_would_have_counted() -> None:
    world = opened().until(ANSWER_BY)
    silence = next(d for d in world.decisions if d.because and d.because.rule == "transition 6")
    paid_by = "escrow 20.00 USD, deposit 0.00 USD, platform fund 0.00 USD, service fund 0.00 USD, debt 0.00 USD"
    of_the_state = "deadline 2025-05-06 09:00:00 UTC (state AWAITING_SELLER, 2025-05-01 09:00:00 UTC)"
    the_plan = "plan 20.00 USD (marketplace.complaint_made, 2025-05-01 09:00:00 UTC)"
    computed = f"cap 41.98 USD, refund 20.00 USD, paid by {paid_by}"
    assert told(silence) == [
        "Transition 6: the seller is silent.",
        f"Facts: {of_the_state}; {the_plan}; {computed} (marketplace.plan_refused, 2025-05-01 09:00:00 UTC).",
        f"Policy {world.order.known.policy}: seller.response P5D, seller.silence execute.",
        "Refund 20.00 USD = the plan, at most the cap: plan 20.00 USD; cap 41.98 USD; L1 units 1-2 each 10.00 USD.",
        "An answer before 2025-05-06 09:00:00 UTC would have counted.",
    ]


CASES: list[tuple[Callable[[World], Decision], str]] = [
    (lambda w: w.hear(say.a_refusal(4199), OPENED + DAY), "41.98 USD or less would have been taken."),
    (lambda w: w.hear(say.change(0), OPENED + DAY), "0.01 USD or more would have been taken."),
    (lambda w: w.hear(say.a_refusal(), OPENED + DAY), "From 2025-05-06 09:00:00 UTC on it would have been late."),
    (lambda w: w.hear(say.change(1), ANSWER_BY - SECOND), "From 2025-05-06 09:00:00 UTC on it would have been late."),
]


@pytest.mark.parametrize(("happens", "turn"), CASES)
def test_the_nearest_boundary_is_named(happens: Callable[[World], Decision], turn: str) -> None:
    assert told(happens(opened()))[-1] == turn


def test_asking_the_platform_too_early_names_from_when_it_is_possible() -> None:
    world = opened()
    world.hear(say.a_refusal(), OPENED + DAY)
    decision = world.hear(say.escalation(), OPENED + 3 * DAY - SECOND)
    assert told(decision)[-1] == "It would have been possible from 2025-05-04 09:00:00 UTC on."
    assert structure(decision)["policy"] == {"escalate.manual_from": "P3D", "escalate.manual_to": "P15D"}


def test_opening_rests_on_the_promise_that_began_with_the_shipment() -> None:
    said = structure(a_world().hear(say.a_complaint(), OPENED))
    assert said["sources"]["promise_ends_at"] == {"event": "marketplace.parcel_shipped", "at": "2025-04-12T00:00:00Z"}
    assert said["amounts"]["cap"] == {
        "value": 4198,
        "formula": "the smaller of what is left of the units and of the payment",
        "units_left": 4198,
        "paid_left": 4198,
    }


def test_every_transition_has_its_title_in_one_place() -> None:
    assert {row.number for row in transitions.TRANSITIONS} <= titles.TITLES.keys()


def test_every_deadline_says_what_would_have_counted() -> None:
    timers = {row.what for row in transitions.TRANSITIONS if row.by == transitions.TIMER}
    assert timers <= TURNS.keys()


@pytest.mark.parametrize(
    ("word", "number"),
    [
        (a_proposal(at=OPENED), "16"),
        (say.a_ruling(OPENED), "17"),
        (settled("settled", 100), "23"),
        (say.an_appeal_decided("upheld", OPENED), "25"),
    ],
)
def test_what_the_desk_said_too_late_is_explained_by_what_it_would_have_been(word: Event, number: str) -> None:
    decision = opened().hear(word, OPENED)
    said = structure(decision)
    assert (decision.slug, said["rule"]) == ("not-in-review", f"transition {number}")
    assert said["facts"]["state"] == "AWAITING_SELLER"


def test_a_rule_that_the_rulebook_does_not_number_is_told_in_words() -> None:
    assert english({"rule": "parcel_told"}, currency=None, what="tracking.parcel_tracked.v1", arrived_at=OPENED) == [
        "Parcel told."
    ]


def because(decision: Decision) -> Because:
    assert decision.because is not None
    return decision.because


def test_a_time_of_no_whole_days_is_written_as_policies_write_it() -> None:
    decision = with_policy(a_world(), seller_response=timedelta(hours=36)).hear(say.a_complaint(), OPENED)
    assert because(decision).policy["seller.response"] == "P1DT12H"


def test_an_accepted_plan_rests_on_the_last_change_of_it() -> None:
    world = opened()
    world.hear(say.change(1500), OPENED + DAY)
    decision = world.hear(say.accepted(), OPENED + 2 * DAY)
    assert because(decision).sources["plan"] == Source("marketplace.plan_changed", OPENED + DAY)


@pytest.mark.parametrize("counter", [None, 0, 1000])
def test_a_refusal_says_the_counter_plan_or_that_there_was_none(counter: int | None) -> None:
    assert because(opened().hear(say.a_refusal(counter), OPENED)).facts["counter"] == counter


@pytest.mark.parametrize("departed", [None, "Both photos show the same crack."])
def test_a_ruling_says_why_the_agent_left_the_recommendation(departed: str | None) -> None:
    world = opened()
    world.hear(say.a_refusal(), OPENED)
    world.until(OPENED + 11 * DAY)
    decision = world.hear(say.a_ruling(world.now, departed=departed))
    ruled = next(one for one in reversed(world.decisions) if one.because and one.because.rule == "transition 17")
    assert (decision.outcome, because(ruled).facts["departed"]) == (Outcome.APPLIED, departed)


LATE, RECEIVED = PROMISED + DAY, PROMISED + 2 * DAY


@pytest.mark.parametrize(
    ("facts", "name", "event", "at"),
    [
        ((say.delivered(LATE),), "delivered_at", "carrier.parcel_scanned", LATE),
        ((say.delivered(), say.receipt(RECEIVED)), "receipt_at", "marketplace.receipt_confirmed", RECEIVED),
    ],
)
def test_opening_rests_on_what_its_window_counts_from(
    facts: tuple[Event, ...], name: str, event: str, at: datetime
) -> None:
    world = a_world(say.shipped(), *facts)
    assert because(world.hear(say.a_complaint(), RECEIVED)).sources[name] == Source(event, at)


def test_the_latest_promise_began_with_the_shipment_of_its_own_parcel() -> None:
    later = SHIPPED + 2 * DAY
    world = a_world(say.shipped(units={"L1": (1,)}), say.shipped("P2", units={"L1": (2,)}, shipped_at=later))
    found = because(world.hear(say.not_received(), OPENED))
    assert found.facts["promise_ends_at"] == (PROMISED + 2 * DAY).isoformat()
    assert found.sources["promise_ends_at"] == Source("marketplace.parcel_shipped", later)
