"""Reads: each their own, in pages, with what the caller may do; refusals say what and why."""

from typing import Any

import pytest

from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED
from tests.services.dispute.conftest import Town
from tests.services.dispute.test_settled import COMPLAINT


async def test_a_reader_sees_what_is_theirs_and_nothing_else(town: Town) -> None:
    await town.post("/disputes", COMPLAINT)
    readers = [("anna", "buyer"), ("shop", "seller"), ("kim", "agent"), ("lee", "supervisor"), ("market", "service")]
    strangers = [("eve", "buyer"), ("anna", "seller"), ("other", "seller"), ("bazaar", "service")]
    for path in ("/disputes/D1", "/disputes/D1/statements", "/disputes/D1/history", "/orders/O1"):
        assert [(await town.get(path, *who)).status_code for who in readers] == [200] * 5
        assert [(await town.get(path, *who)).status_code for who in strangers] == [404] * 4
    for who in readers:
        assert [row["dispute"] for row in (await town.get("/disputes", *who)).json()["items"]] == ["D1"]
    for who in strangers:
        assert (await town.get("/disputes", *who)).json()["items"] == []


async def test_who_is_a_party_of_the_order_does_not_read_it_as_the_platform(town: Town) -> None:
    await town.post("/disputes", COMPLAINT)
    for who in (("anna", "agent"), ("shop", "supervisor")):
        for path in ("/disputes/D1", "/disputes/D1/statements", "/disputes/D1/history", "/orders/O1"):
            assert (await town.get(path, *who)).status_code == 404
        assert (await town.get("/disputes", *who)).json()["items"] == []


async def test_who_pays_is_not_shown_to_the_buyer(town: Town) -> None:
    await town.post("/disputes", COMPLAINT)
    await town.seller("/disputes/D1/accept")
    seen = {}
    for who in (("anna", "buyer"), ("shop", "seller"), ("kim", "agent")):
        decided = (await town.get("/disputes/D1/history", *who)).json()["items"]
        seen[who[1]] = [one for one in decided if "paid_by" in one["explanation"].get("facts", {})]
        spoken = " ".join(sentence for one in decided for sentence in one["words"])
        assert ("paid by" in spoken, "escrow" in spoken) == ((False, False) if who[1] == "buyer" else (True, True))
    assert [len(found) for found in seen.values()] == [0, 1, 1]


async def test_refunds_in_trouble_are_looked_for_by_the_platform_alone(town: Town) -> None:
    statuses = {}
    for who in (("anna", "buyer"), ("shop", "seller"), ("kim", "agent"), ("lee", "supervisor"), ("market", "service")):
        statuses[who[1]] = (await town.get("/disputes", *who, trouble="true")).status_code
    assert statuses == {"buyer": 403, "seller": 403, "agent": 200, "supervisor": 200, "service": 200}


async def test_allowed_actions_come_with_their_time(town: Town) -> None:
    await town.post("/disputes", COMPLAINT)
    seller = (await town.get("/disputes/D1", "shop", "seller")).json()
    assert seller["allowed_actions"][0] == {
        "action": "accept",
        "from": "2025-05-01T09:00:00Z",
        "until": "2025-05-06T09:00:00Z",
    }
    assert seller["waits"] == [
        {"party": "seller", "task": "answer", "until": "2025-05-06T09:00:00Z", "silence": "plan_executed"}
    ]
    assert (await town.get("/disputes/D1", "kim", "agent")).json()["allowed_actions"] == []
    buyer = (await town.get("/disputes/D1")).json()
    assert [action["action"] for action in buyer["allowed_actions"]] == ["plan", "cancel", "evidence"]
    assert buyer["paid_by"] is None
    assert buyer["evidence"]["expected"] == ["brand_letter", "test_report"]


async def test_a_list_by_a_word_that_is_no_reason_is_refused_with_those_that_are(town: Town) -> None:
    answer = await town.get("/disputes", reason="SNAD_COLOUR")
    assert (answer.status_code, answer.json()["slug"]) == (422, "unknown-reason")
    assert "Known are INR_IN_TRANSIT" in answer.json()["detail"]


async def test_lists_come_in_pages_and_by_state(town: Town) -> None:
    for number in range(3):
        order = f"P{number}"
        await town.at(OPENED + number * DAY)
        await town.hears(say.an_order(order=order), say.shipped(order=order), say.delivered(order=order))
        await town.post("/disputes", {**COMPLAINT, "order": order, "dispute": f"D{number}"})
    first = (await town.get("/disputes", limit=2)).json()
    assert [row["dispute"] for row in first["items"]] == ["D2", "D1"]
    second = (await town.get("/disputes", limit=2, cursor=first["next"])).json()
    assert ([row["dispute"] for row in second["items"]], second["next"]) == (["D0"], None)
    await town.post("/disputes/D1/cancel")
    closed = (await town.get("/disputes", state="CLOSED_CANCELLED")).json()
    assert [row["dispute"] for row in closed["items"]] == ["D1"]
    assert [row["dispute"] for row in (await town.get("/disputes", order="P0")).json()["items"]] == ["D0"]


async def test_words_and_decisions_can_be_read(town: Town) -> None:
    await town.post("/disputes", COMPLAINT)
    await town.seller("/disputes/D1/refuse", {"words": "It is genuine."})
    said = (await town.get("/disputes/D1/statements", "kim", "agent")).json()["items"]
    assert [(one["party"], one["words"]) for one in said] == [
        ("buyer", "The logo is upside down."),
        ("seller", "It is genuine."),
    ]
    decided = (await town.get("/disputes/D1/history")).json()["items"]
    opening = decided[-2]
    assert (opening["rule"], opening["moves"]) == ("transition 1", [["D1", None, "AWAITING_SELLER", "1"]])
    assert opening["explanation"]["policy"]["seller.response"] == "P5D"
    assert opening["explanation"]["policy_version"].startswith("standard@")
    assert opening["words"][0] == "Transition 1: the buyer opens a dispute."


async def test_an_orders_money_is_told_to_the_unit(town: Town) -> None:
    order = (await town.get("/orders/O1")).json()
    assert (order["unit_refunds"], order["paid_left"], order["disputes"]) == ({"L1": [2099, 2099]}, 4198, [])


async def test_a_dispute_without_a_name_gets_one_and_a_repeat_gets_the_same(town: Town) -> None:
    unnamed = {name: value for name, value in COMPLAINT.items() if name != "dispute"}
    first = await town.post("/disputes", unnamed, key="k1")
    again = await town.post("/disputes", unnamed, key="k1")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    other = await town.post("/disputes", {**unnamed, "reason": "SNAD_QUALITY"}, key="k1")
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("who", "body", "answer"),
    [
        (("eve", "buyer"), {}, (404, "not-found")),
        (("shop", "seller"), {}, (409, "not-your-move")),
        (("kim", "agent"), {}, (403, "role-not-allowed")),
        (("anna", "buyer"), {"order": "O9"}, (404, "not-found")),
        (("anna", "buyer"), {"by": "shop"}, (403, "not-your-name")),
        (("market", "service"), {}, (422, "by-missing")),
        (("anna", "buyer"), {"reason": "SNAD_UGLY"}, (409, "unknown-reason")),
        (("anna", "buyer"), {"want": {"remedy": "refund", "amount": "4198"}}, (422, "not-valid")),
        (("anna", "buyer"), {"want": {"remedy": "gift", "amount": 1}}, (422, "not-valid")),
        (("anna", "buyer"), {"state": "CLOSED_REFUNDED"}, (422, "not-valid")),
        (("anna", "buyer"), {"reason": "INR_LOST", "want": {"remedy": "return", "amount": 1}}, (409, "refund-only")),
    ],
)
async def test_refused_with_a_reason(
    town: Town, who: tuple[str, str], body: dict[str, Any], answer: tuple[int, str]
) -> None:
    refused = await town.post("/disputes", {**COMPLAINT, **body}, sub=who[0], role=who[1])
    assert (refused.status_code, refused.json()["slug"]) == answer
    assert await town.pool.fetchval("select count(*) from disputes") == 0


async def test_a_stranger_cannot_tell_a_dispute_from_none(town: Town) -> None:
    await town.post("/disputes", COMPLAINT)
    theirs = await town.post("/disputes/D1/cancel", sub="eve")
    nobodys = await town.post("/disputes/D9/cancel", sub="eve")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.json()["detail"] == nobodys.json()["detail"]
