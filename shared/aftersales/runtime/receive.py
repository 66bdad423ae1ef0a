"""Receive: records from Kafka, in batches that grow with the backlog, each in two lanes through units of their own; the
next is decoded meanwhile.

A batch carries the assignment it was read under: after any revoke or assign it is forgotten, never claimed anew. The
position in Kafka's group is a hint for operators only.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Final

import structlog
from aiokafka.errors import IllegalStateError, KafkaError

from aftersales.runtime import fence, metrics
from aftersales.runtime.causes import DeadLetter, Item, Record
from aftersales.runtime.clock import app_now
from aftersales.runtime.commits import BACK_OFF, LARGEST, SMALLEST, Commits
from aftersales.runtime.decode import Decoder
from aftersales.runtime.failpoints import reached
from aftersales.runtime.fence import Partition
from aftersales.runtime.kafka import Kafka
from aftersales.runtime.lanes import LANES, Lanes, by_lane
from aftersales.runtime.partitions import Partitions
from aftersales.runtime.postgres import is_passing
from aftersales.runtime.unit import Unit
from aftersales.runtime.unsent import Backlog

LOG: Final = structlog.get_logger()
LOOK_EVERY: Final = 1.0
HINT_EVERY: Final = 1.0
POLL_EVERY: Final = 5.0
# A rebalance waits this long for the transaction in flight: less than the shortest session, or the group would drop us.
REVOKE_WITHIN: Final = 4.0
DRAIN_WITHIN: Final = 10.0
# Decoding yields to heartbeats and HTTP after so many records.
BREATHE: Final = 200


class Receive:
    """The Kafka door of one process.

    group: the consumer group. moved: called when `read_until` has moved for somebody who asked for it by `look`.
    in_flight: the batches being committed. lag, progress: for the watchdog; records, and the monotonic second in which
    something was read.
    """

    def __init__(self, unit: Unit, kafka: Kafka, *, group: str, moved: Callable[[], None] = lambda: None) -> None:
        self._unit = unit
        self._moved = moved
        self._decoder = Decoder(unit.service)
        self.partitions = Partitions(kafka, group, unit.service.commands, self._settled)
        self._commits = Commits(unit, self.partitions, self._alive)
        self._backlog = Backlog(unit.pool)
        self._size = SMALLEST
        self._reading: asyncio.Task[list[Record | DeadLetter]] | None = None
        self.in_flight = Lanes()
        self._stopping = False
        self._asked = False
        self._look_wanted = True
        self._looked = self._hinted = self._polled = float("-inf")
        self.lag = 0
        self.progress = time.monotonic()

    @property
    def rebalanced(self) -> float | None:
        """The monotonic second of the last assignment; None while the group has given none."""
        return self.partitions.rebalanced

    async def run(self) -> None:
        """Until `stop`; raises Failure when a person must look, anything else when a restart may help."""
        try:
            await self.partitions.start(sorted(self._unit.service.topics))
            while not self._stopping:
                # What was asked for during the last step must not wait for a second: seen before the flag is cleared.
                self._asked = self.partitions.changed.is_set()
                self.partitions.changed.clear()
                await self._step()
            await self._drain()
        finally:
            for task in (self._reading, *self.in_flight.tasks):
                await _ended(task)
            await self.partitions.stop()

    def stop(self) -> None:
        """Take nothing new; `run` returns once the batch in flight is committed, or after ten seconds."""
        self._stopping = True
        self.partitions.changed.set()

    def look(self) -> None:
        """Somebody waits for `read_until`: look at the partitions' ends now."""
        self._look_wanted = True
        self.partitions.changed.set()

    async def _step(self) -> None:
        if not self.partitions.held:
            await self._take()
        elif await self._backlog.is_too_long():
            self.progress = time.monotonic()
            self.in_flight.harvest()
            await self._rest(BACK_OFF[0])
        else:
            await self._batch()

    async def _rest(self, seconds: float) -> None:
        """Wait without reading. The group must see us poll meanwhile: it gives nothing to a member that does not."""
        if (self._reading is None or self._reading.done()) and time.monotonic() - self._polled > POLL_EVERY:
            self._polled = time.monotonic()
            await self.partitions.poll_paused()
        await self._wait(seconds)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.partitions.changed.wait(), seconds)

    async def _take(self) -> None:
        reading, self._reading = self._reading, None
        await _ended(reading)
        await self.in_flight.all_free(every=POLL_EVERY, poll=self._poll)
        try:
            taken = await self.partitions.take(self._unit.pool)
        except Exception as problem:
            if not _is_passing(problem):
                raise
            LOG.warning("partitions could not be claimed", problem=repr(problem))
            taken = False
        if taken:
            self._look_wanted = True
        else:
            await self._rest(BACK_OFF[2])

    async def _batch(self) -> None:
        assignment = self.partitions.assignment
        records = await self._read()
        if records and assignment == self.partitions.assignment:
            if await self._is_whole(records):
                await self._hand_on(records, assignment)
        else:
            self.in_flight.harvest()
        # Once a second also in the midst of traffic: elsewhere nothing may come, and deadlines wait for all partitions.
        wanted = self._look_wanted and not self.in_flight.tasks
        if wanted or time.monotonic() - self._looked > LOOK_EVERY:
            await self._look_at_ends()

    async def _hand_on(self, records: list[Record | DeadLetter], assignment: int) -> None:
        lanes = by_lane(records, lambda record: record.place.partition)
        if len(lanes) > 1 and len(records) < SMALLEST and self.in_flight.idle.is_set():
            await self._hand_on_together(lanes, assignment)
            return
        for lane, some in lanes.items():
            items = await self._decoded(some)
            await self.in_flight.free(lane, every=POLL_EVERY, poll=self._poll)
            self._start(lane, items, self._commits.run(items, self.partitions.claim, assignment))

    async def _hand_on_together(self, lanes: Mapping[int, list[Record | DeadLetter]], assignment: int) -> None:
        """A unit costs much the same whether it has one record or ten: one for all. Where it fails, each lane goes its
        own way.
        """
        claim = self.partitions.claim
        decoded = {lane: await self._decoded(some) for lane, some in lanes.items()}
        self.in_flight.harvest()
        everything = [item for items in decoded.values() for item in items]
        first = asyncio.create_task(self._commits.try_once(everything, claim, assignment))
        for lane, items in decoded.items():
            self._start(lane, items, self._commits.after(first, items, claim, assignment))

    def _start(self, lane: int, items: list[Item], work: Coroutine[Any, Any, bool]) -> None:
        self.in_flight.start(lane, frozenset(fence.ends_of(items)), self._committed(items, work))

    async def _read(self) -> list[Record | DeadLetter]:
        """What has come; nothing when something else wants attention or a second has passed."""
        if self._reading is None:
            self._reading = asyncio.create_task(self.partitions.read(self._size, self.in_flight.idle))
        changed = asyncio.create_task(self.partitions.changed.wait())
        waiting: set[asyncio.Task[Any]] = {self._reading, changed}
        waiting.update(self.in_flight.tasks)
        try:
            patience = 0.0 if self._asked else LOOK_EVERY
            await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
        if not self._reading.done():
            return []
        reading, self._reading = self._reading, None
        try:
            records = reading.result()
        except IllegalStateError:
            # The partitions were revoked in the midst of it.
            self.partitions.forget()
            return []
        # A lane may have had its share where another had nothing.
        full = len(records) >= self._size // LANES
        self._size = min(LARGEST, self._size * 2) if full else max(SMALLEST, self._size // 2)
        await reached("C1")
        return records

    async def _is_whole(self, records: list[Record | DeadLetter]) -> bool:
        """False where that cannot be told now: the records are forgotten, to be read again."""
        try:
            await self.partitions.check_gaps([record.place for record in records])
        except (KafkaError, TimeoutError) as problem:
            LOG.warning("a gap could not be explained; reading again", problem=repr(problem))
            self.partitions.forget()
            return False
        return True

    async def _decoded(self, records: list[Record | DeadLetter]) -> list[Item]:
        items: list[Item] = []
        for number, record in enumerate(records, 1):
            items.extend([record] if isinstance(record, DeadLetter) else self._decoder.decode(record))
            if number % BREATHE == 0:
                await asyncio.sleep(0)
        return items

    async def _poll(self) -> None:
        """The group must see us poll, however long the database is away."""
        if self._reading is None and self.partitions.held:
            await self.partitions.poll_paused()

    async def _committed(self, items: list[Item], work: Coroutine[Any, Any, bool]) -> None:
        if not await work:
            return
        self._alive()
        if self._look_wanted:
            self._moved()
        if time.monotonic() - self._hinted > HINT_EVERY:
            self._hinted = time.monotonic()
            await self.partitions.hint(fence.ends_of(items))
            await reached("C9")

    def _alive(self) -> None:
        self.progress = time.monotonic()

    async def _settled(self) -> None:
        await self.in_flight.settle(REVOKE_WITHIN)

    async def _drain(self) -> None:
        await self.in_flight.settle(DRAIN_WITHIN)
        self.in_flight.harvest()

    async def _look_at_ends(self) -> None:
        """Where everything is read: say so in the fence, as of the instant before the ends were asked for."""
        self._looked = time.monotonic()
        # Cleared before the clock is read: a wish that comes meanwhile leads to another look.
        wanted, self._look_wanted = self._look_wanted, False
        assignment, claim = self.partitions.assignment, self.partitions.claim
        busy = self.in_flight.partitions
        try:
            async with self._unit.pool.acquire() as connection:
                at = await app_now(connection)
                self.lag, read = await self.partitions.unread()
                metrics.show_lag(self.lag)
                # No await between here and there: what was taken a moment ago is past the position, yet not committed.
                busy |= self._taken()
                # What was forgotten after it was taken is past the position too, until the partitions are claimed anew.
                if not self.partitions.held or assignment != self.partitions.assignment:
                    self._look_wanted = wanted or self._look_wanted
                    return
                await fence.caught_up(connection, claim, [each for each in read if each not in busy], at)
        except Exception as problem:
            if not _is_passing(problem):
                raise
            LOG.warning("the ends of the partitions could not be asked for", problem=repr(problem))
            self._look_wanted = wanted or self._look_wanted
            return
        if self.lag == 0:
            self.progress = time.monotonic()
        if wanted:
            self._look_wanted = self._look_wanted or self.lag > 0 or bool(busy)
            self._moved()

    def _taken(self) -> frozenset[Partition]:
        """The partitions of what was read and waits to be decoded."""
        if self._reading is None or not self._reading.done() or self._reading.exception() is not None:
            return frozenset()
        return frozenset(fence.partition_of(record.place) for record in self._reading.result())


async def _ended(task: asyncio.Task[Any] | None) -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


def _is_passing(problem: Exception) -> bool:
    return is_passing(problem) or isinstance(problem, (KafkaError, IllegalStateError))
