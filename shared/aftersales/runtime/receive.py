"""Receive: records from Kafka, in batches that grow with the backlog, each through one unit; the next is decoded
meanwhile.

A batch carries the assignment it was fetched under: after any revoke or assign it is forgotten, and the partitions are
claimed anew and read from the fence. The position in Kafka's group is a hint for operators only.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError, RecordTooLargeError

from aftersales.errors import Failure
from aftersales.runtime import fence, kafka, metrics
from aftersales.runtime.causes import Item, Place, Record
from aftersales.runtime.decode import Decoder
from aftersales.runtime.failpoints import reached
from aftersales.runtime.fence import Claim, Fenced, Partition
from aftersales.runtime.kafka import Kafka
from aftersales.runtime.postgres import is_passing
from aftersales.runtime.unit import Unit

LOG: Final = structlog.get_logger()
SMALLEST: Final = 50
LARGEST: Final = 2_000
MAX_UNSENT: Final = 20_000
LOOK_EVERY: Final = 1.0
HINT_EVERY: Final = 1.0
HINT_WITHIN: Final = 5.0
# A rebalance waits this long for the transaction in flight: less than the shortest session, or the group would drop us.
REVOKE_WITHIN: Final = 4.0
DRAIN_WITHIN: Final = 10.0
BACK_OFF: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
LOG_APPEND_TIME: Final = 1
LOOK_WITHIN: Final = 10.0


class Receive(ConsumerRebalanceListener):  # type: ignore[misc]
    """One consumer of one service.

    group: the consumer group. moved: called whenever `read_until` has moved, for timers may have come free.
    """

    def __init__(self, unit: Unit, kafka_: Kafka, *, group: str, moved: Callable[[], None] = lambda: None) -> None:
        self._unit = unit
        self._kafka = kafka_
        self._group = group
        self._moved = moved
        self._decoder = Decoder(unit.service)
        self._consumer: AIOKafkaConsumer = None
        self._looker: AIOKafkaConsumer = None
        self._assigned: frozenset[Partition] = frozenset()
        self._assignment = 0
        self._claimed: int | None = None
        self._claim = Claim({})
        self._expected: dict[Partition, int] = {}
        self._size = SMALLEST
        self._fetching: asyncio.Task[list[Any]] | None = None
        self._committing: asyncio.Task[None] | None = None
        self._stopping = False
        self._changed = asyncio.Event()
        self._look_wanted = True
        self._looked = self._hinted = self._counted = 0.0
        self._held_back = False
        self.lag = 0
        self.progress = time.monotonic()
        self.rebalanced: float | None = None
        self.started = time.monotonic()

    # -- the group -----------------------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: Any) -> None:
        self._assignment += 1
        self._assigned = frozenset()
        self.rebalanced = None
        self._changed.set()
        if self._committing is not None:
            await asyncio.wait({self._committing}, timeout=REVOKE_WITHIN)

    async def on_partitions_assigned(self, assigned: Any) -> None:
        # aiokafka swallows what is raised here, so nothing but remembering is done; the loop claims.
        self._assignment += 1
        self._assigned = frozenset(Partition(each.topic, each.partition) for each in assigned)
        self.rebalanced = time.monotonic()
        metrics.ASSIGNED.set(len(self._assigned))
        self._changed.set()

    # -- the loop ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until `stop`; raises Failure when a person must look, anything else when a restart may help."""
        self._consumer = self._kafka.consumer(self._group)
        await kafka.start(self._consumer, self._kafka.bootstrap)
        if self._kafka.isolation == "read_committed":
            self._looker = self._kafka.looker()
            await kafka.start(self._looker, self._kafka.bootstrap)
        self._consumer.subscribe(sorted(self._unit.service.topics), listener=self)
        try:
            while not self._stopping:
                await self._step()
            await self._drain()
        finally:
            for task in (self._fetching, self._committing):
                if task is not None:
                    task.cancel()
                    with suppress(asyncio.CancelledError, Exception):
                        await task
            for client in (self._consumer, self._looker):
                if client is not None:
                    await kafka.stop(client)

    def stop(self) -> None:
        """Take nothing new; `run` returns once the batch in flight is committed, or after ten seconds."""
        self._stopping = True
        self._changed.set()

    def look(self) -> None:
        """Somebody waits for `read_until`: look at the partitions' ends now."""
        self._look_wanted = True
        self._changed.set()

    async def _step(self) -> None:
        self._changed.clear()
        if self._claimed != self._assignment:
            await self._take()
        elif await self._too_much_unsent():
            await self._wait(0.1)
        else:
            await self._batch()

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    async def _batch(self) -> None:
        assignment = self._assignment
        records = await self._fetched()
        if records and assignment == self._assignment:
            items = await self._decoded(records)
            await self._committed()
            if assignment != self._assignment:
                metrics.BATCHES_DROPPED.labels("stale").inc()
                return
            self._committing = asyncio.create_task(self._commit(items, self._claim, assignment))
            return
        if self._committing is not None and self._committing.done():
            await self._committed()
        if self._committing is None and (self._look_wanted or time.monotonic() - self._looked > LOOK_EVERY):
            await self._look_at_ends()

    # -- claiming ------------------------------------------------------------------------------------------------------

    async def _take(self) -> None:
        """Claim what is assigned now and go to where the fence says; forget everything fetched before."""
        await self._forget()
        assignment, wanted = self._assignment, self._assigned
        if not wanted:
            await self._wait(0.5)
            return
        partitions = [TopicPartition(*each) for each in wanted]
        try:
            beginnings = await self._consumer.beginning_offsets(partitions)
            ends = await self._consumer.end_offsets(partitions)
            cluster = await self._kafka.cluster_id()
            async with self._unit.pool.acquire() as connection:
                held = await fence.claim(
                    connection, wanted, {Partition(*tp): offset for tp, offset in beginnings.items()}, cluster
                )
        except Exception as problem:
            if not (is_passing(problem) or isinstance(problem, KafkaError)):
                raise
            LOG.warning("partitions could not be claimed", problem=repr(problem))
            await self._wait(0.5)
            return
        if assignment != self._assignment:
            return
        for each, row in held.items():
            tp = TopicPartition(*each)
            if cluster and row.cluster_id and cluster != row.cluster_id:
                raise Failure(
                    f"{each.topic} was read from the cluster {row.cluster_id}; this one is {cluster}. Point "
                    "KAFKA_BOOTSTRAP_SERVERS at the former, or correct consumer_fence."
                )
            if row.next_offset < beginnings[tp]:
                raise _lost(each, row.next_offset, beginnings[tp])
            if row.next_offset > ends[tp]:
                raise _recreated(each, row.next_offset, ends[tp])
            self._consumer.seek(tp, row.next_offset)
        self._claim = Claim({each: row.epoch for each, row in held.items()})
        self._expected = {each: row.next_offset for each, row in held.items()}
        self._claimed = assignment
        self._look_wanted = True
        LOG.info("partitions claimed", count=len(held))

    async def _forget(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._fetching
            self._fetching = None
        await self._committed()

    # -- fetching ------------------------------------------------------------------------------------------------------

    async def _fetched(self) -> list[Any]:
        """Records, oldest first within each partition; none when something else wants attention or a second has passed."""
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._getmany())
        changed = asyncio.create_task(self._changed.wait())
        waiting = {self._fetching, changed, *([self._committing] if self._committing is not None else [])}
        try:
            await asyncio.wait(waiting, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
        if not self._fetching.done():
            return []
        fetching, self._fetching = self._fetching, None
        records = fetching.result()
        await reached("C1")
        return records

    async def _getmany(self) -> list[Any]:
        try:
            found = await self._consumer.getmany(timeout_ms=60_000, max_records=self._size)
        except RecordTooLargeError as problem:
            raise Failure(
                f"A record does not fit into a fetch: {problem} Lower max.message.bytes of its topic."
            ) from problem
        # Facts before commands: topics have no order among them, and a complaint that was fetched together with its
        # order's shipment must find it shipped. Within a partition the order stays.
        commands = self._unit.service.commands
        partitions = sorted(found.items(), key=lambda each: each[0].topic in commands)
        records = [record for _, partition in partitions for record in partition]
        full = len(records) >= self._size
        self._size = min(LARGEST, self._size * 2) if full else max(SMALLEST, self._size // 2)
        return records

    async def _decoded(self, records: list[Any]) -> list[Item]:
        items: list[Item] = []
        for position, record in enumerate(records):
            partition = Partition(record.topic, record.partition)
            expected = self._expected[partition]
            if record.offset != expected:
                await self._explain_gap(partition, expected, record.offset)
            self._expected[partition] = record.offset + 1
            items.extend(self._decoder.decode(as_record(record)))
            if position % 200 == 199:
                await asyncio.sleep(0)  # heartbeats and HTTP share this loop
        return items

    async def _explain_gap(self, partition: Partition, expected: int, found: int) -> None:
        """A gap is loss only where the log's beginning has moved past it; else markers and aborted records lay there."""
        if found < expected:
            raise _recreated(partition, expected, found)
        tp = TopicPartition(*partition)
        beginning = (await self._consumer.beginning_offsets([tp]))[tp]
        if beginning > expected:
            raise _lost(partition, expected, beginning)

    # -- committing ----------------------------------------------------------------------------------------------------

    async def _committed(self) -> None:
        """Wait for the batch in flight; the group must see us poll meanwhile, however long the database is away."""
        while self._committing is not None:
            done, _ = await asyncio.wait({self._committing}, timeout=5.0)
            if done:
                committing, self._committing = self._committing, None
                committing.result()
            elif self._fetching is None and self._claimed == self._assignment:
                await self._poll_paused()

    async def _poll_paused(self) -> None:
        partitions = self._consumer.assignment()
        self._consumer.pause(*partitions)
        with suppress(KafkaError, IllegalStateError):
            await self._consumer.getmany(timeout_ms=0)
            self._consumer.resume(*partitions)

    async def _commit(self, items: list[Item], claim: Claim, assignment: int) -> None:
        position, failures = 0, 0
        while position < len(items):
            if assignment != self._assignment:
                metrics.BATCHES_DROPPED.labels("stale").inc()
                return
            try:
                await self._unit.run(items[position : position + LARGEST], claim)
                position += LARGEST
            except Fenced as problem:
                metrics.BATCHES_DROPPED.labels("fenced").inc()
                LOG.warning("fenced off", partition=str(problem))
                await asyncio.sleep(BACK_OFF[2])
                self._assignment += 1  # forget, and claim again what is still assigned
                return
            except Exception as problem:
                if not is_passing(problem):
                    raise
                # Trying again does not move the fence; whatever was committed meanwhile lies behind it.
                delay = BACK_OFF[min(failures, len(BACK_OFF) - 1)]
                failures += 1
                LOG.warning("a batch could not be committed; trying again", problem=repr(problem), seconds=delay)
                self.progress = time.monotonic()
                await asyncio.sleep(delay)
        self.progress = time.monotonic()
        if self._look_wanted:
            self._moved()
        await self._hint(_ends(items))

    async def _hint(self, ends: Mapping[Partition, int], *, now: bool = False) -> None:
        if not now and time.monotonic() - self._hinted < HINT_EVERY:
            return
        self._hinted = time.monotonic()
        # All of these are ordinary: the group moved on, the broker is away. The position is restored from the fence.
        with suppress(KafkaError, IllegalStateError, TimeoutError, ValueError):
            offsets = {TopicPartition(*each): offset for each, offset in ends.items()}
            await asyncio.wait_for(self._consumer.commit(offsets), HINT_WITHIN)
        await reached("C9")

    async def _drain(self) -> None:
        if self._committing is not None:
            await asyncio.wait({self._committing}, timeout=DRAIN_WITHIN)
            if self._committing.done():
                await self._committed()

    async def _too_much_unsent(self) -> bool:
        if time.monotonic() - self._counted > LOOK_EVERY:
            self._counted = time.monotonic()
            with suppress(OSError, TimeoutError):
                self._held_back = await unsent(self._unit.pool) > MAX_UNSENT
            if self._held_back:
                self.progress = time.monotonic()
        return self._held_back

    # -- read until ----------------------------------------------------------------------------------------------------

    async def _look_at_ends(self) -> None:
        """Where everything is read: say so in the fence, as of the instant before the ends were asked for."""
        self._looked = time.monotonic()
        assignment, claim = self._assignment, self._claim
        partitions = [TopicPartition(*each) for each in claim.epochs]
        try:
            async with self._unit.pool.acquire() as connection:
                at: datetime = await connection.fetchval("select app_now()")
                ends, positions = await asyncio.wait_for(self._ends_and_positions(partitions), LOOK_WITHIN)
                behind = {tp for tp in partitions if positions[tp] < ends[tp]}
                self.lag = sum(ends[tp] - positions[tp] for tp in behind)
                metrics.LAG.set(self.lag)
                # No await from here to the comparison: records fetched a moment ago would be counted as read.
                handed = self._fetching is not None and self._fetching.done()
                if handed or assignment != self._assignment:
                    return
                read = [Partition(*tp) for tp in partitions if tp not in behind]
                await fence.caught_up(connection, claim, read, at)
        except Exception as problem:
            if not (is_passing(problem) or isinstance(problem, (KafkaError, IllegalStateError))):
                raise
            LOG.warning("the ends of the partitions could not be asked for", problem=repr(problem))
            return
        if not behind:
            self._look_wanted = False
            self.progress = time.monotonic()
        self._moved()

    async def _ends_and_positions(self, partitions: list[TopicPartition]) -> tuple[dict[Any, int], dict[Any, int]]:
        # In this order: what is appended between the two counts as unread, never the other way round.
        ends = await (self._looker or self._consumer).end_offsets(partitions)
        return ends, {tp: await self._consumer.position(tp) for tp in partitions}


def as_record(record: Any) -> Record:
    """aiokafka's record as ours. Only LogAppendTime says when it reached us; a speaker's own time does not."""
    appended_at = (
        datetime.fromtimestamp(record.timestamp / 1000, UTC) if record.timestamp_type == LOG_APPEND_TIME else None
    )
    place = Place(record.topic, record.partition, record.offset, appended_at)
    return Record(place, record.key, tuple(record.headers), record.value)


async def unsent(pool: Any) -> int:
    """Outbox rows not sent, counted no further than is asked about."""
    found = await pool.fetchval(
        f"select count(*) from (select from outbox where sent_at is null limit {MAX_UNSENT + 1}) as u"
    )
    return int(found)


def _ends(items: list[Item]) -> dict[Partition, int]:
    return {fence.partition_of(item.place): item.place.offset + 1 for item in items if item.place is not None}


def _lost(partition: Partition, expected: int, beginning: int) -> Failure:
    return Failure(
        f"Records {expected} to {beginning - 1} of {partition.topic}/{partition.partition} are gone: the log now begins at "
        f"{beginning}. Restore them or accept the loss by setting consumer_fence.next_offset."
    )


def _recreated(partition: Partition, expected: int, found: int) -> Failure:
    return Failure(
        f"{partition.topic}/{partition.partition} ends before record {expected}, which was read already (found {found}): the "
        "topic or the cluster is another one. Find out which, then correct consumer_fence."
    )
