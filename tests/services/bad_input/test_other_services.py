"""Bad input that has no place in dispute: scans, rulings, and the names of notices."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import arbitration.api
import arbitration.handlers
import notification.api
import notification.handlers
from aftersales.contracts.dispute import DisputeEscalated, DisputeOpened, DisputeReviewStarted
from tests.rules.arbitration import spoken
from tests.rules.notification import builders as news
from tests.rules.order_tracking import builders as travel
from tests.services.bad_input.conftest import Tracking
from tests.services.dispute.doors import Case
from tests.support.bad_input import HTTP, covers
from tests.support.served import Served, served

SCANNED = travel.SHIPPED + travel.DAY


async def scanned(tracking: Tracking, case: Case, status: str, at: Any) -> tuple[int, str | None]:
    body = {"carrier": "EMS", "number": case.suffix, "status": status, "scanned_at": at.isoformat()}
    answer = await tracking.made.post("/scans", body, role="service", sub="market")
    return answer.status_code, answer.json().get("slug")


async def parcel(tracking: Tracking, case: Case) -> Any:
    found = await tracking.made.get("/parcels", role="buyer", sub="anna", number=case.suffix)
    return found.json()["items"][0]


async def ships(tracking: Tracking) -> Case:
    case = Case()
    await tracking.made.hears(
        travel.an_order(order=case.order), travel.a_shipment(order=case.order, number=case.suffix)
    )
    return case


@covers(18, over=[HTTP])
@pytest.mark.asyncio(loop_scope="package")
async def test_18_a_scan_told_twice_is_one(tracking: Tracking) -> None:
    case = await ships(tracking)
    assert await scanned(tracking, case, "in_transit", SCANNED) == (201, None)
    assert await scanned(tracking, case, "in_transit", SCANNED) == (409, "scan-known")
    assert await scanned(tracking, case, "in_transit", SCANNED + timedelta(seconds=1)) == (201, None)


@covers(19, over=[HTTP])
@pytest.mark.asyncio(loop_scope="package")
async def test_19_older_news_lowers_nothing(tracking: Tracking) -> None:
    case = await ships(tracking)
    assert await scanned(tracking, case, "delivered", SCANNED) == (201, None)
    assert await scanned(tracking, case, "in_transit", SCANNED - timedelta(hours=1)) == (201, None)
    assert (await parcel(tracking, case))["status"] == "delivered"


@covers(20, over=[HTTP])
@pytest.mark.asyncio(loop_scope="package")
async def test_20_delivered_and_lost_are_both_kept(tracking: Tracking) -> None:
    case = await ships(tracking)
    assert await scanned(tracking, case, "delivered", SCANNED) == (201, None)
    assert await scanned(tracking, case, "lost", SCANNED + timedelta(hours=1)) == (201, None)
    seen = await parcel(tracking, case)
    assert (sorted(seen["seen"]), seen["contradictory"]) == (["delivered", "lost"], True)


@covers(16, over=[HTTP])
@pytest.mark.asyncio(loop_scope="package")
async def test_16_a_scan_from_the_future_is_kept_and_does_not_count(tracking: Tracking) -> None:
    case = await ships(tracking)
    assert await scanned(tracking, case, "delivered", SCANNED + 30 * travel.DAY) == (201, None)
    assert (await parcel(tracking, case))["status"] is None
    scans = await tracking.made.get(f"/parcels/EMS/{case.suffix}/scans", role="agent")
    assert [(scan["status"], scan["ahead"]) for scan in scans.json()["items"]] == [("delivered", True)]
    assert await scanned(tracking, case, "in_transit", SCANNED) == (201, None)
    assert (await parcel(tracking, case))["status"] == "in_transit"


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(arbitration.handlers.SERVICE, arbitration.api.routers(), database, tmp_path) as made:
        escalated = spoken.a_step(DisputeEscalated, step=3, state="ARBITRATION_EVIDENCE", how="by_hand")
        await made.hears(escalated, spoken.a_step(DisputeReviewStarted, step=4), source="dispute")
        yield made


@covers(41, over=[HTTP])
async def test_41_a_ruling_names_the_version_it_was_judged_on(desk: Served) -> None:
    found = {"findings": {"counterfeit": "upheld"}}
    for seen, status, slug in (
        (None, 428, "if-match-missing"),
        ("*", 422, "if-match-not-valid"),
        ('"x"', 422, "if-match-not-valid"),
        ('"1", "2"', 422, "if-match-not-valid"),
        ('"1"', 409, "version-changed"),
        ('"3"', 409, "version-changed"),
    ):
        answer = await desk.post("/cases/D1/rulings", found, role="agent", seen=seen)
        assert (answer.status_code, answer.json()["slug"]) == (status, slug), seen
    assert await desk.one("select count(*) from outbox where type = 'arbitration.case_ruled.v1'") == 0
    current = (await desk.get("/cases/D1", role="agent")).headers["ETag"]
    assert (await desk.post("/cases/D1/rulings", found, role="agent", seen=current)).status_code == 201


@pytest.fixture
async def inbox(database: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(notification.handlers.SERVICE, notification.api.routers(), database, tmp_path) as made:
        await made.clock(news.NOW)
        await made.hears(news.a_step(DisputeOpened), source="dispute")
        yield made


@covers(44, over=[HTTP])
async def test_44_a_notice_has_one_name(inbox: Served) -> None:
    notice = (await inbox.get("/inbox", role="buyer", sub="anna")).json()["items"][0]["notice"]
    others = (notice.upper(), f"{{{notice}}}", f"urn:uuid:{notice}", notice.replace("-", ""), str(UUID(int=0)))
    for other in others:
        shown, noted = await inbox.get(f"/inbox/{other}", role="buyer", sub="anna"), await read(inbox, other)
        for answer in (shown, noted):
            assert (answer.status_code, answer.json()["slug"]) == (422, "not-valid"), other
    assert await inbox.one("select count(*) from reading") == 0
    assert (await read(inbox, notice)).status_code == 200


async def read(inbox: Served, notice: str) -> Any:
    return await inbox.post(f"/inbox/{notice}/read", role="buyer", sub="anna")
