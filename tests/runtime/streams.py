"""Kafka as a marketplace uses it: publishes with the envelope, and reads topics with a client of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from aftersales.contracts.envelope import Event


@dataclass(frozen=True)
class Shop:
    """An upstream speaker."""

    producer: AIOKafkaProducer

    async def say(
        self, event: Event, name: str | None = None, *, source: str = "shop", partition: int | None = None
    ) -> str:
        name = name or uuid4().hex
        await self.raw(
            event.TOPIC,
            event.key.encode(),
            event.model_dump_json().encode(),
            {"ce_id": name, "ce_type": event.TYPE, "ce_source": source},
            partition=partition,
        )
        return name

    async def raw(
        self,
        topic: str,
        key: bytes | None,
        body: bytes | None,
        headers: dict[str, str] | list[tuple[str, bytes]],
        *,
        partition: int | None = None,
    ) -> Any:
        pairs = headers if isinstance(headers, list) else [(name, value.encode()) for name, value in headers.items()]
        return await self.producer.send_and_wait(topic, body, key=key, headers=pairs, partition=partition)


@asynccontextmanager
async def shop(bootstrap: str, **options: Any) -> AsyncIterator[Shop]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, **options)
    await producer.start()
    try:
        yield Shop(producer)
    finally:
        await producer.stop()


async def everything_on(bootstrap: str, topic: str) -> list[Any]:
    """Every record of a topic, in offset order by partition."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = consumer.assignment()
        ends = await consumer.end_offsets(partitions)
        found: list[Any] = []
        while any([await consumer.position(each) < ends[each] for each in partitions]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(records)
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        await consumer.stop()


def headers_of(record: Any) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}
