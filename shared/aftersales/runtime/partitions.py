"""The partitions assigned to this process: claimed at the fence, read from where it says, forgotten when they are
revoked.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError, RecordTooLargeError

from aftersales.errors import Failure
from aftersales.runtime import fence, kafka, loss, metrics
from aftersales.runtime.causes import DeadLetter, Place, Record
from aftersales.runtime.facts_first import FactsFirst
from aftersales.runtime.fence import Claim, Partition, partition_of
from aftersales.runtime.kafka import Kafka
from aftersales.runtime.lanes import LANES, by_lane
from aftersales.runtime.postgres import Pool

LOG: Final = structlog.get_logger()
ANSWER_WITHIN: Final = 10.0
HINT_WITHIN: Final = 5.0
CAREFUL: Final = 50
IDLE_MS: Final = 60_000
LOOK_AGAIN_MS: Final = 20
# The client asks the broker again once it has been emptied, which costs both about a millisecond.
GATHER_EVERY: Final = 0.01
# A batch that takes long must not hold up the other lane.
GATHER_FOR: Final = 0.2
ASK_AGAIN: Final = 0.5
# A client that is being given its partitions does not answer until it has them.
POLL_WITHIN: Final = 1.0
LOG_APPEND_TIME: Final = 1


class Partitions(ConsumerRebalanceListener):  # type: ignore[misc]
    """One consumer of a group.

    commands: the topics whose records wait for facts. settled: awaited when partitions are revoked, for what is in
    flight. changed: set whenever the assignment is.
    assignment: counts revocations and assignments; what was read under an earlier number must be forgotten.
    rebalanced: the monotonic second of the last assignment, None while there is none.
    """

    def __init__(
        self, kafka_: Kafka, group: str, commands: frozenset[str], settled: Callable[[], Awaitable[None]]
    ) -> None:
        self._kafka = kafka_
        self._group = group
        self._settled = settled
        self._consumer: AIOKafkaConsumer = None
        self._looker: AIOKafkaConsumer = None
        self._readable: AIOKafkaConsumer = None
        self._assigned: frozenset[Partition] = frozenset()
        self._expected: dict[Partition, int] = {}
        self._claimed: int | None = None
        self._lanes: list[list[TopicPartition]] = []
        self._facts = FactsFirst(commands)
        self._halted = False
        self._topics: list[str] = []
        self._in_hand: list[Record | DeadLetter] = []
        self.claim = Claim({})
        self.assignment = 0
        self.changed = asyncio.Event()
        self.rebalanced: float | None = None

    async def start(self, topics: list[str]) -> None:
        self._consumer = self._kafka.consumer(self._group)
        await kafka.start(self._consumer, self._kafka.bootstrap)
        # A client of its own asks for the ends: on the reader's connection the question would wait behind a fetch for
        # up to `fetch_max_wait_ms`. Under read_committed there are two ends: of what is appended, for no deadline may
        # overtake what may be committed yet; and of what can be read, for nobody waits for more than that.
        self._looker = self._readable = self._kafka.looker()
        await kafka.start(self._looker, self._kafka.bootstrap)
        if self._kafka.isolation != "read_uncommitted":
            self._readable = self._kafka.looker(self._kafka.isolation)
            await kafka.start(self._readable, self._kafka.bootstrap)
        self._topics = topics
        self._consumer.subscribe(topics, listener=self)

    async def stop(self) -> None:
        for client in {self._consumer, self._looker, self._readable}:
            if client is not None:
                await kafka.stop(client)

    async def on_partitions_revoked(self, revoked: Any) -> None:
        self.forget()
        self._assigned = frozenset()
        self.rebalanced = None
        await self._settled()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        # aiokafka swallows what is raised here, so nothing but remembering is done; `take` claims.
        self.forget()
        self._assigned = frozenset(Partition(each.topic, each.partition) for each in assigned)
        self.rebalanced = time.monotonic()
        metrics.ASSIGNED.set(len(self._assigned))

    def forget(self) -> None:
        """What was read is worth nothing any more; claim again what is still assigned."""
        self.assignment += 1
        self.changed.set()

    @property
    def held(self) -> bool:
        """Whether what is assigned now is claimed."""
        return self._claimed == self.assignment

    async def take(self, pool: Pool) -> bool:
        """Claim what is assigned and go to where the fence says; false where nothing is, or it changed meanwhile."""
        assignment, wanted = self.assignment, self._assigned
        self._forget_what_waits()
        if not wanted:
            return False
        known = wanted | {
            Partition(topic, number)
            for topic in self._topics
            for number in self._consumer.partitions_for_topic(topic) or ()
        }
        beginnings = _by_partition(await self._looker.beginning_offsets([TopicPartition(*each) for each in known]))
        ends = _by_partition(await self._looker.end_offsets([TopicPartition(*each) for each in wanted]))
        cluster = await self._kafka.cluster_id()
        async with pool.acquire() as connection:
            held = await fence.claim(connection, wanted, beginnings, cluster)
        if assignment != self.assignment:
            return False
        for each, row in held.items():
            loss.check_claim(each, row, beginnings[each], ends[each], cluster)
            self._consumer.seek(TopicPartition(*each), row.next_offset)
        self.claim = Claim({each: row.epoch for each, row in held.items()})
        self._expected = {each: row.next_offset for each, row in held.items()}
        self._lanes = list(by_lane((TopicPartition(*each) for each in held), lambda tp: int(tp.partition)).values())
        self._claimed = assignment
        LOG.info("partitions claimed", count=len(held))
        return True

    async def read(self, count: int, wanted: asyncio.Event) -> list[Record | DeadLetter]:
        """About so many records, in order within each partition, commands behind their facts. Waits for the first; and
        gathers more for a while, until they are wanted.
        """
        while True:
            await self._fetch(count, LOOK_AGAIN_MS if self._facts.holding else IDLE_MS)
            until = time.monotonic() + GATHER_FOR
            while 0 < len(self._in_hand) < count and not wanted.is_set() and time.monotonic() < until:
                await asyncio.sleep(GATHER_EVERY)
                await self._fetch(count, 0)
            ready, self._in_hand = await self._facts_first(self._in_hand), []
            if ready:
                return ready

    async def _fetch(self, count: int, wait_ms: int) -> None:
        """Adds to what is in hand."""
        try:
            found = await self._fetched(count, wait_ms)
        except RecordTooLargeError as problem:
            raise Failure(
                f"A record does not fit into a fetch: {problem} Lower max.message.bytes of its topic."
            ) from problem
        except ValueError as problem:
            LOG.error("the client cannot read a record; reading one by one", problem=repr(problem))
            await self._read_carefully()
        else:
            self._in_hand += [as_record(record) for records in found for record in records]

    async def _fetched(self, count: int, wait_ms: int) -> list[list[Any]]:
        """A share for each lane of what is here, or the first that comes: the client empties one partition after the
        other, and what is all of one lane leaves the other idle.
        """
        found: list[list[Any]] = []
        for lane in self._lanes:
            found.extend((await self._consumer.getmany(*lane, timeout_ms=0, max_records=count // LANES)).values())
        if not found and wait_ms:
            found.extend((await self._consumer.getmany(timeout_ms=wait_ms, max_records=count // LANES)).values())
        return found

    async def _facts_first(self, records: Sequence[Record | DeadLetter]) -> list[Record | DeadLetter]:
        """The facts among them, and the commands that have all their facts before them by now."""
        facts, numbers = self._facts.hold_back(records)
        if not self._facts.holding:
            return facts
        if numbers:
            before = [each for each in self.claim.epochs if each.partition in numbers and self._facts.is_fact(each)]
            self._facts.wait_for(await self._ends(before))
        positions = {each: await self._consumer.position(TopicPartition(*each)) for each in self._facts.waited_for()}
        commands = self._facts.release(positions)
        self._let_flow()
        return facts + commands

    def _let_flow(self) -> None:
        """While commands wait for facts no more of them are fetched, or a backlog would fill the memory."""
        if not self._halted and not self._facts.holding:
            return
        for tp in self._consumer.assignment():
            waits = self._facts.waits(Partition(tp.topic, tp.partition))
            (self._consumer.pause if waits else self._consumer.resume)(tp)
        self._halted = self._facts.holding

    async def _ends(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Asked for until there is an answer: what is in hand must not be lost because the broker is away."""
        while True:
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    ends = await self._readable.end_offsets([TopicPartition(*each) for each in partitions])
            except (KafkaError, TimeoutError) as problem:
                LOG.warning("the ends of the facts could not be asked for; trying again", problem=repr(problem))
                await asyncio.sleep(ASK_AGAIN)
            else:
                return _by_partition(ends)

    def _forget_what_waits(self) -> None:
        self._facts.forget()
        self._in_hand = []
        # What was paused for them would stay so for ever: the same partitions may be claimed again.
        self._let_flow()

    async def _read_carefully(self) -> None:
        """Past a record that the client itself cannot parse, such as one with a header name that is no UTF-8.

        It raises in the midst of a batch and may have taken records of other partitions along, so all go back to what
        was handed over. The record's own bytes cannot be had; what shares its batch behind it is as unreadable.
        """
        self._forget_what_waits()
        partitions = [TopicPartition(*each) for each in self._expected]
        for tp in partitions:
            self._consumer.seek(tp, self._expected[Partition(*tp)])
        ends = await self._consumer.end_offsets(partitions)
        for tp in partitions:
            try:
                while len(self._in_hand) < CAREFUL and await self._consumer.position(tp) < ends[tp]:
                    one = await self._consumer.getmany(tp, timeout_ms=1_000, max_records=1)
                    if not one:
                        break
                    self._in_hand.extend(as_record(record) for record in one[tp])
            except ValueError as problem:
                offset = await self._consumer.position(tp)
                record = Record(Place(tp.topic, tp.partition, offset), None, (), None)
                self._in_hand.append(
                    DeadLetter(record, "unreadable-record", f"The Kafka client cannot parse it: {problem}")
                )
                self._consumer.seek(tp, offset + 1)

    async def check_gaps(self, places: Sequence[Place]) -> None:
        """Failure where records are lost: offsets are missing and the log's beginning has moved past them."""
        gaps = loss.gaps(self._expected, places)
        if gaps:
            async with asyncio.timeout(ANSWER_WITHIN):
                beginnings = await self._looker.beginning_offsets([TopicPartition(*each) for each in gaps])
            for partition, beginning in _by_partition(beginnings).items():
                if beginning > gaps[partition]:
                    raise loss.lost(partition, gaps[partition], beginning)

    async def unread(self) -> tuple[int, list[Partition]]:
        """How many records could be read and are not yet, and the partitions read to their very ends."""
        partitions = [TopicPartition(*each) for each in self.claim.epochs]
        async with asyncio.timeout(ANSWER_WITHIN):
            # In this order: what is appended between the two counts as unread, never the other way round.
            ends = await self._looker.end_offsets(partitions)
            readable = ends if self._readable is self._looker else await self._readable.end_offsets(partitions)
            positions = {tp: await self._consumer.position(tp) for tp in partitions}
        # Fetched, but not handed over: the position is past them, and yet they are not committed.
        waiting = Counter(partition_of(record.place) for record in (*self._in_hand, *self._facts.held))
        lag = sum(max(0, readable[tp] - at) for tp, at in positions.items()) + waiting.total()
        read = [Partition(*tp) for tp, at in positions.items() if ends[tp] <= at]
        return lag, [each for each in read if each not in waiting]

    async def poll_paused(self) -> None:
        """Let the group see that we live, without taking anything."""
        with suppress(KafkaError, IllegalStateError, TimeoutError):
            self._halted = True
            self._consumer.pause(*self._consumer.assignment())
            async with asyncio.timeout(POLL_WITHIN):
                await self._consumer.getmany(timeout_ms=0)
        with suppress(IllegalStateError):
            self._let_flow()

    async def hint(self, ends: Mapping[Partition, int]) -> None:
        """Tell the group where we are, for operators' tools; the fence alone decides where reading goes on."""
        # All of these are ordinary: the group moved on, or the broker is away.
        with suppress(KafkaError, IllegalStateError, TimeoutError, ValueError):
            async with asyncio.timeout(HINT_WITHIN):
                await self._consumer.commit({TopicPartition(*each): offset for each, offset in ends.items()})


def as_record(record: Any) -> Record:
    """aiokafka's record as ours. Only LogAppendTime says when it reached us; a speaker's own time does not."""
    appended = record.timestamp_type == LOG_APPEND_TIME
    appended_at = datetime.fromtimestamp(record.timestamp / 1000, UTC) if appended else None
    place = Place(record.topic, record.partition, record.offset, appended_at)
    return Record(place, record.key, tuple(record.headers), record.value)


def _by_partition(offsets: Mapping[TopicPartition, int]) -> dict[Partition, int]:
    return {Partition(*tp): offset for tp, offset in offsets.items()}
