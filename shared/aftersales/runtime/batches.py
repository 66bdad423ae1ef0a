"""Rows of the outbox as record batches of their partitions.

The client's own `send` makes a future and asks for the topic's partitions with every record, which is half of what
sending one costs (measured). Keys go where `send` would put them; a test compares.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

POSITIVE: Final = 0x7FFFFFFF

Acknowledgements = list["asyncio.Future[Any] | None"]


async def send(producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record], sent: Acknowledgements) -> None:
    """Hand all rows over, in their order within each partition; `sent` gets, row by row, what will be acknowledged.

    A row's place in `sent` is None until its batch was handed over. Raises what the client raises; what was handed over
    by then is in `sent`.
    """
    sent[:] = [None] * len(rows)
    full: list[tuple[str, int, Any, list[int]]] = []
    open_: dict[tuple[str, int], tuple[Any, list[int]]] = {}
    partition_of: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows):
        topic, key = row["topic"], row["key"]
        if (topic, key) not in partition_of:
            partition_of[topic, key] = await partition(producer, topic, key)
        place = topic, partition_of[topic, key]
        builder, numbers = open_.get(place) or open_.setdefault(place, (producer.create_batch(), []))
        if not _append(builder, row):
            full.append((*place, builder, numbers))
            builder, numbers = open_[place] = producer.create_batch(), []
            _append(builder, row)
        numbers.append(number)
    for topic, where, builder, numbers in [*full, *((*place, *batch) for place, batch in open_.items())]:
        acknowledged = await producer.send_batch(builder, topic, partition=where)
        for number in numbers:
            sent[number] = acknowledged


async def partition(producer: AIOKafkaProducer, topic: str, key: str) -> int:
    """Where Kafka's own clients put the key."""
    count = len(await producer.partitions_for(topic))
    return int(murmur2(key.encode()) & POSITIVE) % count


def _append(builder: Any, row: asyncpg.Record) -> bool:
    """False where the batch is full. Its first record always fits."""
    headers = [(name, str(value).encode()) for name, value in orjson.loads(row["headers"]).items()]
    headers += [("ce_sequence", str(row["id"]).encode()), ("content-type", b"application/json")]
    return builder.append(timestamp=None, key=row["key"].encode(), value=row["body"], headers=headers) is not None
