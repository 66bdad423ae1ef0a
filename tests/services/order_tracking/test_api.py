"""Who may read what, and the door for scans."""

from datetime import timedelta

import asyncpg
import pytest

from order_tracking.store.tables import METADATA
from tests.rules.order_tracking.builders import DAY, PLACED, SHIPPED, a_scan, a_shipment, an_order
from tests.support.served import Served

NOON = SHIPPED + timedelta(hours=12)
SCAN = {"carrier": "EMS", "number": "EE1", "status": "delivered", "scanned_at": NOON.isoformat()}
PLATFORM = (("agent", "kim"), ("service", "market"), ("service", "other"))
PLACES = ("/parcels/EMS/EE1", "/parcels/EMS/EE1/scans", "/orders/O1/parcels")


@pytest.fixture
async def tracked(tracking: Served) -> Served:
    await tracking.clock(NOON)
    await tracking.hears(an_order(), a_shipment(), a_scan("in_transit", NOON, place="Guangzhou"))
    return tracking


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize(
    ("role", "sub", "status"),
    [
        ("buyer", "anna", 200),
        ("seller", "shop", 200),
        ("agent", "kim", 200),
        ("supervisor", "kim", 200),
        ("service", "market", 200),
        ("service", "other-market", 404),
        ("buyer", "bert", 404),
        ("buyer", "shop", 404),
        ("seller", "anna", 404),
        ("seller", "other", 404),
    ],
)
async def test_read_by_its_parties_and_the_platform(
    tracked: Served, path: str, role: str, sub: str, status: int
) -> None:
    answer = await tracked.get(path, role=role, sub=sub)
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/parcels/EMS/NONE", "/parcels/EMS/NONE/scans", "/orders/O9/parcels"])
async def test_not_found_when_there_is_none(tracked: Served, path: str) -> None:
    assert (await tracked.get(path, role="agent")).status_code == 404


async def test_the_facts_of_a_parcel(tracked: Served) -> None:
    [parcel] = (await tracked.get("/orders/O1/parcels", role="buyer", sub="anna")).json()["items"]
    assert (parcel["status"], parcel["promise"], parcel["seen"]) == ("in_transit", "running", ["in_transit"])
    assert parcel["promise_ends_at"] == "2025-03-28T00:00:00Z"


async def test_lists_hold_only_what_is_the_callers(tracked: Served) -> None:
    await tracked.hears(an_order(order="O2", buyer="bert"), a_shipment(order="O2", parcel="P2", number="EE2"))
    by = {}
    for role, sub in (("buyer", "anna"), ("buyer", "bert"), ("seller", "shop"), ("seller", "none"), *PLATFORM):
        found = (await tracked.get("/parcels", role=role, sub=sub)).json()["items"]
        by[sub] = [parcel["parcel"] for parcel in found]
    assert by == {
        "anna": ["P1"],
        "bert": ["P2"],
        "shop": ["P1", "P2"],
        "none": [],
        "kim": ["P1", "P2"],
        "market": ["P1", "P2"],
        "other": [],
    }


async def test_found_by_number_order_or_name(tracked: Served) -> None:
    for query in ({"number": "EE1"}, {"order": "O1"}, {"parcel": "P1"}):
        assert len((await tracked.get("/parcels", role="agent", **query)).json()["items"]) == 1
    assert (await tracked.get("/parcels", role="agent", number="EE2")).json()["items"] == []


async def test_pages_hold_every_parcel_once(tracked: Served) -> None:
    for n in range(2, 6):
        await tracked.hears(an_order(order=f"O{n}"), a_shipment(order=f"O{n}", number=f"EE{n}"))
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await tracked.get("/parcels", role="seller", sub="shop", **query)).json()
        seen += [parcel["order"] for parcel in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == ["O1", "O2", "O3", "O4", "O5"]


async def test_scans_by_their_own_instant_in_pages(tracked: Served) -> None:
    await tracked.hears(a_scan("out_for_delivery", NOON - timedelta(hours=1)))
    first = (await tracked.get("/parcels/EMS/EE1/scans", role="agent", limit=1)).json()
    assert [scan["status"] for scan in first["items"]] == ["out_for_delivery"]
    rest = (await tracked.get("/parcels/EMS/EE1/scans", role="agent", cursor=first["next"])).json()
    assert [(scan["status"], scan["place"]) for scan in rest["items"]] == [("in_transit", "Guangzhou")]
    assert rest["next"] is None


async def test_a_party_sees_no_scans_from_before_their_order(tracked: Served) -> None:
    await tracked.hears(a_scan("delivered", PLACED - DAY * 30))
    assert len((await tracked.get("/parcels/EMS/EE1/scans", role="buyer", sub="anna")).json()["items"]) == 1
    assert len((await tracked.get("/parcels/EMS/EE1/scans", role="agent")).json()["items"]) == 2


async def test_a_number_nobody_shipped_is_shown_to_the_platform_alone(tracked: Served) -> None:
    await tracked.hears(a_scan("lost", NOON, number="STRAY"))
    answer = await tracked.get("/parcels/EMS/STRAY", role="agent")
    assert answer.json() == {"carrier": "EMS", "number": "STRAY", "items": []}
    assert (await tracked.get("/parcels/EMS/STRAY", role="buyer", sub="anna")).status_code == 404
    assert (await tracked.get("/parcels/EMS/STRAY", role="service", sub="market")).status_code == 404


async def test_a_service_reads_only_the_orders_it_placed_where_a_number_is_shared(tracked: Served) -> None:
    await tracked.hears(an_order(order="O2"), a_shipment(order="O2", parcel="P2"), source="other")
    for sub, order in (("market", "O1"), ("other", "O2")):
        items = (await tracked.get("/parcels/EMS/EE1", role="service", sub=sub)).json()["items"]
        assert [item["order"] for item in items] == [order]
    assert len((await tracked.get("/parcels/EMS/EE1", role="agent")).json()["items"]) == 2


async def test_one_fact_whichever_door_a_scan_comes_through(tracked: Served) -> None:
    first = await tracked.post("/scans", SCAN, role="service", sub="market", key="k1")
    again = await tracked.post("/scans", SCAN, role="service", sub="market", key="k1")
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    await tracked.hears(a_scan("delivered", NOON), source="market", name="k1")
    other_key = await tracked.post("/scans", SCAN, role="service", sub="market")
    assert (other_key.status_code, other_key.json()["slug"]) == (409, "scan-known")
    assert await tracked.one("select count(*) from scan where status = 'delivered'") == 1
    assert [type_ for type_, _ in await tracked.said()].count("tracking.parcel_delivered.v1") == 1


@pytest.mark.parametrize("role", ["buyer", "seller", "agent", "supervisor"])
async def test_only_services_hand_in_scans(tracked: Served, role: str) -> None:
    answer = await tracked.post("/scans", SCAN, role=role, sub="anna")
    assert (answer.status_code, answer.json()["slug"]) == (403, "role-not-allowed")
    assert await tracked.one("select count(*) from scan") == 1


async def test_the_tables_that_reads_see_are_those_that_migrations_make(tracking: Served, database: str) -> None:
    connection = await asyncpg.connect(database)
    for table in METADATA.sorted_tables:
        columns = await connection.fetch(
            "select column_name, is_nullable from information_schema.columns where table_name = $1", table.name
        )
        made = {row["column_name"]: row["is_nullable"] == "YES" for row in columns}
        assert made == {column.name: bool(column.nullable) for column in table.columns}, table.name
    await connection.close()
