"""Scans in any order and any number of times (rulebook 8.18; dangers 6.16-6.20)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftersales.decision import Outcome
from order_tracking.domain.parcel import STATUSES, Facts
from order_tracking.handlers import SERVICE
from order_tracking.rules.facts import promise_of
from order_tracking.rules.scans import MOST_SCANS
from tests.rules.order_tracking.builders import (
    DAY,
    PLACED,
    PROMISED,
    SECOND,
    SHIPPED,
    a_scan,
    a_shipment,
    a_tracked_parcel,
    an_order,
    facts,
    parcel,
    said,
)
from tests.support.in_memory import InMemory

NOON = SHIPPED + DAY * 3
LATER = PROMISED - DAY


def test_told_when_a_scan_changes_the_status() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("in_transit", NOON), NOON)
    world.hear(a_scan("customs_hold", NOON + SECOND), NOON + SECOND)
    world.hear(a_scan("returned", NOON + DAY), NOON + DAY)
    assert said(world) == [
        ("ParcelInTransit", "in_transit"),
        ("ParcelAnomalous", "customs_hold"),
        ("ParcelReturned", "returned"),
    ]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("in_transit", "ParcelInTransit"),
        ("delivered", "ParcelDelivered"),
        ("returned", "ParcelReturned"),
        ("lost", "ParcelAnomalous"),
    ],
)
def test_shipped_after_it_was_scanned_the_last_scan_is_told(status: str, told: str) -> None:
    world = InMemory(SERVICE)
    world.hear(a_scan(status, NOON), NOON)
    world.hear(an_order(), NOON + DAY)
    world.hear(a_shipment(), NOON + DAY)
    assert said(world) == [("ParcelTracked", status), (told, status)]


def test_nothing_said_when_the_same_scan_comes_again() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("delivered", NOON), NOON)
    [again] = world.hear(a_scan("delivered", NOON, place="another spelling"), NOON + DAY)
    assert (again.outcome, again.slug) == (Outcome.NOTHING, "scan-known")
    assert len(said(world)) == len(world.appended) == 1


@pytest.mark.usefixtures("far_east")
def test_known_a_scan_is_named_by_its_instant_in_utc_wherever_we_run() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("delivered", NOON), NOON)
    [again] = world.hear(a_scan("delivered", NOON), NOON)
    assert again.sentence == "The scan delivered at 2025-03-04 00:00:00 UTC of EMS:EE1 is known."


def test_kept_but_not_told_when_the_same_status_comes_later() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("in_transit", NOON), NOON)
    world.hear(a_scan("in_transit", NOON + DAY), NOON + DAY)
    assert facts(world).scanned_at == NOON + DAY
    assert (len(said(world)), len(world.appended)) == (1, 2)


def test_the_status_stands_when_an_older_scan_arrives_later() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("delivered", NOON), NOON)
    world.hear(a_scan("in_transit", NOON - DAY), LATER)
    assert facts(world).status == "delivered"
    assert facts(world).seen == ("in_transit", "delivered")


def test_replaced_as_the_last_scan_when_a_newer_one_follows_a_delivery() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("delivered", NOON), NOON)
    world.hear(a_scan("returning", NOON + DAY), NOON + DAY)
    assert (facts(world).status, facts(world).delivered_at) == ("returning", NOON)
    assert said(world)[-1] == ("ParcelAnomalous", "returning")


def test_told_as_a_delivery_when_it_is_learned_after_a_newer_scan() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("returning", NOON + DAY), NOON + DAY)
    world.hear(a_scan("delivered", NOON), NOON + DAY * 2)
    assert said(world)[-1] == ("ParcelDelivered", "returning")


def test_first_delivery_kept_when_there_are_several() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("delivered", NOON + DAY), NOON + DAY)
    world.hear(a_scan("delivered", NOON), NOON + DAY * 2)
    world.hear(a_scan("delivered", NOON + DAY * 2), NOON + DAY * 3)
    assert facts(world).delivered_at == NOON


def test_first_attempt_kept_when_a_delivery_follows() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("attempted", NOON), NOON)
    world.hear(a_scan("delivered", NOON + DAY), NOON + DAY)
    assert facts(world).attempted_at == NOON


def test_the_later_arrival_is_last_when_two_scans_have_one_instant() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("exception", NOON), NOON)
    world.hear(a_scan("in_transit", NOON), NOON + SECOND)
    assert facts(world).status == "in_transit"


def test_one_fact_when_an_instant_is_written_in_two_zones() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("delivered", NOON), NOON)
    elsewhere = datetime.fromisoformat(NOON.isoformat().replace("T00:00:00+00:00", "T08:00:00+08:00"))
    world.hear(a_scan("delivered", elsewhere), NOON)
    assert len(parcel(world).scans) == 1


def test_kept_and_not_counted_when_dated_in_the_future() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("delivered", NOON + timedelta(minutes=5) + SECOND), NOON)
    assert facts(world) == Facts()
    assert world.appended[-1].row["ahead"] is True
    assert said(world) == []


def test_counted_when_clocks_differ_by_five_minutes() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("delivered", NOON + timedelta(minutes=5)), NOON)
    assert facts(world).status == "delivered"


def test_not_counted_when_dated_over_a_day_before_the_order() -> None:
    """The number has had an earlier life."""
    world = a_tracked_parcel()
    world.hear(a_scan("delivered", PLACED - DAY - SECOND), NOON)
    assert (facts(world), len(world.appended)) == (Facts(), 1)
    world.hear(a_scan("in_transit", PLACED - DAY), NOON)
    assert facts(world).status == "in_transit"


def test_both_kept_when_delivered_and_lost() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("delivered", NOON), NOON)
    world.hear(a_scan("lost", NOON + DAY), NOON + DAY)
    assert facts(world).contradictory
    assert (facts(world).status, facts(world).delivered_at) == ("lost", NOON)


def test_a_fact_of_the_number_when_nobody_shipped_it() -> None:
    world = a_tracked_parcel()
    [decision] = world.hear(a_scan("in_transit", NOON, number="STRAY"), NOON)
    assert decision.outcome is Outcome.APPLIED
    assert (len(parcel(world, number="STRAY").scans), said(world)) == (1, [])


def test_told_of_both_when_two_orders_travel_under_one_number() -> None:
    world = a_tracked_parcel()
    world.hear(an_order(order="O2"), NOON)
    world.hear(a_shipment(order="O2", parcel="P2"), NOON)
    world.said.clear()
    world.hear(a_scan("delivered", NOON + DAY), NOON + DAY)
    assert [each.key for each in world.said] == ["O1", "O2"]


def test_refused_when_a_number_has_too_many_scans() -> None:
    world = a_tracked_parcel()
    for n in range(MOST_SCANS):
        world.hear(a_scan("in_transit", SHIPPED + SECOND * n), NOON)
    [decision] = world.hear(a_scan("in_transit", NOON), NOON)
    assert (decision.outcome, decision.slug) == (Outcome.REFUSED, "too-many-scans")


SCANS = st.lists(
    st.tuples(st.sampled_from(STATUSES), st.integers(0, 60).map(lambda hours: SHIPPED + timedelta(hours=hours))),
    max_size=12,
    unique_by=lambda scan: scan[1],
)


@settings(deadline=None)
@given(scans=SCANS, data=st.data())
def test_same_facts_whatever_the_order_and_the_repeats(scans: list[tuple[str, datetime]], data: Any) -> None:
    """Before, between and after the order and its shipment. Only scans at one instant are told apart by arrival."""
    repeated = data.draw(st.lists(st.sampled_from(scans), max_size=4)) if scans else []
    shuffled = data.draw(st.permutations([*scans, *repeated, "order", "shipment"]))
    world = InMemory(SERVICE)
    for each in shuffled:
        event = an_order() if each == "order" else a_shipment() if each == "shipment" else a_scan(each[0], each[1])
        world.hear(event, LATER)
    plain = a_tracked_parcel()
    for status, at in sorted(scans, key=lambda scan: scan[1]):
        plain.hear(a_scan(status, at), LATER)
    assert facts(world) == facts(plain)
    assert promise_of(parcel(world).shipments[0], facts(world)) == promise_of(parcel(plain).shipments[0], facts(plain))
    assert {(s.status, s.at) for s in parcel(world).scans} == set(scans)
    # The newest event carries all facts, so that a listener who has missed the others knows as much.
    newest = next(each for each in reversed(world.said))
    now = facts(world)
    assert (newest.status, newest.delivered_at, newest.attempted_at, newest.seen) == (  # type: ignore[attr-defined]
        *(now.status, now.delivered_at, now.attempted_at, now.seen),
    )
