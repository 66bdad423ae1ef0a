"""Dispute's real engine on real Kafka and Postgres with its API on the same unit: both doors of one service."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx2
import orjson

from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import Command, ComplaintMade
from aftersales.identity import cause_id
from aftersales.runtime import clock
from aftersales.runtime.auth import Keys, Verifier
from aftersales.runtime.health import Health
from aftersales.runtime.http import Parts, create_app
from aftersales.runtime.limits import Rates
from aftersales.runtime.reads import open_reads
from aftersales_local import postgres as databases
from aftersales_local.issuer import public_keys, token
from dispute.api import routers
from dispute.domain.transitions import ACTIONS
from dispute.handlers import SERVICE
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import OPENED
from tests.rules.dispute.world import MARKET, SOURCES
from tests.runtime.waiting import eventually
from tests.support.heard import Heard, heard
from tests.support.served import listening, settings
from tests.support.tokens import ISSUER

SPEAKS_ON: Final = {"dispute.disputes", "dispute.settlements", "dispute.returns"}
IDS: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# What one order left behind, without the ids that are derived from who spoke.
LEFT_BEHIND: Final = {
    "order": "select version, state, refunded, status from orders where id = $1",
    "disputes": "select to_jsonb(d) from disputes d where order_id = $1",
    "lines": "select line, open_dispute from dispute_lines where order_id = $1 order by line",
    "causes": "select type, outcome, slug, answer, body from inbox where subject = 'order/' || $1 order by 1, 5, 2, 4",
    "history": "select version, event_type, rule, outcome, at, arrived_at, moves, explanation from history "
    "where subject = 'order/' || $1 order by version",
    "outbox": "select topic, key, type, headers - '{ce_id,traceparent}'::text[] as headers, "
    "convert_from(body, 'UTF8') as body from outbox where subject = 'order/' || $1 order by id",
    "timers": "select kind, due, rank, party, data from timers where subject = 'order/' || $1 order by due, kind",
    "journal": "select account, currency, amount, at from journal where order_id = $1 order by id",
    "resolution": "select to_jsonb(r) from resolution r where order_id = $1",
    "statements": "select party, said, at, words, evidence from statement where order_id = $1 order by id",
}


@dataclass(frozen=True)
class Case:
    """One order with its dispute and its seller, named so that no other test speaks of them."""

    suffix: str = field(default_factory=lambda: uuid4().hex[:10])

    @property
    def order(self) -> str:
        return f"O-{self.suffix}"

    @property
    def dispute(self) -> str:
        return f"D-{self.suffix}"

    @property
    def seller(self) -> str:
        return f"shop-{self.suffix}"

    def names(self, event: type[Event]) -> dict[str, str]:
        """The order and, where the event has one, the dispute."""
        return {name: getattr(self, name) for name in ("order", "dispute") if name in event.model_fields}


@dataclass(frozen=True)
class Where:
    """A record's place and name."""

    topic: str
    partition: int
    offset: int
    cause: UUID


@dataclass
class Doors:
    heard: Heard
    client: httpx2.AsyncClient
    keys: Path

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        return self.heard.pool

    async def at(self, instant: datetime) -> None:
        async with self.pool.acquire() as connection:
            await clock.step(connection, instant)

    # -- Kafka ---------------------------------------------------------------------------------------------------------

    async def publish(
        self,
        topic: str,
        key: bytes | None,
        body: bytes | None,
        headers: list[tuple[str, bytes]],
        partition: int | None = None,
    ) -> Where:
        sent = await self.heard.producer.send_and_wait(topic, body, key=key, headers=headers, partition=partition)
        named = dict(headers)
        cause = cause_id(
            named.get("ce_source", b"").decode(errors="replace"), named.get("ce_id", b"").decode("latin-1")
        )
        return Where(sent.topic, sent.partition, sent.offset, cause)

    async def partition_of(self, case: Case) -> int:
        """Where the order's records go, as the order itself went."""
        found = await self.pool.fetchval(
            "select partition from inbox where subject = 'order/' || $1 and type like '%.order_placed.v1'", case.order
        )
        return int(found)

    async def say(self, event: Event, *, name: str | None = None, source: str | None = None) -> Where:
        """Publish as the event's speaker would."""
        headers = envelope(event, name=name, source=source)
        return await self.publish(event.TOPIC, event.key.encode(), event.model_dump_json().encode(), headers)

    async def read(self, *records: Where) -> None:
        """Wait until all of them are behind the fence."""

        async def done() -> bool:
            rows = await self.pool.fetch("select topic, partition, next_offset from consumer_fence")
            ends = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
            return all(ends.get((one.topic, one.partition), 0) > one.offset for one in records)

        await eventually(done, within=30, what="the records are read")

    async def hears(self, *events: Event) -> None:
        """Publish and wait until they are decided."""
        await self.read(*[await self.say(event) for event in events])

    async def settled(self, *cases: Case) -> None:
        """Wait until what has fallen due for these orders has fired."""

        async def done() -> bool:
            due = "select count(*) from timers where due <= app_now() and subject = any($1)"
            return not await self.pool.fetchval(due, [f"order/{case.order}" for case in cases])

        await eventually(done, within=30, what="the timers have fired")

    async def places(self, case: Case) -> None:
        """The order is placed, shipped and delivered; it is the instant of the opening."""
        await self.at(OPENED)
        await self.hears(say.an_order(order=case.order, seller=case.seller), say.shipped(order=case.order))
        # Of another topic: among topics there is no order, and two orders are to be told the same one.
        await self.hears(say.delivered(order=case.order, seller=case.seller))

    async def answer(self, record: Where) -> dict[str, Any]:
        """What a command over Kafka was answered: status and body."""
        stored = await self.pool.fetchval("select answer from inbox where cause_id = $1", record.cause)
        assert stored is not None, "nothing was answered"
        answer: dict[str, Any] = orjson.loads(stored)
        return answer

    async def dead_letter(self, record: Where) -> asyncpg.Record | None:
        return await self.pool.fetchrow(
            "select * from dead_letter where (topic, partition, record_offset) = ($1, $2, $3)",
            *(record.topic, record.partition, record.offset),
        )

    # -- HTTP ----------------------------------------------------------------------------------------------------------

    async def ask(self, said: Command, *, role: str, sub: str, key: str | None = None) -> httpx2.Response:
        """The same words over HTTP; a service names whom it speaks for."""
        return await self.post(route(said), body(said, named=role == "service"), role=role, sub=sub, key=key)

    async def post(
        self, path: str, body: bytes, *, role: str, sub: str, key: str | None = None, **headers: str
    ) -> httpx2.Response:
        given = {"Idempotency-Key": key or uuid4().hex, "Content-Type": "application/json", **headers}
        return await self.client.post(path, content=body, headers={**self.bearer(role, sub), **given})

    def bearer(self, role: str, sub: str) -> dict[str, str]:
        signed = token(role, sub, keys=self.keys, issuer=ISSUER, audience="aftersales")
        return {"Authorization": f"Bearer {signed}"}

    # -- what can be seen ----------------------------------------------------------------------------------------------

    async def left_behind(self, case: Case) -> dict[str, Any]:
        """Everything one order left in the tables, comparable: names and derived ids are blanked."""
        found = {what: await self.pool.fetch(query, case.order) for what, query in LEFT_BEHIND.items()}
        text = json.dumps({what: [list(row) for row in rows] for what, rows in found.items()}, default=str)
        seen: dict[str, Any] = json.loads(IDS.sub("<id>", text.replace(case.suffix, "<case>")))
        return seen

    async def said(self, case: Case) -> list[dict[str, Any]]:
        """The bodies of what dispute said of the order, in order."""
        rows = await self.pool.fetch("select body from outbox where subject = 'order/' || $1 order by id", case.order)
        return [orjson.loads(row["body"]) for row in rows]

    async def state_of(self, case: Case) -> Any:
        return orjson.loads(await self.pool.fetchval("select state from orders where id = $1", case.order))

    async def states(self, case: Case) -> dict[str, str]:
        rows = await self.pool.fetch("select dispute, state from disputes where order_id = $1", case.order)
        return {row["dispute"]: row["state"] for row in rows}

    async def parked(self, case: Case) -> list[Any]:
        return await self.pool.fetch("select * from parked where subject like '%' || $1", case.suffix)


def route(said: Command) -> str:
    action = ACTIONS[type(said)]
    return "/disputes" if action == "open" else f"/disputes/{said.dispute}/{action}"


def body(said: Command, *, named: bool) -> bytes:
    """An event as the body of its route; `by` only where a service speaks."""
    left_out = set() if named else {"by"}
    if not isinstance(said, ComplaintMade):
        left_out |= {"order", "dispute"}
    return orjson.dumps(said.model_dump(mode="json", exclude=left_out, exclude_defaults=True))


def envelope(event: Event, **changes: str | None) -> list[tuple[str, bytes]]:
    """The headers of a record; name and source where they are not those of a new word of the event's speaker."""
    given: Mapping[str, str] = {name: value for name, value in changes.items() if value is not None}
    source = given.get("source", SOURCES.get(event.TOPIC, MARKET))
    headers = {"ce_id": given.get("name", uuid4().hex), "ce_type": event.TYPE, "ce_source": source}
    return [(name, value.encode()) for name, value in headers.items()]


@asynccontextmanager
async def doors(kafka: str, postgres_server: str, keys: Path) -> AsyncIterator[Doors]:
    """On a database of its own, for all tests of one module."""
    name = databases.fresh_name("test")
    await databases.ensure_databases(postgres_server, (name,))
    async with _doors(kafka, databases.with_database(postgres_server, name), keys) as made:
        yield made
    await databases.drop_databases(postgres_server, (name,))


@asynccontextmanager
async def _doors(kafka: str, database: str, keys: Path) -> AsyncIterator[Doors]:
    async def jwks() -> bytes:
        return await asyncio.to_thread(public_keys, keys)

    async with heard(SERVICE, kafka, database, SPEAKS_ON) as hearing:
        reads = await open_reads(database, "dispute")
        verifier = Verifier(Keys(jwks), issuer=ISSUER, audience="aftersales")
        unit = hearing.engine.unit
        health = Health()
        health.started = True
        parts = Parts(SERVICE, settings(database), unit, reads, unit.policies, verifier, Rates(0), health)
        async with (
            listening(lambda _: create_app(SERVICE, parts, routers())) as address,
            httpx2.AsyncClient(base_url=address) as client,
        ):
            yield Doors(hearing, client, keys)
        await reads.close()
