"""Reads whole topics from offset 0, without a group, with a Kafka client that no service uses."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, cast

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaException, Message, TopicPartition

from aftersales_checker.folder import CannotCheck
from aftersales_checker.found import Record

WITHIN: Final = 120.0
ANSWER_WITHIN: Final = 10.0


def read(bootstrap: str, topics: Iterable[str]) -> list[Record]:
    """Every record that the topics hold now, in the order of each partition. A topic that is not there has none."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            # The client insists on a group; nothing is committed to it.
            "group.id": "checker",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            # Markers of transactions are no records: a partition's end is told, not counted.
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,
            "log_level": 0,
        }
    )
    try:
        wanted = _partitions(consumer, frozenset(topics))
        consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in wanted])
        return _until_the_ends(consumer, wanted)
    except KafkaException as problem:
        raise CannotCheck(f"Kafka at {bootstrap} cannot be read: {problem}.") from None
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


def _until_the_ends(consumer: Consumer, left: set[tuple[str, int]]) -> list[Record]:
    seen: list[Record] = []
    give_up = time.monotonic() + WITHIN
    while left:
        if time.monotonic() > give_up:
            raise CannotCheck(f"The ends of {sorted(left)[:3]} were not reached within {WITHIN:.0f} s.")
        for message in consumer.consume(5_000, timeout=0.1):
            error = message.error()
            if error is None:
                seen.append(as_record(message))
            elif error.name() == "_PARTITION_EOF":
                left.discard((message.topic() or "", message.partition() or 0))
    return sorted(seen, key=lambda record: record.place)


def as_record(message: Message) -> Record:
    found = cast("list[tuple[str, bytes | None]]", message.headers() or [])
    headers = {name: value.decode(errors="replace") for name, value in found if value is not None}
    kind, stamp = message.timestamp()
    key, body = message.key(), message.value()
    return Record(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        key=_text(key),
        source=headers.get("ce_source", ""),
        id=headers.get("ce_id", ""),
        type=headers.get("ce_type", ""),
        sequence=headers.get("ce_sequence", ""),
        cause=headers.get("ce_causationid", ""),
        body=body if isinstance(body, bytes) else None,
        appended_at=datetime.fromtimestamp(stamp / 1000, UTC) if kind == TIMESTAMP_LOG_APPEND_TIME else None,
    )


def _text(key: str | bytes | None) -> str:
    return key.decode(errors="replace") if isinstance(key, bytes) else key or ""
