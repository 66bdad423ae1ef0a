"""Putting many records on topics at once, and asking where the topics end."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from confluent_kafka import Consumer, Producer, TopicPartition

from aftersales.errors import Failure

DELETED_WITHIN: Final = 30.0
FLUSH_WITHIN: Final = 120.0
SERVED_EVERY: Final = 10_000
# As aiokafka and Kafka's own client place keys; the C library's default would put an order's records elsewhere.
PARTITIONER: Final = "murmur2_random"

# The topics take 256 KiB, which is counted for a whole batch.
BATCH_BYTES: Final = 200 * 1024
ERRORS_ONLY: Final = 3


class Record(NamedTuple):
    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, str | bytes | None]]


def producer(bootstrap: str, linger_ms: int = 5) -> Producer:
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": PARTITIONER,
            "queue.buffering.max.messages": 1_000_000,
            "queue.buffering.max.kbytes": 1_000_000,
            "linger.ms": linger_ms,
            "batch.size": BATCH_BYTES,
            "log_level": ERRORS_ONLY,
        }
    )


def publish(bootstrap: str, records: Iterable[Record]) -> int:
    """Publish in order and wait for all acknowledgements; gives how many. Failure when some were refused."""
    sending = producer(bootstrap)
    refused: list[str] = []

    def told(error: object, _message: object) -> None:
        if error is not None:
            refused.append(str(error))

    count = 0
    for count, record in enumerate(records, 1):
        sending.produce(record.topic, record.value, record.key, headers=record.headers, on_delivery=told)
        if count % SERVED_EVERY == 0:
            sending.poll(0)
    left = sending.flush(FLUSH_WITHIN)
    if refused or left:
        raise Failure(f"Kafka did not take {len(refused) + left} of {count} records: {', '.join(refused[:1])}", 1)
    return count


class Ends:
    """Where topics end: how many records each holds."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench-ends"})

    def of(self, topic: str) -> int:
        partitions = self._consumer.list_topics(topic, timeout=10).topics[topic].partitions
        return sum(self._consumer.get_watermark_offsets(TopicPartition(topic, each), 10)[1] for each in partitions)

    def close(self) -> None:
        self._consumer.close()


async def delete_topics(bootstrap: str, names: Sequence[str]) -> None:
    """Delete those that are there and wait until they are gone."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        there = set(await admin.list_topics()) & set(names)
        if there:
            await admin.delete_topics(sorted(there))
        give_up = time.monotonic() + DELETED_WITHIN
        while set(await admin.list_topics()) & set(names):
            if time.monotonic() > give_up:
                raise Failure("Kafka did not delete the benchmark's topics in time.", 1)
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
