"""Those who drive the load, made patient: they repeat under the same ids until they know, and write down what they did.

A time-out, a broken connection and a 5xx leave it unknown whether a command was done; only its repeat tells.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg
import httpx2
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from aftersales.contracts.envelope import Event
from aftersales.errors import Failure
from aftersales.runtime import kafka
from aftersales.runtime.kafka import Kafka
from aftersales_local.conductor import Conductor, Look, Outside
from aftersales_local.faults.record import Record
from aftersales_local.marketplace import Marketplace
from aftersales_local.payments import PaymentProvider
from aftersales_local.people import Answer, People
from aftersales_local.postgres import connected
from aftersales_local.state import Stack

Result = TypeVar("Result")
PATIENCE: Final = 240.0
ONE_ATTEMPT: Final = 5.0
PAUSE: Final = 0.2
AWAY: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError)
# A twin of the same request is at work: its answer is this one's answer.
IN_FLIGHT: Final = "request-in-flight"
TOO_MANY: Final = 429
BROKEN: Final = 500
PAYMENTS: Final = "marketplace.payments"


class PatientConductor(Conductor):
    """Waits for services and servers that are away. gate: awaited before every advance; it paces the load."""

    quiet_within = PATIENCE
    between_looks = 0.01

    def __init__(self, stack: Stack, outside: tuple[Outside, ...] = ()) -> None:
        super().__init__(stack, outside)
        # Held while the clock is set: it is one clock for all four databases, so nobody kills Postgres halfway.
        self.setting = asyncio.Lock()
        self.gate: Callable[[], Awaitable[None]] | None = None

    async def advance(self, until: datetime) -> Look:
        if self.gate is not None:
            await self.gate()
        return await super().advance(until)

    async def step(self, instant: datetime) -> None:
        step = super().step
        async with self.setting:
            await self._stubbornly(self._all_answer)
            await self._stubbornly(lambda: step(instant))

    async def rest(self) -> Look:
        """As `quiet`, without what was known of the last rest."""
        self._rest = None
        return await self.quiet()

    async def _all_answer(self) -> None:
        for connection in self._databases.values():
            await connection.execute("select 1")

    async def look(self) -> Look:
        return await self._stubbornly(super().look)

    async def _stubbornly(self, ask: Callable[[], Awaitable[Result]]) -> Result:
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                return await ask()
            except (*AWAY, asyncpg.InternalClientError) as problem:
                if time.monotonic() > give_up:
                    raise Failure(f"A server did not come back within {PATIENCE:.0f} s: {problem!r}.", 1) from problem
                if isinstance(problem, asyncpg.InternalClientError):
                    # A server that was killed in the midst of an answer leaves the client in a state of no return.
                    for connection in self._databases.values():
                        connection.terminate()
                await asyncio.sleep(PAUSE / 4)
                with suppress(Failure, *AWAY):
                    await self._connect_again()

    async def _connect_again(self) -> None:
        for service, connection in list(self._databases.items()):
            if connection.is_closed():
                self._databases[service] = again = await connected(self.stack.databases[service])
                self._until_closed.push_async_callback(again.close)


class PatientMarketplace(Marketplace):
    """copies: how often each record is published, under one id."""

    def __init__(
        self, access: Kafka, now: Callable[[], datetime], provider: PaymentProvider, record: Record, copies: int
    ) -> None:
        super().__init__(access, now, provider)
        self._record = record
        self._copies = copies
        self._sent: dict[tuple[str, str], int] = {}
        self._renewing = asyncio.Lock()

    async def publish(self, events: Iterable[tuple[Event, str, str]]) -> None:
        whole = list(events)
        for _ in range(self._copies):
            left = whole
            while left:
                left = await self._try(left)

    async def _try(self, events: list[tuple[Event, str, str]]) -> list[tuple[Event, str, str]]:
        """Gives those that Kafka has not acknowledged; they are sent again, in their order."""
        producer, sent = self._producer, []
        with suppress(KafkaError):
            for each in events:
                sent.append(await self._send(*each))  # noqa: PERF401 - what was sent before one fails is sent
        answers = await asyncio.gather(*sent, return_exceptions=True)
        failed = [each for each, answer in zip(events, answers, strict=False) if isinstance(answer, BaseException)]
        left = failed + events[len(sent) :]
        if left:
            await self._renew(producer)
        return left

    async def _renew(self, broken: Any) -> None:
        """A new producer in place of that one, unless somebody has seen to it."""
        async with self._renewing:
            while self._producer is broken:
                await kafka.abandon(broken)
                fresh = self._access.producer()
                with suppress(Failure):
                    await kafka.start(fresh, self._access.bootstrap)
                    self._producer = fresh

    async def _send(self, event: Event, source: str, name: str) -> "asyncio.Future[Any]":
        future = await super()._send(event, source, name)
        future.add_done_callback(lambda done: self._acknowledged(done, source, name))
        return future

    def _acknowledged(self, done: "asyncio.Future[Any]", source: str, name: str) -> None:
        if not done.cancelled() and done.exception() is None:
            self._sent[source, name] = self._sent.get((source, name), 0) + 1
            self._record.acknowledged(done.result(), source, name, min(2, self._sent[source, name]))

    async def _listen(self) -> None:
        while True:
            try:
                await super()._listen()
            except (KafkaError, OSError, TimeoutError):
                await asyncio.sleep(PAUSE)
                for topic, partitions in self._taken.items():
                    for number, offset in partitions.items():
                        self._consumer.seek(TopicPartition(topic, number), offset)


class PatientPeople(People):
    """Send a command again, under its key, until its outcome is known."""

    def __init__(self, stack: Stack, home: Path, record: Record) -> None:
        super().__init__(stack, home, patience=ONE_ATTEMPT)
        self._record = record

    async def _ask(
        self,
        method: str,
        service: str,
        path: str,
        who: tuple[str, str],
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        ask = super()._ask
        key = (headers or {}).get("Idempotency-Key")
        said = {"f": f"{method} {path}", "service": service, "key": key, "actor": ":".join(who)}
        give_up = time.monotonic() + PATIENCE
        while True:
            number = self._record.begin(said)
            try:
                answer = await ask(method, service, path, who, body, headers)
            except (httpx2.HTTPError, ValueError):
                answer = None
            kind = outcome(answer)
            self._record.end(number, kind, answer.status if answer else None, said)
            if answer is not None and kind != "info":
                self._record.replayed += answer.replayed
                return answer
            if time.monotonic() > give_up:
                raise Failure(f"{method} {path} was not answered within {PATIENCE:.0f} s.", 1)
            await asyncio.sleep(PAUSE)


def outcome(answer: Answer | None) -> str:
    """How an attempt ended: `ok`, `fail`, or `info` where only a repeat can tell."""
    if answer is None or answer.status >= BROKEN or answer.status == TOO_MANY or answer.slug == IN_FLIGHT:
        return "info"
    return "ok" if answer.granted else "fail"
