"""The stepped clock: sets the instant in all databases, then waits until nothing moves any more.

Quiet is two successive looks with equal counters, at the ends of everything: a look costs a few milliseconds, so
nothing is guessed by sleeping longer.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from aftersales.errors import Failure
from aftersales.runtime import clock
from aftersales.runtime.kafka import Kafka
from aftersales_local.partitions import all_partitions
from aftersales_local.postgres import connected
from aftersales_local.state import Stack

QUIET_WITHIN: Final = 60.0
BETWEEN_LOOKS: Final = 0.003
LOOK: Final = """
    select (select coalesce(max(id), 0) from outbox) as said,
           (select count(*) from outbox where sent_at is null) as unsent,
           (select count(*) from timers t where due <= app_now()
               and not exists (select from parked p where p.subject = t.subject)) as due,
           (select min(due) from timers where due > app_now()) as next,
           (select coalesce(jsonb_object_agg(topic, taken), '{}') from
               (select topic, sum(next_offset) as taken from consumer_fence group by topic) f) as taken
"""
# Notices leave by a queue of their own, seconds later; nobody acts on them, so no step of the clock waits for it.
NOTICES: Final = "select count(*) from to_send"
NOTIFICATION: Final = "notification"
NOTICES_TOPIC: Final = "notification.notices"
PARTITIONS: Final = "select topic, count(*) as partitions from consumer_fence group by topic"


@dataclass(frozen=True, slots=True)
class Outside:
    """Somebody outside the services who must come to rest too.

    done: counts whatever he does or says; while it stands still, so does he. waiting: what is still in his hands.
    """

    name: str
    done: Callable[[], int]
    waiting: Callable[[Mapping[str, int]], int]


@dataclass(frozen=True, slots=True)
class ServiceLook:
    said: int
    unsent: int
    due: int
    next: datetime | None
    lag: Mapping[str, int]

    @property
    def busy(self) -> list[str]:
        counts = {"unsent rows": self.unsent, "due timers": self.due}
        found = [f"{count} {what}" for what, count in counts.items() if count]
        return found + [f"{lag} unread on {topic}" for topic, lag in self.lag.items() if lag]


@dataclass(frozen=True, slots=True)
class Look:
    """ends: records ever appended by topic. outside: what each has done, and what he still has to do."""

    services: Mapping[str, ServiceLook]
    ends: Mapping[str, int]
    outside: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def busy(self) -> list[str]:
        """What moves and may lead to something."""
        looks = {**self.services, NOTIFICATION: replace(self.services[NOTIFICATION], unsent=0)}
        inside = [f"{name} has {', '.join(look.busy)}" for name, look in looks.items() if look.busy]
        return inside + [f"{name} has {waiting} to do" for name, (_, waiting) in self.outside.items() if waiting]

    @property
    def counters(self) -> tuple[Any, ...]:
        """What grows when anything happens that may lead to something."""
        said = {name: look.said for name, look in self.services.items() if name != NOTIFICATION}
        ends = {topic: end for topic, end in self.ends.items() if topic != NOTICES_TOPIC}
        return said, ends, {name: done for name, (done, _) in self.outside.items()}

    @property
    def next(self) -> datetime | None:
        """The earliest timer after now."""
        return min((look.next for look in self.services.values() if look.next is not None), default=None)


class Conductor:
    """Steps the simulated clock of a stack. stepped: told of every step. `steps` and `looks` count, for figures."""

    quiet_within = QUIET_WITHIN
    between_looks = BETWEEN_LOOKS

    def __init__(self, stack: Stack, outside: tuple[Outside, ...] = ()) -> None:
        if stack.clock != "simulated":
            raise Failure("The running stack follows the real clock. Stop it with `aftersales down`, then try again.")
        self.stack = stack
        self.stepped: list[Callable[[datetime], None]] = []
        self.steps = 0
        self.looks = 0
        self._outside = outside
        self._rest: Look | None = None
        self._since_rest: tuple[int, ...] = ()
        self._databases: dict[str, asyncpg.Connection] = {}
        self._kafka: AIOKafkaConsumer = None
        self._partitions: list[TopicPartition] = []
        self._until_closed = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opened:
            for service, url in self.stack.databases.items():
                connection = await connected(url)
                opened.push_async_callback(connection.close)
                self._databases[service] = connection
            self._kafka = Kafka(self.stack.bootstrap, "conductor").looker()
            opened.push_async_callback(self._kafka.stop)
            await self._kafka.start()
            self._partitions = await all_partitions(self.stack.bootstrap)
            self._until_closed = opened.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._until_closed.aclose()

    @property
    def databases(self) -> Mapping[str, asyncpg.Connection]:
        """By service; for reads between steps."""
        return self._databases

    async def now(self) -> datetime:
        return await clock.app_now(next(iter(self._databases.values())))

    async def step(self, instant: datetime) -> None:
        """Set the clock everywhere; what falls due by it begins to happen."""
        for told in self.stepped:
            told(instant)
        await asyncio.gather(*(clock.step(connection, instant) for connection in self._databases.values()))
        self.steps += 1

    async def advance(self, until: datetime) -> Look:
        """Visit every instant at which a timer falls due, in order, then `until`; quiet after each."""
        look = await self.quiet()
        while look.next is not None and look.next < until:
            await self.step(look.next)
            look = await self.quiet()
        await self.step(until)
        return await self.quiet()

    async def quiet(self) -> Look:
        """Wait until nothing moves; Failure with a sentence that says what does not come to rest."""
        done = self._done()
        if self._rest is not None and done == self._since_rest:
            return self._rest
        give_up = time.monotonic() + self.quiet_within
        # The last rest is a look too: where nothing was said since, one more that equals it is enough.
        before = self._rest
        while True:
            look = await self.look()
            if not look.busy and before is not None and look.counters == before.counters:
                self._rest, self._since_rest = look, self._done()
                return look
            if time.monotonic() > give_up:
                what = "; ".join(look.busy) or "records are still being written"
                raise Failure(
                    f"The stack did not come to rest within {self.quiet_within:.0f} s: {what}. See .local/logs.", 1
                )
            before = look
            await asyncio.sleep(self.between_looks)

    async def until_told(self) -> None:
        """Wait until every notice has left as well, and what notification says of it; for the end of everything."""
        give_up = time.monotonic() + self.quiet_within
        while True:
            waiting = await self._databases[NOTIFICATION].fetchval(NOTICES)
            look = await self.look()
            if not waiting and not look.services[NOTIFICATION].unsent:
                return
            if time.monotonic() > give_up:
                raise Failure(f"{waiting} notices did not leave. See .local/logs/notification.log.", 1)
            await asyncio.sleep(self.between_looks)

    def _done(self) -> tuple[int, ...]:
        """Nothing happens in the services but by a step of the clock or by somebody outside."""
        return self.steps, *(each.done() for each in self._outside)

    async def look(self) -> Look:
        self.looks += 1
        # The ends first: what is appended after them is then no lag that a service could be blamed for.
        ends = await self._ends()
        asked = (connection.fetchrow(LOOK) for connection in self._databases.values())
        # All of them to their end: a connection that is still at work when the next look comes would refuse it.
        rows = await asyncio.gather(*asked, return_exceptions=True)
        for row in rows:
            if isinstance(row, BaseException):
                raise row
        services = {name: _service_look(row, ends) for name, row in zip(self._databases, rows, strict=True)}
        outside = {each.name: (each.done(), each.waiting(ends)) for each in self._outside}
        return Look(services, ends, outside)

    async def until_reading(self) -> None:
        """Wait until every service has its partitions: before that a look says nothing."""
        give_up = time.monotonic() + self.quiet_within
        wanted = {topic: sum(each.topic == topic for each in self._partitions) for topic in self._topics}
        while waiting := await self._not_reading(wanted):
            if time.monotonic() > give_up:
                raise Failure(f"These services do not read their topics: {', '.join(waiting)}. See .local/logs.", 1)
            await asyncio.sleep(0.05)

    async def _not_reading(self, wanted: Mapping[str, int]) -> list[str]:
        waiting = []
        for service, connection in self._databases.items():
            rows = await connection.fetch(PARTITIONS)
            if not rows or any(row["partitions"] < wanted.get(row["topic"], 0) for row in rows):
                waiting.append(service)
        return waiting

    @property
    def _topics(self) -> set[str]:
        return {each.topic for each in self._partitions}

    async def _ends(self) -> dict[str, int]:
        ends: dict[str, int] = {}
        for partition, end in (await self._kafka.end_offsets(self._partitions)).items():
            ends[partition.topic] = ends.get(partition.topic, 0) + end
        return ends


def _service_look(row: Any, ends: Mapping[str, int]) -> ServiceLook:
    taken: dict[str, int] = json_of(row["taken"])
    lag = {topic: max(0, ends.get(topic, 0) - offset) for topic, offset in taken.items()}
    return ServiceLook(row["said"], row["unsent"], row["due"], row["next"], lag)


def json_of(value: Any) -> Any:
    """asyncpg hands jsonb over as text."""
    return orjson.loads(value) if isinstance(value, str) else value
