"""The queue: pages, filters, search, hands, notes; and nothing of it for parties."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aftersales.contracts import dispute as said
from aftersales.runtime.postgres import Pool
from tests.rules.arbitration.spoken import a_step
from tests.services.arbitration.conftest import Desk

FIRST = datetime(2025, 5, 7, 9, tzinfo=UTC)


async def ids(desk: Desk, **query: Any) -> list[str]:
    answer = await desk.get("/cases", **query)
    assert answer.status_code == 200, answer.text
    return [item["case"] for item in answer.json()["items"]]


async def close(desk: Desk, number: int) -> None:
    nothing: dict[str, Any] = dict.fromkeys(("agreement", "rule", "liable"))
    amounts = {"refund": 0, "compensation": 0, "freight": 0}
    named: dict[str, Any] = {"dispute": f"D{number}", "order": f"O{number}", "state": "CLOSED_CANCELLED"}
    await desk.hears(a_step(said.DisputeClosed, step=5, **named, **nothing, **amounts))


async def test_the_most_urgent_first_and_those_over_last_in_pages(desk: Desk) -> None:
    for n in range(7):
        await desk.has_in_review(f"D{n}", at=FIRST - timedelta(days=n % 4), order=f"O{n}")
    for n in (3, 4, 5):
        await close(desk, n)
    expected = ["D2", "D6", "D1", "D0", "D3", "D4", "D5"]
    assert await ids(desk) == expected
    for limit in (1, 2, 3):
        seen, cursor = [], None
        for _ in range(-(-len(expected) // limit)):
            page = (await desk.get("/cases", limit=limit, **({"cursor": cursor} if cursor else {}))).json()
            seen += [item["case"] for item in page["items"]]
            cursor = page["next"]
        assert (seen, cursor) == (expected, None), limit


async def test_filtered(desk: Desk) -> None:
    await desk.has_in_review("D1", order="O1")
    await desk.has_in_review("D2", order="O2", reason="SNAD_QUALITY")
    await desk.hears(
        a_step(said.DisputeEscalated, dispute="D3", order="O3", state="ARBITRATION_EVIDENCE", how="automatic")
    )
    await desk.post("/cases/D1/take")
    assert await ids(desk, status="evidence") == ["D3"]
    assert set(await ids(desk, status=["evidence", "review"])) == {"D1", "D2", "D3"}
    assert await ids(desk, agent="kim") == ["D1"]
    assert set(await ids(desk, taken="false")) == {"D2", "D3"}
    assert await ids(desk, reason="SNAD_QUALITY") == ["D2"]


@pytest.mark.parametrize("search", ["D1", "O1", "anna", "shop", "EE123456785CN"])
async def test_found_by_dispute_order_buyer_seller_and_tracking_number(desk: Desk, search: str) -> None:
    await desk.has_in_review()
    assert await ids(desk, search=search) == ["D1"]
    assert await ids(desk, search=f"{search}x") == []


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 10**9}, {"cursor": "x"}, {"status": "open"}, {"sort": "id"}, {"search": "a b"}]
)
async def test_refused_to_list(desk: Desk, query: dict[str, Any]) -> None:
    assert (await desk.get("/cases", **query)).status_code == 422


@pytest.mark.parametrize(
    ("role", "sub"), [("buyer", "anna"), ("seller", "shop"), ("buyer", "eve"), ("service", "dispute")]
)
async def test_to_everybody_else_there_is_no_desk(desk: Desk, role: str, sub: str) -> None:
    await desk.has_in_review()
    who = {"role": role, "sub": sub}
    for path in ("/cases", "/cases/D1", "/cases/D1/notes", "/cases/D1/statements", "/cases/D1/history"):
        assert (await desk.get(path, **who)).status_code == 404, path
    for path in ("take", "hand-back", "recommendation", "notes", "rulings", "rulings/R/second"):
        body = {"words": "x"} if path == "notes" else {}
        assert (await desk.post(f"/cases/D1/{path}", body, seen=2, **who)).status_code == 404, path


async def test_no_case_is_no_case(desk: Desk, pool: Pool) -> None:
    for path in ("/cases/D9", "/cases/D9/notes", "/cases/D9/statements"):
        assert (await desk.get(path)).status_code == 404
    assert (await desk.post("/cases/D9/take")).status_code == 404
    assert (await desk.post("/cases/D9/rulings", {"findings": {}}, seen=1)).status_code == 404
    assert await pool.fetchval("select count(*) from cases") == 0


async def test_a_dispute_that_never_came_to_the_desk_is_no_case(desk: Desk) -> None:
    plan = {"remedy": "refund", "amount": 1}
    await desk.hears(a_step(said.DisputeAgreed, state="REFUND_PENDING", agreement="consensus", plan=plan))
    assert await ids(desk) == []
    assert (await desk.get("/cases/D1")).status_code == 404


async def test_taken_handed_back_and_taken_by_another(desk: Desk, pool: Pool) -> None:
    await desk.has_in_review()
    taken = await desk.post("/cases/D1/take")
    assert (taken.status_code, taken.json()["agent"]) == (200, "kim")
    assert (await desk.post("/cases/D1/take", sub="lee")).json()["slug"] == "case-taken"
    assert (await desk.post("/cases/D1/hand-back", sub="lee")).json()["slug"] == "case-taken"
    assert (await desk.post("/cases/D1/hand-back")).json()["agent"] is None
    assert (await desk.post("/cases/D1/take", sub="lee")).json()["agent"] == "lee"
    assert (await desk.post("/cases/D1/take", sub="boss", role="supervisor")).json()["agent"] == "boss"
    said_so = await pool.fetch("select type from outbox where type = 'arbitration.case_assigned.v1'")
    assert len(said_so) == 4


async def test_allowed_actions_with_from_and_until(desk: Desk) -> None:
    await desk.has_in_review()
    case = (await desk.get("/cases/D1")).json()
    by_name = {action["name"]: action for action in case["allowed_actions"]}
    assert set(by_name) == {"note", "take", "propose", "rule"}
    assert by_name["rule"]["from"] == "2025-05-07T09:00:00Z"
    assert by_name["rule"]["until"] == "2025-05-21T09:00:00Z"


async def test_notes_are_kept_for_agents_and_leave_no_trace_in_events(desk: Desk, pool: Pool) -> None:
    await desk.has_in_review()
    for n in range(3):
        assert (await desk.post("/cases/D1/notes", {"words": f"Note {n} <b>"})).status_code == 201
    first = (await desk.get("/cases/D1/notes", sub="lee", limit=2)).json()
    rest = (await desk.get("/cases/D1/notes", sub="lee", limit=2, cursor=first["next"])).json()
    assert [note["words"] for note in first["items"] + rest["items"]] == ["Note 2 <b>", "Note 1 <b>", "Note 0 <b>"]
    assert await pool.fetchval("select count(*) from outbox where convert_from(body, 'UTF8') like '%Note%'") == 0
    assert (await desk.get("/cases/D1")).json()["version"] == 2


@pytest.mark.parametrize("words", ["", "   ", "\u200b", "x" * 4001, "a\u0000b"])
async def test_a_note_must_say_something(desk: Desk, words: str) -> None:
    await desk.has_in_review()
    assert (await desk.post("/cases/D1/notes", {"words": words})).status_code == 422
