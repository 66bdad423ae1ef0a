"""Reads whole topics from their beginning, without a group, with a client of its own."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

WITHIN: Final = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A record, without its body. source, id, sequence: its CloudEvents headers, empty where it has none."""

    topic: str
    partition: int
    offset: int
    source: str
    id: str
    sequence: str

    @property
    def place(self) -> tuple[str, int, int]:
        return self.topic, self.partition, self.offset

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}@{self.offset} ({self.source or 'no source'} {self.id or 'no id'})"


async def read(bootstrap: str, topics: Iterable[str]) -> list[Seen]:
    """Every record that the topics hold now, in the order of each partition. A topic that is not there has none.

    TimeoutError where the end is not reached within a minute.
    """
    partitions = await _partitions(bootstrap, frozenset(topics))
    if not partitions:
        return []
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=10
    )
    await consumer.start()
    try:
        async with asyncio.timeout(WITHIN):
            return await _read(consumer, partitions)
    finally:
        await consumer.stop()


async def _partitions(bootstrap: str, topics: frozenset[str]) -> list[TopicPartition]:
    """Asked of the broker: a consumer without a subscription knows of no partitions and would read nothing."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        existing = sorted(topics & frozenset(await admin.list_topics()))
        described = await admin.describe_topics(existing) if existing else []
    finally:
        await admin.close()
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        for partition in topic["partitions"]
    ]


async def _read(consumer: Any, partitions: list[TopicPartition]) -> list[Seen]:
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    ends = await consumer.end_offsets(partitions)
    seen: list[Seen] = []
    # Positions and not records are compared: the last offsets may be markers of transactions.
    while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
        found = await consumer.getmany(timeout_ms=200, max_records=5_000)
        seen += [_seen(record) for records in found.values() for record in records]
    return sorted(seen, key=lambda record: record.place)


def _seen(record: Any) -> Seen:
    headers = {name: value.decode(errors="replace") for name, value in record.headers if value is not None}
    return Seen(
        record.topic,
        record.partition,
        record.offset,
        headers.get("ce_source", ""),
        headers.get("ce_id", ""),
        headers.get("ce_sequence", ""),
    )
