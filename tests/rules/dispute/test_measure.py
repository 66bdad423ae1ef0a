"""A seller's measures: what counts from when to when, what is undone, and what equals a count of every state (9)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftersales.contracts.dispute import DisputeState
from dispute.domain import measure
from dispute.domain.measure import WINDOW, Fact, Marks, by, counts, percentile, rate, under_last_reason
from dispute.store.kinds import ORDERS
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SECOND
from tests.rules.dispute.world import World, a_world, opened

END = OPENED + 60 * DAY
KEPT: list[Marks] = []


def fact(kind: str, at: datetime, dispute: str = "D1", **differs: Any) -> Fact:
    known = {"reason": "SNAD_QUALITY", "carrier_service": "EMS", "destination": "US", **differs}
    return Fact(kind, at, dispute, **known)


def facts(world: World) -> list[Fact]:
    return [Fact(*(row[name] for name in Fact._fields)) for row in world.rows("seller_fact")]


def marks(world: World) -> dict[str, tuple[datetime | None, bool]]:
    view = next(view for view in ORDERS.views if view.table == "seller_mark")
    return {row["thing"]: (row["at"], row["good"]) for row in view.rows("O1", world.order)}


@pytest.mark.parametrize(
    ("at", "inside"),
    [(END - WINDOW - SECOND, 0), (END - WINDOW, 0), (END - WINDOW + SECOND, 1), (END, 1), (END + SECOND, 0)],
)
def test_the_window_ends_inside_and_begins_outside(at: datetime, inside: int) -> None:
    assert counts([fact(measure.FILED, at)], KEPT, END).filed == inside
    assert counts([fact(measure.SUBMITTED, at)], KEPT, END).submitted == inside
    assert counts([fact(measure.LIABLE, at)], KEPT, END).liable == inside


@pytest.mark.parametrize(("part", "whole", "said"), [(1, 3, "0.3333"), (2, 3, "0.6667"), (1, 0, "0.0000")])
def test_rates_have_four_places_and_nothing_is_none(part: int, whole: int, said: str) -> None:
    assert rate(part, whole) == said


def test_a_half_is_rounded_up() -> None:
    assert (rate(1, 20_000), rate(1, 20_001)) == ("0.0001", "0.0000")


def test_withdrawn_is_what_stands_cancelled_at_the_end() -> None:
    said = [
        fact(measure.FILED, END - 9 * DAY),
        fact(measure.CANCELLED, END - 8 * DAY),
        fact(measure.RESTORED, END - DAY),
    ]
    assert counts(said, KEPT, END).withdrawn == 0
    assert counts(said, KEPT, END - DAY - SECOND).withdrawn == 1


def test_what_the_service_settled_is_counted_apart() -> None:
    said = [
        fact(measure.FILED, END - DAY),
        fact(measure.SUBMITTED, END - DAY),
        fact(measure.SERVICE, END),
        fact(measure.FILED, END, "D2"),
    ]
    found = counts(said, KEPT, END)
    assert (found.filed, found.submitted, found.service) == (1, 0, 1)
    assert counts(said, KEPT, END - SECOND).filed == 1


def test_cleared_is_no_longer_liable() -> None:
    said = [fact(measure.LIABLE, END - 2 * DAY), fact(measure.CLEARED, END - DAY)]
    assert (counts(said, KEPT, END).liable, counts(said, KEPT, END - 2 * DAY).liable) == (0, 1)


def test_the_parts_of_a_lane_have_its_own_denominator() -> None:
    said = [fact(measure.FILED, END), fact(measure.FILED, END, "D2", destination="BR")]
    lanes = [Marks("EMS", "US", receipts=9, parcels=4, on_time=3), Marks("EMS", "BR", receipts=1)]
    apart = by(said, lanes, END, lambda each: each.destination)
    assert {name: each.rates()["dispute_rate"] for name, each in apart.items()} == {"BR": "0.5000", "US": "0.1000"}
    assert apart["US"].rates()["on_time_rate"] == "0.7500"


def test_a_dispute_counts_under_the_cause_it_had_last() -> None:
    said = [fact(measure.FILED, END - 2 * DAY), fact(measure.CANCELLED, END - DAY, reason="SNAD_DAMAGED")]
    for end, reason, withdrawn in ((END, "SNAD_DAMAGED", 1), (END - 2 * DAY, "SNAD_QUALITY", 0)):
        apart = by(under_last_reason(said, end), KEPT, end, lambda each: getattr(each, "reason", None))
        assert {name: (each.filed, each.withdrawn) for name, each in apart.items()} == {reason: (1, withdrawn)}


@pytest.mark.parametrize(("values", "median", "p90"), [((), None, None), ((7,), 7, 7), (tuple(range(1, 11)), 5, 9)])
def test_percentiles_are_values_that_were_there(values: tuple[int, ...], median: int, p90: int) -> None:
    assert (percentile(values, 50), percentile(values, 90)) == (median, p90)


# -- what decisions leave ----------------------------------------------------------------------------------------------


def test_a_dispute_leaves_its_steps_and_the_sellers_answer() -> None:
    world = opened()
    world.hear(say.a_refusal(), OPENED + DAY)
    world.until(OPENED + 10 * DAY)
    world.hear(say.a_ruling(OPENED + 11 * DAY), OPENED + 11 * DAY)
    assert [(each.kind, each.at - OPENED, each.seconds) for each in facts(world)] == [
        (measure.FILED, timedelta(0), None),
        (measure.ANSWERED, DAY, 86_400),
        (measure.SUBMITTED, 7 * DAY, None),
        (measure.LIABLE, 11 * DAY, None),
    ]


def test_silence_is_no_answer_and_nobodys_fault() -> None:
    world = opened().until(OPENED + 6 * DAY)
    assert [each.kind for each in facts(world)] == [measure.FILED]


def test_a_reopening_is_not_filed_again() -> None:
    world = opened()
    world.hear(say.cancellation(), OPENED + DAY)
    world.hear(say.a_complaint(dispute="D2"), OPENED + 2 * DAY)
    assert [(each.kind, each.dispute) for each in facts(world)] == [(measure.FILED, "D1"), (measure.CANCELLED, "D1")]


@pytest.mark.parametrize(("at", "good"), [(PROMISED - SECOND, True), (PROMISED, False), (PROMISED + SECOND, False)])
def test_a_parcel_counts_at_the_earlier_of_delivery_and_promise_end(at: datetime, *, good: bool) -> None:
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.delivered(at), at)
    assert marks(world)["P1"] == (min(at, PROMISED), good)


def test_a_receipt_counts_when_confirmed_or_timed_out_and_not_with_a_dispute() -> None:
    world = a_world()
    assert marks(world)[""] == (PROMISED + 15 * DAY, True)
    world.hear(say.receipt(OPENED), OPENED)
    assert marks(world)[""] == (OPENED, True)
    assert marks(opened())[""] == (None, True)


STEPS = (
    say.a_refusal(),
    say.change(1500),
    say.accepted(),
    say.escalation(),
    say.cancellation(),
    say.a_complaint(dispute="D2"),
    say.a_complaint(),
    say.an_appeal(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 4 * 24 * 3600)), max_size=8))
def test_the_facts_equal_a_count_of_the_states(course: list[tuple[Any, int]]) -> None:
    """Kept up decision by decision, they come to what stands in the disputes in the end."""
    world, at = opened(), OPENED
    for step, later in course:
        at += timedelta(seconds=later)
        world.hear(step, at)
    found = counts(facts(world), KEPT, max(world.now, at))
    disputes = list(world.order.disputes.values())
    state: DisputeState = "CLOSED_CANCELLED"
    recent = [d for d in disputes if d.escalated_at is not None and d.escalated_at > world.now - WINDOW]
    assert found.submitted == len(recent)
    assert found.liable == sum(bool(d.counts_for_seller) for d in disputes)
    assert found.withdrawn <= sum(d.state == state for d in disputes)
    assert found.filed <= len(disputes)


def test_a_dispute_submitted_again_after_it_was_opened_again_is_submitted_once() -> None:
    world = opened()
    for start in (OPENED, OPENED + 10 * DAY):
        world.hear(say.a_refusal(), start)
        world.hear(say.escalation(), start + 3 * DAY)
        world.hear(say.cancellation(), start + 4 * DAY)
        world.hear(say.a_complaint(), start + 10 * DAY)
    assert [found.at for found in facts(world) if found.kind == measure.SUBMITTED] == [OPENED + 3 * DAY]
