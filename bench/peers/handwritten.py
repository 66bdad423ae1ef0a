"""The hand-written peer: the steps of a dispute with asyncpg, one transaction a step, 16 connections, no Kafka.

`python bench/peers/handwritten.py DSN LIFECYCLES` prints one JSON object: `lifecycles` and `seconds`.

A step is: insert the message into the inbox (a repeat ends it), lock the dispute's row, decide, write the row back,
arm the deadline of the new wait, put what is said into the outbox. The messages are at hand in memory, as bytes.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson

CONNECTIONS = 16
ANSWER_WITHIN = timedelta(days=5)
PAID_WITHIN = timedelta(days=2)
SCHEMA = """
    create table inbox (id text primary key, received_at timestamptz not null default clock_timestamp());
    create table dispute (
        id text primary key, buyer text not null, seller text not null, status text not null, version bigint not null,
        wanted bigint not null, offered bigint, refund bigint, due timestamptz
    );
    create table deadline (
        id bigint generated always as identity primary key, dispute text not null, kind text not null,
        due timestamptz not null
    );
    create index on deadline (due);
    create table outbox (
        id bigint generated always as identity primary key, topic text not null, key text not null,
        type text not null, body bytea not null, created_at timestamptz not null default clock_timestamp(),
        sent_at timestamptz
    );
    create index on outbox (id) where sent_at is null;
"""
ADMIT = "insert into inbox (id) values ($1) on conflict do nothing returning id"
OPEN = """
    insert into dispute (id, buyer, seller, status, version, wanted, due)
    values ($1, $2, $3, 'awaiting-seller', 1, $4, $5)
    on conflict do nothing returning id
"""
LOCK = "select * from dispute where id = $1 for update"
KEEP = "update dispute set status = $2, version = $3, offered = $4, refund = $5, due = $6 where id = $1"
ARM = "insert into deadline (dispute, kind, due) values ($1, $2, $3)"
SAY = "insert into outbox (topic, key, type, body) values ($1, $2, $3, $4)"
Connection = asyncpg.pool.PoolConnectionProxy


async def handle(connection: Any, raw: bytes) -> None:
    """One message, one transaction."""
    message = orjson.loads(raw)
    now = datetime.now(UTC)
    async with connection.transaction():
        if await connection.fetchval(ADMIT, message["id"]) is None:
            return
        if message["type"] == "complaint":
            await opened(connection, message, now)
            return
        row = await connection.fetchrow(LOCK, message["dispute"])
        if row is None:
            return
        if message["type"] == "counter":
            await countered(connection, row, message, now)
        elif message["type"] == "acceptance":
            await accepted(connection, row, message, now)
        elif message["type"] == "executed":
            await executed(connection, row, message)


async def opened(connection: Any, message: dict[str, Any], now: datetime) -> None:
    due = now + ANSWER_WITHIN
    made = await connection.fetchval(
        OPEN, message["dispute"], message["buyer"], message["seller"], message["amount"], due
    )
    if made is not None:
        await connection.execute(ARM, message["dispute"], "answer", due)
        await say(connection, "disputes", message["dispute"], "opened", {"wanted": message["amount"], "due": due})


async def countered(connection: Any, row: Any, message: dict[str, Any], now: datetime) -> None:
    if row["status"] != "awaiting-seller" or message["by"] != row["seller"] or now >= row["due"]:
        return
    due = now + ANSWER_WITHIN
    await connection.execute(KEEP, row["id"], "awaiting-buyer", row["version"] + 1, message["amount"], None, due)
    await connection.execute(ARM, row["id"], "answer", due)
    await say(connection, "disputes", row["id"], "countered", {"offered": message["amount"], "due": due})


async def accepted(connection: Any, row: Any, message: dict[str, Any], now: datetime) -> None:
    if row["status"] != "awaiting-buyer" or message["by"] != row["buyer"] or now >= row["due"]:
        return
    due = now + PAID_WITHIN
    refund = row["offered"]
    await connection.execute(KEEP, row["id"], "refunding", row["version"] + 1, refund, refund, due)
    await connection.execute(ARM, row["id"], "payment", due)
    await say(connection, "settlements", row["id"], "refund-ordered", {"refund": refund, "due": due})


async def executed(connection: Any, row: Any, message: dict[str, Any]) -> None:
    if row["status"] != "refunding" or message["amount"] != row["refund"]:
        return
    await connection.execute(KEEP, row["id"], "closed", row["version"] + 1, row["offered"], row["refund"], None)
    await say(connection, "disputes", row["id"], "closed", {"refunded": row["refund"]})


async def say(connection: Any, topic: str, key: str, kind: str, body: dict[str, Any]) -> None:
    await connection.execute(SAY, topic, key, kind, orjson.dumps({"dispute": key, **body}))


def lifecycle(number: int) -> tuple[bytes, ...]:
    """Its four messages, in order."""
    dispute, buyer, seller = f"dispute-{number}", f"buyer-{number}", f"seller-{number // 20}"
    said: Iterator[tuple[str, str, int]] = iter(
        (("complaint", buyer, 3000), ("counter", seller, 1000), ("acceptance", buyer, 0), ("executed", "", 1000))
    )
    return tuple(
        orjson.dumps(
            {
                "id": f"{kind}-{dispute}",
                "type": kind,
                "dispute": dispute,
                "by": by,
                "buyer": buyer,
                "seller": seller,
                "amount": amount,
            }
        )
        for kind, by, amount in said
    )


async def work(pool: Any, waiting: Iterator[tuple[bytes, ...]]) -> None:
    async with pool.acquire() as connection:
        for messages in waiting:
            for raw in messages:
                await handle(connection, raw)


async def run(dsn: str, count: int) -> float:
    """Seconds for so many lifecycles, after a few to warm the connections up."""
    async with asyncpg.create_pool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        await pool.execute(SCHEMA)
        warm = iter([lifecycle(-1 - number) for number in range(CONNECTIONS)])
        await asyncio.gather(*(work(pool, warm) for _ in range(CONNECTIONS)))
        waiting = iter([lifecycle(number) for number in range(count)])
        begun = time.monotonic()
        await asyncio.gather(*(work(pool, waiting) for _ in range(CONNECTIONS)))
        seconds = time.monotonic() - begun
        closed = await pool.fetchval("select count(*) from dispute where status = 'closed'")
        if closed != count + CONNECTIONS:
            raise SystemExit(f"{closed} of {count + CONNECTIONS} disputes were closed.")
        return seconds


if __name__ == "__main__":
    lifecycles = int(sys.argv[2])
    seconds_taken = asyncio.run(run(sys.argv[1], lifecycles))
    print(json.dumps({"lifecycles": lifecycles, "seconds": seconds_taken}))
