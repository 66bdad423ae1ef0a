"""The fence: how far each partition is committed here, under which epoch, and until when everything has been read.

`read_until` of a partition says: everything appended before this instant is committed here. Timers of parties look at
the minimum over all partitions, whoever owns them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

from aftersales.runtime.causes import Item, Place
from aftersales.runtime.postgres import Connection, Part


class Partition(NamedTuple):
    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The epochs under which this process holds its partitions."""

    epochs: Mapping[Partition, int]


@dataclass(frozen=True, slots=True)
class Held:
    """What the fence says of a partition just claimed."""

    epoch: int
    next_offset: int
    cluster_id: str


# The epoch and the next offset of each partition, its row locked.
Locked: TypeAlias = dict[Partition, tuple[int, int]]


class Fenced(Exception):
    """Another process has claimed the partition since: forget the batch."""


def partition_of(place: Place) -> Partition:
    return Partition(place.topic, place.partition)


def partitions_of(items: Iterable[Item]) -> list[Partition]:
    return sorted({partition_of(item.place) for item in items if item.place is not None})


def ends_of(items: Iterable[Item]) -> dict[Partition, int]:
    """The offset behind the last item of each partition."""
    return {partition_of(item.place): item.place.offset + 1 for item in items if item.place is not None}


async def claim(
    connection: Connection, partitions: Iterable[Partition], beginnings: Mapping[Partition, int], cluster_id: str
) -> dict[Partition, Held]:
    """Take the partitions, each under a higher epoch. A new one starts at the log's beginning.

    beginnings: of all partitions of the topics. Those that nobody has claimed yet are noted as not read: no party's
    timer must fire ahead of what lies there.
    """
    wanted = sorted(partitions)
    known = sorted(beginnings)
    await connection.execute(
        "insert into consumer_fence (topic, partition, epoch, next_offset, cluster_id) "
        "select d.topic, d.partition, 0, d.beginning, $4 from unnest($1::text[], $2::int[], $3::bigint[]) "
        "as d (topic, partition, beginning) order by d.topic, d.partition on conflict (topic, partition) do nothing",
        [each.topic for each in known],
        [each.partition for each in known],
        [beginnings[each] for each in known],
        cluster_id,
    )
    found = await connection.fetch(
        "with d as (select f.topic, f.partition from consumer_fence f "
        "join unnest($1::text[], $2::int[]) as w (topic, partition) using (topic, partition) "
        "order by f.topic, f.partition for update of f) "
        "update consumer_fence f set epoch = f.epoch + 1 from d "
        "where f.topic = d.topic and f.partition = d.partition "
        "returning f.topic, f.partition, f.epoch, f.next_offset, f.cluster_id",
        [each.topic for each in wanted],
        [each.partition for each in wanted],
    )
    return {
        Partition(row["topic"], row["partition"]): Held(row["epoch"], row["next_offset"], row["cluster_id"])
        for row in found
    }


# Locks the fence rows of partitions.
LOCK: Final = """
    select f.topic, f.partition, f.epoch, f.next_offset from consumer_fence f
    join unnest($1::text[], $2::int[]) as d (topic, partition) using (topic, partition)
    order by f.topic, f.partition for update of f
"""


def check(claim: Claim, partitions: Iterable[Partition], locked: Locked) -> None:
    """Fenced where one of the partitions is under another epoch."""
    for each in partitions:
        if each not in locked or locked[each][0] != claim.epochs.get(each):
            raise Fenced(f"{each.topic}/{each.partition}")


def advance(items: Sequence[Item], *, simulated: bool) -> Part:
    """Moves the fence past the items. `read_until` follows the last record's LogAppendTime, never back.

    Under a simulated clock a record's real time says nothing; there `read_until` moves only when all is read
    (`caught_up`).
    """
    ends: dict[Partition, tuple[int, datetime | None]] = {}
    for item in items:
        place = item.place
        if place is not None:
            # A record that is not done yet holds the fence at its own offset: its first causes are then known repeats.
            end = (place.offset + 1, place.appended_at) if item.last else (place.offset, None)
            ends[partition_of(place)] = end
    ordered = sorted(ends)
    return Part(
        "update consumer_fence f set next_offset = greatest(f.next_offset, d.next_offset), "
        "read_until = greatest(f.read_until, d.read_until) "
        "from unnest($1::text[], $2::int[], $3::bigint[], $4::timestamptz[]) "
        "as d (topic, partition, next_offset, read_until) "
        "where f.topic = d.topic and f.partition = d.partition",
        (
            [each.topic for each in ordered],
            [each.partition for each in ordered],
            [ends[each][0] for each in ordered],
            [None if simulated else ends[each][1] for each in ordered],
        ),
    )


async def caught_up(connection: Connection, claim: Claim, partitions: Iterable[Partition], at: datetime) -> None:
    """These partitions were read to their ends, which were asked for after `at`."""
    ordered = sorted(partitions)
    await connection.execute(
        "update consumer_fence f set read_until = case when exists (select from simulated_clock) then $4 "
        "else greatest(f.read_until, $4) end "
        "from unnest($1::text[], $2::int[], $3::bigint[]) as d (topic, partition, epoch) "
        "where f.topic = d.topic and f.partition = d.partition and f.epoch = d.epoch",
        [each.topic for each in ordered],
        [each.partition for each in ordered],
        [claim.epochs[each] for each in ordered],
        at,
    )


async def read_until(connection: Connection, topics: Iterable[str]) -> datetime | None:
    """The instant before which everything on these topics has been read; None while no partition is known."""
    found: datetime | None = await connection.fetchval(
        "select min(read_until) from consumer_fence where topic = any($1::text[])", sorted(topics)
    )
    return found
