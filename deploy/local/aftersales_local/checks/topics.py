"""Reads whole topics from their beginning, without a group, with a Kafka client that no service uses."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from confluent_kafka import Consumer, Message, TopicPartition

WITHIN: Final = 60.0
ANSWER_WITHIN: Final = 10.0


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
    return await asyncio.to_thread(_read, bootstrap, frozenset(topics))


def _read(bootstrap: str, topics: frozenset[str]) -> list[Seen]:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            # The client insists on a group; nothing is committed to it.
            "group.id": "closing-checks",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            # Markers of transactions are no records: a partition's end is told, not counted.
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,
            "log_level": 0,
        }
    )
    try:
        wanted = _partitions(consumer, topics)
        consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in wanted])
        return _until_the_ends(consumer, wanted)
    finally:
        consumer.close()


def _partitions(consumer: Consumer, topics: frozenset[str]) -> set[tuple[str, int]]:
    """Those with records. One without any never tells its end to some brokers."""
    there = consumer.list_topics(timeout=ANSWER_WITHIN).topics
    every = [(topic, partition) for topic in sorted(topics & there.keys()) for partition in there[topic].partitions]
    found = set()
    for topic, partition in every:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=ANSWER_WITHIN)
        if high > low:
            found.add((topic, partition))
    return found


def _until_the_ends(consumer: Consumer, left: set[tuple[str, int]]) -> list[Seen]:
    seen: list[Seen] = []
    give_up = time.monotonic() + WITHIN
    while left:
        if time.monotonic() > give_up:
            raise TimeoutError(f"the ends of {sorted(left)[:3]} were not reached")
        for message in consumer.consume(5_000, timeout=0.1):
            error = message.error()
            if error is None:
                seen.append(_seen(message))
            elif error.name() == "_PARTITION_EOF":
                left.discard((message.topic() or "", message.partition() or 0))
    return sorted(seen, key=lambda record: record.place)


def _seen(message: Message) -> Seen:
    found = cast("list[tuple[str, bytes | None]]", message.headers() or [])
    headers = {name: value.decode(errors="replace") for name, value in found if value is not None}
    return Seen(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        headers.get("ce_source", ""),
        headers.get("ce_id", ""),
        headers.get("ce_sequence", ""),
    )
