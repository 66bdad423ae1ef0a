"""The promised delivery time, and its end (rulebook M1, 8.12, 8.15, 8.25)."""

from datetime import datetime, timedelta
from uuid import uuid5

import pytest
from msgspec.structs import replace

from aftersales.contracts.marketplace import AddressChanged, ReceiptConfirmed
from aftersales.contracts.tracking import ParcelEvent, PromiseBroken
from aftersales.decision import Given, TimerFired
from aftersales.identity import NAMESPACE
from aftersales.policy.book import PolicyBook
from aftersales.policy.parse import with_changes
from order_tracking.domain.parcel import Facts, Parcel
from order_tracking.domain.refs import parcel_ref
from order_tracking.rules.facts import promise_of
from order_tracking.rules.orders import place
from order_tracking.rules.promise import PROMISE, promise_ended
from order_tracking.rules.shipments import ship
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
from tests.support.in_memory import BOOK, InMemory

BROKEN = ("PromiseBroken", "in_transit")


def promised(world: InMemory) -> str:
    return promise_of(parcel(world).shipments[0], facts(world))


def test_broken_exactly_at_its_end_when_undelivered() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("in_transit", SHIPPED + DAY), SHIPPED + DAY)
    world.until(PROMISED - SECOND)
    assert BROKEN not in said(world)
    world.until(PROMISED)
    assert said(world)[-1] == BROKEN
    assert promised(world) == "broken"


@pytest.mark.parametrize(
    ("delivered_at", "kept"), [(PROMISED - SECOND, True), (PROMISED, False), (PROMISED + SECOND, False)]
)
def test_kept_only_by_a_delivery_before_its_end(delivered_at: object, *, kept: bool) -> None:
    world = a_tracked_parcel()
    assert isinstance(delivered_at, type(PROMISED))
    world.hear(a_scan("delivered", delivered_at), max(delivered_at, SHIPPED))
    world.until(PROMISED + DAY)
    assert (promised(world) == "kept") is kept
    assert ("PromiseBroken" in [name for name, _ in said(world)]) is not kept


def test_corrected_when_a_delivery_in_time_is_learned_later() -> None:
    world = a_tracked_parcel()
    world.until(PROMISED)
    world.hear(a_scan("delivered", PROMISED - SECOND), PROMISED + DAY)
    assert [name for name, _ in said(world)] == ["PromiseBroken", "ParcelDelivered"]
    last = world.said[-1]
    assert isinstance(last, ParcelEvent)
    assert last.delivered_at is not None
    assert last.delivered_at < last.promise_ends_at
    assert promised(world) == "kept"


def test_broken_when_only_an_attempt_was_in_time() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("attempted", PROMISED - DAY), PROMISED - DAY)
    world.until(PROMISED)
    assert said(world)[-1] == ("PromiseBroken", "attempted")


def test_kept_when_the_buyer_confirmed_the_receipt_in_time() -> None:
    world = a_tracked_parcel()
    world.hear(ReceiptConfirmed(order="O1", buyer="anna", confirmed_at=PROMISED - SECOND), PROMISED - SECOND)
    world.until(PROMISED)
    assert (said(world), promised(world)) == ([], "kept")


@pytest.mark.parametrize(
    ("received_at", "delivered_at", "promise"),
    [
        (PROMISED - SECOND, None, "kept"),
        (PROMISED, None, "broken"),
        (PROMISED - SECOND, PROMISED + DAY, "kept"),
        (PROMISED + DAY, PROMISED - SECOND, "kept"),
        (PROMISED + DAY, PROMISED, "broken"),
        (None, None, "running"),
    ],
)
def test_of_receipt_and_delivery_the_earlier_counts(
    received_at: datetime | None, delivered_at: datetime | None, promise: str
) -> None:
    shipment = replace(parcel(a_tracked_parcel()).shipments[0], received_at=received_at)
    assert promise_of(shipment, Facts(delivered_at=delivered_at)) == promise


def test_said_once() -> None:
    world = a_tracked_parcel()
    world.until(PROMISED)
    world.hear(a_scan("in_transit", PROMISED), PROMISED + DAY)
    assert [name for name, _ in said(world)].count("PromiseBroken") == 1


def a_broken_parcel() -> Parcel:
    world = a_tracked_parcel()
    world.until(PROMISED)
    return parcel(world)


@pytest.mark.parametrize("known", [None, Parcel(), a_broken_parcel()])
def test_nothing_when_no_promise_stands_that_a_timer_was_set_for(known: Parcel | None) -> None:
    fired = TimerFired(PROMISE, PROMISED, parcel_ref("EMS", "EE1"), {"order": "O1", "parcel": "P1"})
    now = Given(PROMISED, PROMISED, uuid5(NAMESPACE, "fired"), BOOK)
    assert promise_ended(known, fired, now).slug == "timer-outlived"


def test_of_two_parcels_under_one_number_each_is_said_to_be_broken() -> None:
    world = InMemory(a_tracked_parcel().service)
    world.hear(an_order(), PLACED)
    for number in (1, 2):
        world.hear(a_shipment(parcel=f"P{number}", units={"L1": (number,)}), SHIPPED)
    world.until(PROMISED)
    assert [each.parcel for each in world.said if isinstance(each, PromiseBroken)] == ["P1", "P2"]


def test_broken_at_once_when_the_shipment_is_learned_after_its_end() -> None:
    world = a_tracked_parcel()
    world.hear(an_order(order="O2"), PROMISED + DAY)
    world.hear(a_shipment(order="O2", parcel="P2", number="EE2"), PROMISED + DAY)
    world.until(PROMISED + DAY)
    assert said(world)[-1] == ("PromiseBroken", None)


@pytest.mark.parametrize(
    ("order", "days"),
    [
        ({}, 27),
        ({"carrier_service": "DHL"}, 23),
        ({"carrier_service": "CHINA_POST"}, 39),
        ({"carrier_service": "PIGEON"}, 39),
        ({"promise_days": 5}, 5),
        ({"promise_days": 200}, 60),
        ({"promise_days": 200, "destination": "RU"}, 90),
        ({"promise_days": 200, "destination": "BR"}, 120),
    ],
)
def test_the_sellers_own_capped_or_the_default(order: dict[str, object], days: int) -> None:
    world = a_tracked_parcel()
    world.hear(an_order(order="O2", **order), PLACED)
    world.hear(a_shipment(order="O2", number="EE2"), SHIPPED)
    [tracked] = world.said
    assert isinstance(tracked, ParcelEvent)
    assert tracked.promise_ends_at == SHIPPED + timedelta(days=days)
    assert tracked.policy.startswith("standard@1#")


@pytest.mark.parametrize("scope", [{"seller": "shop"}, {"category": "toys"}, {"carrier_service": "EMS"}])
def test_a_season_of_the_seller_the_category_or_the_carrier_makes_it_longer(scope: dict[str, str]) -> None:
    """Ten days more for what is shipped in March."""
    season = {"from": "2025-03-01T00:00:00Z", "until": "2025-04-01T00:00:00Z", "parameter": "promise.default"}
    policy = with_changes(BOOK.in_force(PLACED), {}, [{**season, "add_days": 10, "scope": scope}])
    now = Given(SHIPPED, SHIPPED, uuid5(NAMESPACE, "season"), PolicyBook([policy]), source="market")
    order = place(None, an_order(category="toys"), now).state
    [tracked] = ship(order, a_shipment(), replace(now, others={parcel_ref("EMS", "EE1"): None})).events
    assert isinstance(tracked, ParcelEvent)
    assert tracked.promise_ends_at == PROMISED + timedelta(days=10)


def test_the_new_destination_counts_for_what_is_shipped_after_it() -> None:
    world = a_tracked_parcel()
    units = {"L1": (1,)}, {"L1": (2,)}
    world.hear(an_order(order="O2", promise_days=100), PLACED)
    world.hear(AddressChanged(order="O2", destination="BR", changed_at=SHIPPED + SECOND), SHIPPED + SECOND)
    world.hear(a_shipment(order="O2", parcel="A", number="A", units=units[0]), SHIPPED + DAY)
    world.hear(a_shipment(order="O2", parcel="B", number="B", units=units[1], shipped_at=SHIPPED + DAY), SHIPPED + DAY)
    ends = [each.promise_ends_at for each in world.said if isinstance(each, ParcelEvent)]
    assert ends == [SHIPPED + timedelta(days=60), SHIPPED + DAY + timedelta(days=100)]
