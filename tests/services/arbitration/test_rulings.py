"""Rulings over HTTP: on the version that was read, once, by one agent, and what became of them."""

import asyncio
from typing import Any

import pytest

from aftersales.contracts import dispute as said
from aftersales.runtime.postgres import Pool
from tests.rules.arbitration.spoken import a_step, a_told_file
from tests.services.arbitration.conftest import Desk

UPHELD = {"findings": {"counterfeit": "upheld"}}


async def sent(pool: Pool) -> int:
    return int(await pool.fetchval("select count(*) from outbox where type = 'arbitration.case_ruled.v1'"))


async def version(desk: Desk, case: str = "D1") -> int:
    answer = await desk.get(f"/cases/{case}")
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    return int(answer.json()["version"])


async def test_sent_and_then_executed(desk: Desk, pool: Pool) -> None:
    await desk.has_in_review()
    answer = await desk.post("/cases/D1/rulings", UPHELD, seen=await version(desk))
    assert answer.status_code == 201
    assert (answer.json()["status"], answer.json()["ruling_status"]) == ("ruling_sent", "sent")
    assert await sent(pool) == 1
    ruling = answer.json()["ruling"]
    await desk.hears(executed(ruling))
    case = (await desk.get("/cases/D1")).json()
    assert (case["status"], case["due"], case["rulings"][0]["status"]) == ("ruled", None, "executed")
    assert case["rulings"][0]["explanation"]["amounts"]["refund"]["value"] == 4198
    assert case["rulings"][0]["words"][0] == "R20: counterfeit upheld."
    decided = (await desk.get("/cases/D1/history")).json()["items"]
    assert [one["words"][0] for one in decided if one["rule"] == "R20"] == ["R20: counterfeit upheld."] * 2


def executed(ruling: str) -> said.DisputeRuled:
    content: dict[str, Any] = {
        "rule": "R20",
        "liable": "seller",
        "refund": 4198,
        "compensation": 7996,
        "freight": 0,
        "remedy": "refund",
    }
    return a_step(said.DisputeRuled, step=5, state="REFUND_PENDING", ruling=ruling, **content)


async def test_sent_when_the_case_is_as_large_as_an_order_can_be(desk: Desk, pool: Pool) -> None:
    told = a_told_file()
    unit = {**told["units"][0], "parcel": "P".ljust(64, "x"), "exact_price": "1999.12345678901234567890"}
    told["units"] = tuple(
        {**unit, "line": f"L{line}".ljust(64, "x"), "unit": number, "net": 10**9 + number}
        for line in range(100)
        for number in range(1, 6)
    )
    await desk.has_in_review(file=told)
    answer = await desk.post("/cases/D1/rulings", UPHELD, seen=await version(desk))
    assert (answer.status_code, answer.json()["ruling_status"]) == (201, "awaiting_second")
    assert await pool.fetchval("select octet_length(state::text) from cases") > 192 * 1024
    seconded = await desk.post(f"/cases/D1/rulings/{answer.json()['ruling']}/second", sub="lee")
    assert (seconded.status_code, await sent(pool)) == (200, 1)
    case = (await desk.get("/cases/D1")).json()
    assert len(case["rulings"][0]["explanation"]["amounts"]["refund"]["units"]) == 500


async def test_sent_and_then_overtaken_with_the_reason(desk: Desk) -> None:
    await desk.has_in_review()
    ruling = (await desk.post("/cases/D1/rulings", UPHELD, seen=2)).json()["ruling"]
    words = {
        "order": "O1",
        "dispute": "D1",
        "slug": "wrong-state",
        "sentence": "It was cancelled.",
        "state": "CLOSED_CANCELLED",
    }
    await desk.hears(said.RulingOvertaken.model_validate({**words, "ruling": ruling}))
    case = (await desk.get("/cases/D1")).json()
    assert (case["status"], case["rulings"][0]["status"]) == ("withdrawn", "overtaken")
    assert "It was cancelled." in case["rulings"][0]["why"]


async def test_refused_without_and_with_an_old_version(desk: Desk, pool: Pool) -> None:
    await desk.has_in_review()
    assert (await desk.post("/cases/D1/rulings", UPHELD)).status_code == 428
    old = await desk.post("/cases/D1/rulings", UPHELD, seen=1)
    assert (old.status_code, old.json()["slug"]) == (409, "version-changed")
    assert await sent(pool) == 0
    assert (await desk.post("/cases/D1/rulings", UPHELD, seen=2)).status_code == 201


async def test_a_repeat_gets_the_first_answer(desk: Desk, pool: Pool) -> None:
    await desk.has_in_review()
    first = await desk.post("/cases/D1/rulings", UPHELD, seen=2, key="k")
    again = await desk.post("/cases/D1/rulings", UPHELD, seen=2, key="k")
    assert (again.status_code, again.json()) == (201, first.json())
    assert await sent(pool) == 1
    other = await desk.post("/cases/D1/rulings", {"findings": {}}, seen=2, key="k")
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency-key-reused")


async def test_one_of_twenty_five_agents_wins(desk: Desk, pool: Pool) -> None:
    await desk.has_in_review()
    answers = await asyncio.gather(
        *(desk.post("/cases/D1/rulings", UPHELD, sub=f"agent{n}", seen=2) for n in range(25))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 24
    assert await sent(pool) == 1


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"findings": {"counterfeit": "perhaps"}}, 409, "unknown-value"),
        ({"findings": {"weather": "bad"}}, 409, "unknown-finding"),
        ({"findings": {"goods_back": "used"}}, 409, "no-contested-return"),
        ({"findings": {}, "depart": {"remedy": "refund", "amount": 1}}, 422, "not-valid"),
        ({"findings": {}, "depart": {"remedy": "refund", "amount": 4199, "reason": "x"}}, 409, "above-cap"),
        ({"findings": {}, "depart": {"remedy": "none", "amount": 0, "reason": "x"}}, 422, "not-valid"),
        ({"findings": [], "extra": 1}, 422, "not-valid"),
        ({"verdict": "guilty"}, 422, "not-valid"),
    ],
)
async def test_refused(desk: Desk, pool: Pool, body: Any, status: int, slug: str) -> None:
    await desk.has_in_review()
    answer = await desk.post("/cases/D1/rulings", body, seen=2)
    assert (answer.status_code, answer.json()["slug"]) == (status, slug)
    assert await sent(pool) == 0


@pytest.mark.parametrize("path", ["rulings", "recommendation"])
@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        (
            {"not_as_described": "keep", "amount": 10**30},
            "amount holds a number beyond 1000000000000000; expected whole",
        ),
        ({"missing": {"L1": 10**40}}, "missing holds a number beyond 1000000000000000; expected disputed units from 1"),
        ({"missing": {"L1": [10**40]}}, "expected disputed units from 1 to 1000"),
        ({"lost": {"a": [10**30]}}, "lost holds a number beyond 1000000000000000; expected true"),
        ({"lost": 1e300}, "expected true"),
        ({"weather": 10**30}, "expected one of address_error"),
    ],
)
async def test_numbers_nobody_can_count_with_are_refused_at_the_door(
    desk: Desk, path: str, findings: Any, expected: str
) -> None:
    await desk.has_in_review()
    answer = await desk.post(f"/cases/D1/{path}", {"findings": findings}, seen=2)
    assert (answer.status_code, answer.json()["slug"]) == (422, "not-valid")
    assert expected in answer.json()["detail"]
    assert "0" * 20 not in answer.text


async def test_refused_before_the_review_and_after_the_ruling(desk: Desk) -> None:
    await desk.hears(a_step(said.DisputeEscalated, state="ARBITRATION_EVIDENCE", step=3, how="automatic"))
    early = await desk.post("/cases/D1/rulings", UPHELD, seen=1)
    assert (early.status_code, early.json()["slug"]) == (409, "evidence-window")
    await desk.hears(a_step(said.DisputeReviewStarted, step=4))
    assert (await desk.post("/cases/D1/rulings", UPHELD, seen=2)).status_code == 201
    late = await desk.post("/cases/D1/rulings", UPHELD, seen=3)
    assert (late.status_code, late.json()["slug"]) == (409, "ruling-sent")


async def test_above_the_limit_another_agent_confirms(desk: Desk, pool: Pool) -> None:
    file = a_told_file()
    dear = tuple({**unit, "charged_price": 20_000} for unit in file["units"])
    await desk.has_in_review(file={**file, "units": dear})
    first = await desk.post("/cases/D1/rulings", UPHELD, seen=2)
    assert (first.status_code, first.json()["ruling_status"]) == (201, "awaiting_second")
    assert "500.00 USD" in first.json()["next"]
    path = f"/cases/D1/rulings/{first.json()['ruling']}/second"
    assert await sent(pool) == 0
    assert (await desk.post(path)).json()["slug"] == "own-ruling"
    party = await desk.post(path, sub="shop")
    assert (party.status_code, "O1" in party.text) == (404, False)
    assert (await desk.post(path, sub="lee")).json()["ruling_status"] == "sent"
    assert await sent(pool) == 1
    assert (await desk.post(path, sub="mia")).status_code == 409


async def test_an_agent_who_is_a_party_is_told_of_no_case_and_cannot_rule(desk: Desk) -> None:
    await desk.has_in_review()
    assert (await desk.get("/cases/D1", sub="anna")).status_code == 404
    assert (await desk.get("/cases", sub="shop")).json()["items"] == []
    bodies: dict[str, Any] = {"rulings": UPHELD, "take": None, "hand-back": None, "notes": {"words": "x"}}
    for path, body in bodies.items():
        answer = await desk.post(f"/cases/D1/{path}", body, sub="shop", seen=2)
        assert (answer.status_code, answer.json()["slug"], "O1" in answer.text) == (404, "not-found", False), path


async def test_recommended_with_facts_and_rule_and_nothing_written(desk: Desk, pool: Pool) -> None:
    await desk.has_in_review()
    before = await pool.fetchval("select count(*) from history")
    answer = await desk.post("/cases/D1/recommendation", UPHELD)
    told = answer.json()
    assert (told["rule"], told["refund"], told["compensation"], told["liable"]) == ("R20", 4198, 7996, "seller")
    assert told["facts"]["buyer_evidence"] == ["photo"]
    assert told["rests_on"]["counterfeit.multiple"] == 2
    assert (told["second_needed"], told["version"]) == (False, 2)
    wrong = await desk.post("/cases/D1/recommendation", {"findings": {"quality": "awful"}})
    assert (wrong.status_code, wrong.json()["slug"]) == (422, "unknown-value")
    assert "minor or medium or severe" in wrong.json()["detail"]
    assert await pool.fetchval("select count(*) from history") == before
