"""A service's whole engine on real Kafka and a real database, and a mouth for whom it listens to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from aftersales.contracts.envelope import Event
from aftersales.policy.parse import load_book
from aftersales.runtime.engine import Engine
from aftersales.runtime.kafka import Kafka
from aftersales.runtime.migrate import migrate
from aftersales.service import Service
from tests.support.servers import TOPIC_SETTINGS

PATIENCE = 60.0


@dataclass
class Heard:
    """`pool` looks into the tables; `says` publishes as an upstream speaker would."""

    engine: Engine
    producer: AIOKafkaProducer
    bootstrap: str

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        return self.engine.pool

    async def says(self, *events: Event, source: str = "market", name: str | None = None) -> None:
        for event in events:
            headers = {"ce_id": name or uuid4().hex, "ce_type": event.TYPE, "ce_source": source}
            pairs = [(key, value.encode()) for key, value in headers.items()]
            body = event.model_dump_json().encode()
            await self.producer.send_and_wait(event.TOPIC, body, key=event.key.encode(), headers=pairs)

    async def spoken(self, topic: str, count: int, of: Callable[[Any], bool] = lambda _record: True) -> list[Any]:
        """The first `count` records of a topic that are `of` this test; waits until they are there."""
        consumer = AIOKafkaConsumer(topic, bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        found: list[Any] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while len(found) < count:
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        found.extend(record for record in records if of(record))
        finally:
            await consumer.stop()
        return found


@asynccontextmanager
async def heard(service: Service, bootstrap: str, database: str, topics: set[str]) -> AsyncIterator[Heard]:
    """`topics`: what it speaks on; with what it listens to they are made where they are missing."""
    await asyncio.to_thread(migrate, service.name, database)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    there = set(await admin.list_topics())
    missing = sorted((service.topics | topics) - there)
    await admin.create_topics([NewTopic(name, 2, 1, topic_configs=TOPIC_SETTINGS) for name in missing])
    engine = Engine(
        service,
        database_url=database,
        kafka=Kafka(bootstrap, "test", session_timeout_ms=6_000, fetch_max_wait_ms=50),
        policies=load_book(),
        group=f"test-{uuid4().hex}",
    )
    await engine.start()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        yield Heard(engine, producer, bootstrap)
    finally:
        await producer.stop()
        await engine.stop()
        if missing:
            await admin.delete_topics(missing)
        await admin.close()
