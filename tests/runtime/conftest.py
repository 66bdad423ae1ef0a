"""A toy service on a real database, and on real Kafka where a test asks for it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from tests.runtime.streams import Shop, shop
from tests.runtime.toy import TABLES, Toy, toy
from tests.support.servers import MakeTopic

from aftersales.contracts.envelope import Event
from aftersales.identity import cause_id
from aftersales.policy.book import PolicyBook
from aftersales.runtime.causes import Cause, Place, Record, content_hash
from aftersales.runtime.engine import Engine
from aftersales.runtime.kafka import Kafka
from aftersales.runtime.migrate import migrate
from aftersales.runtime.postgres import Pool, open_pool
from aftersales.runtime.unit import Unit


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


@pytest.fixture
async def kafka_words(make_topic: MakeTopic) -> AsyncIterator[Toy]:
    """The toy on topics that exist."""
    commands, balances = await make_topic(partitions=3), await make_topic(partitions=3)
    with toy(commands, balances) as made:
        yield made


@pytest.fixture
async def marketplace(kafka: str) -> AsyncIterator[Shop]:
    async with shop(kafka) as made:
        yield made


@dataclass
class Engines:
    """Starts engines on one database and one group, and ends them with the test."""

    words: Toy
    database: str
    bootstrap: str
    running: list[Engine] = field(default_factory=list)

    def make(self, **options: Any) -> Engine:
        reach = {"session_timeout_ms": 6_000, "fetch_max_wait_ms": 50, **options}
        return Engine(
            self.words.service,
            database_url=self.database,
            kafka=Kafka(self.bootstrap, "toy", **reach),
            policies=PolicyBook([]),
            group=self.words.commands,
        )

    async def start(self, **options: Any) -> Engine:
        engine = self.make(**options)
        await engine.start()
        self.running.append(engine)
        return engine

    async def stop(self, engine: Engine) -> None:
        self.running.remove(engine)
        await engine.stop()


@pytest.fixture
async def engines(kafka_words: Toy, toy_database: str, kafka: str) -> AsyncIterator[Engines]:
    made = Engines(kafka_words, toy_database, kafka)
    yield made
    for engine in list(made.running):
        await made.stop(engine)


EVERYTHING: Sequence[str] = (
    *("account", "bank", "standing", "ledger", "inbox", "history", "outbox", "timers", "dead_letter"),
    *("parked", "parked_cause", "http_request"),
)
