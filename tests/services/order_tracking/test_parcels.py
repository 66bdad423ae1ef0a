"""Parcels on real tables: facts in, events and reads out."""

from datetime import timedelta

from tests.rules.order_tracking.builders import (
    DAY,
    PLACED,
    PROMISED,
    SECOND,
    SHIPPED,
    a_scan,
    a_shipment,
    an_order,
)
from tests.support.served import Served

NOON = SHIPPED + timedelta(hours=12)


async def tracked(tracking: Served) -> None:
    await tracking.clock(SHIPPED)
    await tracking.hears(an_order(), a_shipment())
    await tracking.clock(NOON)


async def test_told_when_everything_comes_in_one_batch_and_upside_down(tracking: Served) -> None:
    await tracking.clock(NOON)
    await tracking.hears(a_scan("in_transit", NOON), a_shipment(), an_order())
    assert [type_ for type_, _ in await tracking.said()] == [
        "tracking.parcel_tracked.v1",
        "tracking.parcel_in_transit.v1",
    ]
    assert await tracking.parked() == []


async def test_nothing_written_twice_when_scans_repeat(tracking: Served) -> None:
    await tracked(tracking)
    await tracking.hears(a_scan("delivered", NOON), name="s1")
    await tracking.hears(a_scan("delivered", NOON), name="s1")
    await tracking.hears(a_scan("delivered", NOON), a_scan("delivered", NOON))
    assert await tracking.one("select count(*) from scan") == 1
    assert len(await tracking.said()) == 2
    assert await tracking.one("select count(*) from history where outcome = 'nothing'") == 2
    assert await tracking.parked() == []


async def test_a_scan_locks_and_writes_its_parcel_alone(tracking: Served) -> None:
    await tracked(tracking)
    before = await tracking.one("select version from orders")
    await tracking.hears(a_scan("delivered", NOON))
    assert await tracking.one("select version from orders") == before
    assert await tracking.one("select version from parcels") == 2


async def test_promise_broken_at_its_end_and_not_before(tracking: Served) -> None:
    await tracked(tracking)
    await tracking.clock(PROMISED - SECOND)
    assert len(await tracking.said()) == 1
    await tracking.clock(PROMISED)
    [_, (type_, body)] = await tracking.said()
    assert (type_, body["delivered_at"]) == ("tracking.promise_broken.v1", None)
    read = await tracking.get("/parcels/EMS/EE1", role="buyer", sub="anna")
    assert read.json()["items"][0]["promise"] == "broken"


async def test_promise_kept_when_delivered_in_time(tracking: Served) -> None:
    await tracked(tracking)
    await tracking.hears(a_scan("delivered", NOON))
    await tracking.clock(PROMISED + DAY)
    assert [type_ for type_, _ in await tracking.said()][-1] == "tracking.parcel_delivered.v1"
    assert await tracking.one("select count(*) from timers") == 0


async def test_a_dead_letter_when_a_stranger_ships(tracking: Served) -> None:
    await tracked(tracking)
    await tracking.hears(a_shipment(parcel="P2", number="EE2"), source="stranger")
    assert await tracking.one("select reason from dead_letter") == "foreign-source"
    assert await tracking.one("select count(*) from shipment") == 1


async def test_shipped_twice_is_refused_and_recorded(tracking: Served) -> None:
    await tracked(tracking)
    await tracking.hears(a_shipment(parcel="P2", number="EE2"))
    assert await tracking.one("select explanation ->> 'slug' from history where outcome = 'refused'") == (
        "units-shipped-twice"
    )


async def test_states_survive_the_way_through_the_database(tracking: Served) -> None:
    """Every kind of thing a state can hold, written and read again by the next decision."""
    await tracking.clock(PLACED)
    await tracking.hears(a_shipment(units={"L1": (1,)}))
    await tracking.hears(an_order(category="mugs", promise_days=9))
    await tracking.hears(a_shipment(parcel="P2", number="EE2", units={"L1": (2,)}))
    await tracking.hears(a_shipment(parcel="P3", number="EE3", units={"L1": (2,)}))
    assert await tracking.parked() == []
    assert await tracking.one("select count(*) from shipment") == 2
