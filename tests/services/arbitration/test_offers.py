"""Proposals and decisions of the platform's service over HTTP: on the version that was read, once, and how they end."""

from typing import Any

import pytest

from aftersales.contracts import dispute as said
from aftersales.runtime.postgres import Pool
from tests.rules.arbitration.spoken import a_step
from tests.services.arbitration.conftest import Desk

WANT: dict[str, Any] = {"want": {"remedy": "refund", "amount": 1500}}
SETTLED: dict[str, Any] = {"outcome": "settled", "amount": 2000}


async def sent(pool: Pool, event: str) -> int:
    return int(await pool.fetchval("select count(*) from outbox where type = $1", event))


async def is_taken_over(desk: Desk) -> None:
    step: dict[str, Any] = {"step": 2, "state": "SERVICE_REVIEW", "deadline": "2999-01-01T00:00:00Z"}
    await desk.hears(a_step(said.DisputeTakenOver, **step))


async def test_proposed_answered_and_settled(desk: Desk, pool: Pool) -> None:
    await desk.has_in_review()
    answer = await desk.post("/cases/D1/proposals", WANT, seen=2)
    assert (answer.status_code, answer.json()["decision_status"]) == (201, "sent")
    assert await sent(pool, "arbitration.case_proposed.v1") == 1
    until = "2025-05-10T09:00:00Z"
    step: dict[str, Any] = {"proposal": answer.json()["decision"], "plan": WANT["want"], "deadline": until}
    await desk.hears(a_step(said.DisputeProposed, step=5, state="PLATFORM_PROPOSED", **step))
    case = (await desk.get("/cases/D1")).json()
    assert (case["due"], case["proposed_until"], case["offers"][0]["status"]) == (until, until, "executed")
    plan = {"agreement": "proposal", "plan": WANT["want"]}
    await desk.hears(a_step(said.DisputeAgreed, step=6, state="REFUND_PENDING", **plan))
    assert (await desk.get("/cases/D1")).json()["status"] == "settled"


async def test_the_service_settles(desk: Desk, pool: Pool) -> None:
    await is_taken_over(desk)
    case = (await desk.get("/cases/D1")).json()
    assert (case["status"], case["due"]) == ("service", "2999-01-01T00:00:00Z")
    assert [action["name"] for action in case["allowed_actions"]] == ["note", "take", "service"]
    listed = (await desk.get("/cases", status="service")).json()["items"]
    assert [each["case"] for each in listed] == ["D1"]
    answer = await desk.post("/cases/D1/service", SETTLED, seen=1)
    assert (answer.status_code, answer.json()["decision_status"]) == (201, "sent")
    assert await sent(pool, "arbitration.service_decided.v1") == 1


@pytest.mark.parametrize(("route", "body"), [("proposals", WANT), ("service", SETTLED)])
async def test_on_the_version_that_was_read_and_once(desk: Desk, pool: Pool, route: str, body: dict[str, Any]) -> None:
    await (desk.has_in_review() if route == "proposals" else is_taken_over(desk))
    seen = (await desk.get("/cases/D1")).json()["version"]
    assert (await desk.post(f"/cases/D1/{route}", body)).status_code == 428
    old = await desk.post(f"/cases/D1/{route}", body, seen=seen - 1)
    assert (old.status_code, old.json()["slug"]) == (409, "version-changed")
    first = await desk.post(f"/cases/D1/{route}", body, seen=seen, key="k")
    again = await desk.post(f"/cases/D1/{route}", body, seen=seen, key="k")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    said_once = await sent(pool, "arbitration.case_proposed.v1") + await sent(pool, "arbitration.service_decided.v1")
    assert said_once == 1


@pytest.mark.parametrize(
    ("route", "body", "status", "slug"),
    [
        ("proposals", {"want": {"remedy": "refund", "amount": 4199}}, 409, "above-cap"),
        ("proposals", {"want": {"remedy": "refund", "amount": -1}}, 422, "not-valid"),
        ("proposals", {"want": {"remedy": "exchange", "amount": 1}}, 422, "not-valid"),
        ("proposals", {**WANT, "agent": "kim"}, 422, "not-valid"),
        ("service", SETTLED, 409, "not-for-service"),
        ("service", {"outcome": "kept"}, 422, "not-valid"),
        ("service", {"outcome": "settled", "amount": "1"}, 422, "not-valid"),
    ],
)
async def test_refused_and_nothing_is_sent(
    desk: Desk, pool: Pool, route: str, body: dict[str, Any], status: int, slug: str
) -> None:
    await desk.has_in_review()
    answer = await desk.post(f"/cases/D1/{route}", body, seen=2)
    assert (answer.status_code, answer.json()["slug"]) == (status, slug)
    assert await sent(pool, "arbitration.case_proposed.v1") + await sent(pool, "arbitration.service_decided.v1") == 0
