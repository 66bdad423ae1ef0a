"""Batches in flight, lane by lane."""

import asyncio

import pytest

from aftersales.runtime.causes import Place, Record
from aftersales.runtime.fence import Partition
from aftersales.runtime.lanes import LANES, Lanes, by_lane


def record(topic: str, partition: int, offset: int) -> Record:
    return Record(Place(topic, partition, offset), b"key", (), b"{}")


async def unpolled() -> None: ...


def test_partitions_of_one_number_share_a_lane_in_the_order_of_reading() -> None:
    facts, command, other = record("facts", 2, 7), record("commands", 2, 3), record("facts", 3, 9)
    found = by_lane([facts, other, command], lambda record: record.place.partition)
    assert found == {2 % LANES: [facts, command], 3 % LANES: [other]}


async def test_what_is_in_flight_is_known_until_the_lane_is_free() -> None:
    lanes, go = Lanes(), asyncio.Event()

    async def work() -> None:
        await go.wait()

    here, there = Partition("facts", 0), Partition("facts", 1)
    lanes.start(0, frozenset({here}), work())
    lanes.start(1, frozenset({there}), work())
    assert lanes.partitions == {here, there}
    go.set()
    await lanes.free(0, every=1.0, poll=unpolled)
    assert lanes.partitions == {there}
    await lanes.settle(1.0)
    lanes.harvest()
    assert not lanes.tasks


async def test_the_group_sees_a_poll_while_a_lane_is_waited_for() -> None:
    lanes, polled = Lanes(), asyncio.Event()
    lanes.start(0, frozenset(), _until(polled))

    async def poll() -> None:
        polled.set()

    await lanes.free(0, every=0.001, poll=poll)
    assert polled.is_set()


async def _until(event: asyncio.Event) -> None:
    await event.wait()


async def test_what_a_lane_raised_is_raised_where_it_is_looked_at() -> None:
    lanes = Lanes()

    async def fail() -> None:
        raise LookupError

    lanes.start(0, frozenset(), fail())
    await lanes.settle(1.0)
    with pytest.raises(LookupError):
        lanes.harvest()


async def test_idle_is_when_no_lane_has_anything_in_flight() -> None:
    lanes, first, second = Lanes(), asyncio.Event(), asyncio.Event()
    seen = [lanes.idle.is_set()]
    lanes.start(0, frozenset(), _until(first))
    lanes.start(1, frozenset(), _until(second))
    first.set()
    await lanes.free(0, every=60, poll=_no_poll)
    seen.append(lanes.idle.is_set())
    second.set()
    await lanes.idle.wait()
    assert seen == [True, False]


async def _no_poll() -> None:
    raise AssertionError("nobody waits that long")
