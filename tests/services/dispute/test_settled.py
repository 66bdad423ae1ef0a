"""A dispute from its opening to the refund, over HTTP and Kafka, on the real unit and a real Postgres."""

from typing import Any

import asyncpg
import pytest

from aftersales.contracts.dispute import CommandRefused, RefundOrdered
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SECOND
from tests.services.dispute.conftest import Town

COMPLAINT: dict[str, Any] = {
    "order": "O1",
    "dispute": "D1",
    "units": {"L1": [1, 2]},
    "reason": "SNAD_COUNTERFEIT",
    "want": {"remedy": "refund", "amount": 4198},
    "evidence": ["photo", "brand_letter"],
    "words": "The logo is upside down.",
}


async def test_a_plan_that_was_changed_meanwhile_is_not_accepted_unread(town: Town) -> None:
    await town.post("/disputes", COMPLAINT)
    plan = (await town.get("/disputes/D1", "shop", "seller")).json()["buyer_plan"]
    await town.post("/disputes/D1/plan", {"want": {"remedy": "refund", "amount": 3000}})
    refused = await town.seller("/disputes/D1/accept", {"version": plan["version"]})
    assert (refused.status_code, refused.json()["slug"]) == (409, "plan-changed")
    assert (await town.seller("/disputes/D1/accept", {"version": 2})).status_code == 200


async def test_refunded_and_compensated_with_a_balanced_journal(town: Town) -> None:
    assert (await town.post("/disputes", COMPLAINT)).status_code == 201
    await town.at(OPENED + DAY)
    assert (await town.seller("/disputes/D1/refuse")).json()["state"] == "AWAITING_BUYER"
    await town.at(OPENED + 3 * DAY)
    assert (await town.post("/disputes/D1/escalate")).json()["state"] == "ARBITRATION_EVIDENCE"
    await town.at(OPENED + 8 * DAY)
    await town.hears(say.a_ruling(OPENED + 8 * DAY))
    await town.pays()
    dispute = (await town.get("/disputes/D1", "kim", "agent")).json()
    assert (dispute["state"], dispute["rule"], dispute["liable"]) == ("CLOSED_REFUNDED", "R20", "seller")
    assert (dispute["refund"], dispute["compensation"], dispute["seller_debt"]) == (4198, 7996, 7996)
    assert dispute["paid_by"] == {"escrow": 4198, "deposit": 0, "platform_fund": 7996, "service_fund": 0}
    sums = await town.pool.fetch("select journal_id, sum(amount) as sum, count(*) from journal group by journal_id")
    assert [(row["sum"], row["count"]) for row in sums] == [(0, 6)]
    row = await town.pool.fetchrow("select debt, deposit from sellers where id = 'shop'")
    assert row is not None
    assert row["debt"] == b'{"USD": 7996}'
    assert await town.pool.fetchval("select refunded from orders where id = 'O1'") == 4198
    assert await town.names() == [
        "dispute.opened",
        "dispute.funds_held",
        "dispute.plan_refused",
        "dispute.escalated",
        "dispute.review_started",
        "dispute.ruled",
        "dispute.refund_ordered",
        "dispute.closed",
    ]


async def test_silence_executes_the_plan_at_the_deadline_and_not_before(town: Town) -> None:
    await town.post("/disputes", COMPLAINT)
    await town.at(OPENED + 5 * DAY - SECOND)
    assert (await town.get("/disputes/D1")).json()["state"] == "AWAITING_SELLER"
    await town.at(OPENED + 5 * DAY)
    answer = await town.seller("/disputes/D1/accept")
    assert (answer.status_code, answer.json()["slug"]) == (409, "wrong-state")
    dispute = (await town.get("/disputes/D1")).json()
    assert (dispute["state"], dispute["agreement"], dispute["refund"]) == ("REFUND_PENDING", "seller_timeout", 4198)


async def test_the_same_command_over_both_doors_is_one(town: Town) -> None:
    await town.post("/disputes", COMPLAINT)
    body = {"by": "shop", "counter": {"remedy": "refund", "amount": 1000}}
    over_http = await town.post("/disputes/D1/refuse", body, sub="market", role="service", key="m-1")
    before = await town.names()
    await town.hears(say.a_refusal(1000), name="m-1")
    again = await town.post("/disputes/D1/refuse", body, sub="market", role="service", key="m-1")
    assert (over_http.json(), again.json()) == (over_http.json(), over_http.json())
    assert await town.names() == before
    assert (
        await town.pool.fetchval("select count(*) from history where subject = 'order/O1' and outcome = 'applied'") == 5
    )


async def test_commands_before_their_order_wait_and_settle_in_one_batch(town: Town) -> None:
    facts = (
        say.a_complaint(order="O2", dispute="D2"),
        say.accepted(order="O2", dispute="D2"),
        say.shipped(order="O2"),
        say.delivered(order="O2"),
        say.an_order(order="O2"),
    )
    await town.hears(*facts)
    dispute = (await town.get("/disputes/D2")).json()
    assert (dispute["state"], dispute["agreement"], dispute["refund"]) == ("REFUND_PENDING", "consensus", 2000)
    assert await town.pool.fetchval("select count(*) from dead_letter") == 0
    assert await town.pool.fetchval("select count(*) from parked") == 0


async def test_a_withdrawn_line_is_disputed_anew_within_one_batch(town: Town) -> None:
    await town.hears(say.a_complaint(), say.cancellation(), say.a_complaint(dispute="A1"))
    rows = await town.pool.fetch("select line, open_dispute from dispute_lines")
    assert [(row["line"], row["open_dispute"]) for row in rows] == [("L1", "A1")]
    assert await town.pool.fetchval("select count(*) from disputes") == 2


async def test_another_orders_dispute_name_is_not_taken_over(town: Town) -> None:
    await town.hears(say.a_complaint())
    await town.hears(say.an_order(order="O2", buyer="eve"), say.shipped(order="O2"), say.delivered(order="O2"))
    await town.hears(say.a_complaint(order="O2", by="eve"))
    row = await town.pool.fetchrow("select order_id, buyer from disputes where dispute = 'D1'")
    assert row is not None
    assert (row["order_id"], row["buyer"]) == ("O1", "anna")
    refusal = (await town.said())[-1]
    assert isinstance(refusal, CommandRefused)
    assert refusal.slug == "dispute-id-taken"
    assert await town.pool.fetchval("select count(*) from parked") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update orders set refunded = paid + 1",
        "update journal set amount = 1",
        "delete from journal",
        "truncate journal",
        "update resolution set refund = 0",
        "delete from statement",
        "insert into journal (journal_id, order_id, dispute, account, currency, amount, at, cause) "  # noqa: ISC004
        "values ('x', 'O1', 'D1', 'buyer', 'USD', 1, now(), gen_random_uuid())",
        "insert into resolution select * from resolution",
    ],
)
async def test_the_database_refuses_what_the_rules_would_never_write(town: Town, statement: str) -> None:
    await town.post("/disputes", COMPLAINT)
    await town.seller("/disputes/D1/accept")
    assert [type(said) for said in await town.said() if isinstance(said, RefundOrdered)] == [RefundOrdered]
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await town.pool.execute(statement)


async def test_goods_sent_back_are_paid_with_their_freight(town: Town) -> None:
    wanted = {**COMPLAINT, "reason": "SNAD_WRONG_ITEM", "want": {"remedy": "return", "amount": 4198}}
    await town.post("/disputes", wanted)
    await town.seller("/disputes/D1/accept", {"return_address": "Shop returns, CN"})
    allowed = (await town.get("/disputes/D1")).json()["allowed_actions"]
    assert [action["action"] for action in allowed] == ["cancel", "return-shipped"]
    await town.at(OPENED + DAY)
    await town.post("/disputes/D1/return-shipped", {"carrier": "EMS", "number": "EE1US", "freight": 840})
    done = await town.seller("/disputes/D1/return-confirmed")
    assert (done.status_code, done.json()["state"]) == (200, "REFUND_PENDING")
    dispute = (await town.get("/disputes/D1", "shop", "seller")).json()
    assert (dispute["refund"], dispute["freight"], dispute["seller_debt"]) == (4198, 840, 840)
