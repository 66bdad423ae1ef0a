"""A toy service on a real database, and on real Kafka where a test asks for it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from tests.runtime.toy import TABLES, Toy, toy

from aftersales.contracts.envelope import Event
from aftersales.identity import cause_id
from aftersales.policy.book import PolicyBook
from aftersales.runtime.causes import Cause, Place, Record, content_hash
from aftersales.runtime.migrate import migrate
from aftersales.runtime.postgres import Pool, open_pool
from aftersales.runtime.unit import Unit

TEMPLATE: dict[str, str] = {}


@pytest.fixture
def words() -> Iterator[Toy]:
    with toy("toy.commands", "toy.balances") as made:
        yield made


@pytest.fixture
async def toy_database(database: str) -> str:
    await asyncio.to_thread(migrate, "toy", database)
    connection = await asyncpg.connect(database)
    await connection.execute(TABLES)
    await connection.close()
    return database


@pytest.fixture
async def pool(toy_database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(toy_database, size=6, name="test")
    yield pool
    await pool.close()


@pytest.fixture
def unit(words: Toy, pool: Pool) -> Unit:
    return Unit(words.service, pool, PolicyBook([]))


@dataclass
class Hand:
    """Hands causes to a unit as if records had brought them."""

    words: Toy
    offset: int = 0
    arrived_at: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(minutes=1))

    def cause(
        self, event: Event, name: str | None = None, *, source: str = "shop", at: datetime | None = None
    ) -> Cause:
        name = name or uuid4().hex
        body = event.model_dump_json().encode()
        place = Place(event.TOPIC, 0, self.offset, at or self.arrived_at)
        self.offset += 1
        on = self.words.service.on_event(type(event))
        assert on is not None
        return Cause(
            id=cause_id(source, name),
            subject=on.subjects(event)[0],
            event=event,
            type=event.TYPE,
            source=source,
            name=name,
            hash=content_hash(event),
            arrived_at=at or self.arrived_at,
            body=body,
            keep_body=True,
            record=Record(place, event.key.encode(), (), body),
        )

    def deposits(self, account: str, *amounts: int) -> list[Cause]:
        return [self.cause(self.words.deposited(account=account, amount=amount)) for amount in amounts]


@pytest.fixture
def hand(words: Toy) -> Hand:
    return Hand(words)


@dataclass(frozen=True)
class Look:
    """Looks into the tables."""

    pool: Pool

    async def one(self, query: str, *arguments: Any) -> Any:
        return await self.pool.fetchval(query, *arguments)

    async def column(self, query: str, *arguments: Any) -> list[Any]:
        return [row[0] for row in await self.pool.fetch(query, *arguments)]

    async def counts(self, *tables: str) -> dict[str, int]:
        return {table: await self.one(f"select count(*) from {table}") for table in tables}

    async def balance(self, account: str) -> int:
        return int(await self.one("select coalesce(max(balance), 0) from account where id = $1", account))


@pytest.fixture
def see(pool: Pool) -> Look:
    return Look(pool)


EVERYTHING: Sequence[str] = (
    *("account", "bank", "standing", "ledger", "inbox", "history", "outbox", "timers", "dead_letter"),
    *("parked", "parked_cause", "http_request"),
)
