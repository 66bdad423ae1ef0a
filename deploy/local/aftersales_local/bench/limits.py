"""What the machine gives at most: Postgres taking rows, Kafka giving and taking records, through the same drivers."""

import time
from collections.abc import Mapping, Sequence
from typing import Final

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from aftersales.runtime import topics
from aftersales_local.bench import broker
from aftersales_local.bench.broker import Record
from aftersales_local.bench.progress import Progress
from aftersales_local.bench.stand import Stand
from aftersales_local.places import TOPICS

TOPIC: Final = "bench.limits"
# Everything order-tracking writes down for a scan, except the parcel's own row, which is not appended but renewed.
APPENDED: Final = ("scan", "inbox", "history", "outbox")
RECORDS: Final = 50_000
POLL_MS: Final = 200


async def copied(progress: Progress, scans: int) -> Mapping[str, float]:
    """What Postgres takes when the rows that order-tracking wrote are merely copied, with the same indexes.

    `copy`: rows a second, of all the tables: the limit that a scan is compared with, for a scan is some four such rows.
    `copy-scan`: the same for the narrow rows of `scan` alone. `copy-all`: scans a second, each with all its rows. One
    COPY and one commit a table; reading the rows before is not timed.
    """
    found = {table: await _copy(progress, table) for table in APPENDED}
    rows = sum(rows for rows, _ in found.values())
    seconds = sum(seconds for _, seconds in found.values())
    narrow, of_them = found[APPENDED[0]]
    return {"copy": rows / seconds, "copy-scan": narrow / of_them, "copy-all": scans / seconds}


async def _copy(progress: Progress, table: str) -> tuple[int, float]:
    """How many rows, in how many seconds."""
    connection, copy = progress.connection, f"copy_of_{table}"
    rows = [tuple(row) for row in await connection.fetch(f"select * from {table}")]  # noqa: S608 - our own names
    await connection.execute(f"drop table if exists {copy}; create table {copy} (like {table} including all)")
    begun = time.monotonic()
    await connection.copy_records_to_table(copy, records=rows)
    return len(rows), time.monotonic() - begun


async def produced_and_consumed(stand: Stand, records: Sequence[Record]) -> tuple[float, float]:
    """Records a second by aiokafka: put on a topic with acks=all, then taken from it and decoded by orjson."""
    some = records[:RECORDS]
    bootstrap = stand.broker.bootstrap
    await broker.delete_topics(bootstrap, [TOPIC])
    declared = topics.declared(TOPICS)[0]
    await topics.apply(bootstrap, (topics.Topic(TOPIC, "bench", "any", 12, 1, declared.config),))
    return len(some) / await _produce_seconds(bootstrap, some), len(some) / await _consume_seconds(bootstrap, some)


async def _produce_seconds(bootstrap: str, records: Sequence[Record]) -> float:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", linger_ms=5, max_batch_size=broker.BATCH_BYTES, enable_idempotence=True
    )
    async with producer:
        begun = time.monotonic()
        for each in records:
            await producer.send(TOPIC, each.value, each.key, headers=each.headers)
        await producer.flush()
        return time.monotonic() - begun


async def _consume_seconds(bootstrap: str, records: Sequence[Record]) -> float:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    async with consumer:
        consumer.assign([TopicPartition(TOPIC, partition) for partition in range(12)])
        taken = 0
        begun = time.monotonic()
        while taken < len(records):
            for batch in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in batch:
                    orjson.loads(record.value)
                taken += len(batch)
        return time.monotonic() - begun
