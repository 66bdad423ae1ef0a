"""The relay: sends the outbox to Kafka, in id order, one batch in flight, one relay a database.

Every other mechanism that was measured lost rows or their order (dangers 3.4): a cursor loses rows that commit late,
several relays overtake one another. What this one may do is send twice with one id, after a crash between
acknowledgement and mark.
"""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from aftersales.errors import Failure
from aftersales.runtime import batches, kafka, metrics
from aftersales.runtime.batches import Acknowledgements
from aftersales.runtime.failpoints import reached
from aftersales.runtime.kafka import Kafka
from aftersales.runtime.listen import OUTBOX, notify
from aftersales.runtime.postgres import Connection, Pool, is_passing

LOG: Final = structlog.get_logger()
LEASE: Final = 30.0
# What is in a producer's retry queue when a lease ends may land after the successor's newer records: so stop well
# before.
SEND_UNTIL: Final = LEASE * 2 / 3
RENEW_AFTER: Final = LEASE / 3
BATCH: Final = 1_000
POLL: Final = 0.05
STANDBY: Final = 1.0
BACK_OFF: Final = 1.0
LOG_APPEND_TIME: Final = 1

# The holder is a Postgres session: where that has ended its process is dead or has noticed, and nobody waits for the
# lease to end.
TAKE: Final = """
    insert into relay_lease as l (holder, until)
    select pid || '/' || extract(epoch from backend_start), clock_timestamp() + make_interval(secs => $1)
    from pg_stat_activity where pid = pg_backend_pid()
    on conflict (one) do update set holder = excluded.holder, until = excluded.until
    where l.holder = excluded.holder or l.until < clock_timestamp() or not exists (
        select from pg_stat_activity where pid || '/' || extract(epoch from backend_start) = l.holder
    )
    returning true
"""
GIVE_UP: Final = """
    update relay_lease set until = clock_timestamp() where holder = (
        select pid || '/' || extract(epoch from backend_start) from pg_stat_activity where pid = pg_backend_pid()
    )
"""
READ: Final = """
    select id, topic, key, headers, body, created_at from outbox where sent_at is null order by id limit $1
"""
# The bounds on created_at let Postgres look into one or two days' partitions only.
MARK: Final = """
    update outbox set sent_at = clock_timestamp()
    where id = any($1::bigint[]) and created_at between $2 and $3
"""


class Relay:
    """Runs until `stop`; `wake` says that there may be something to send.

    newest_append: the LogAppendTime of the last acknowledgement and the monotonic second it came; the breaker compares
    clocks.
    """

    def __init__(self, pool: Pool, kafka_: Kafka) -> None:
        self._pool = pool
        self._kafka = kafka_
        self._producer: AIOKafkaProducer = None
        self._wake = asyncio.Event()
        self._stopping = False
        self._leased = float("-inf")
        self.newest_append: tuple[datetime, float] | None = None

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    @property
    def leads(self) -> bool:
        return time.monotonic() - self._leased < SEND_UNTIL

    async def run(self) -> None:
        try:
            while not self._stopping:
                try:
                    # One session for lease, reads and marks: losing it is losing the lease.
                    async with self._pool.acquire() as connection:
                        await self._with(connection)
                except Exception as problem:
                    if not is_passing(problem) and not isinstance(problem, (KafkaError, Failure)):
                        raise
                    metrics.RELAY_FAILURES.labels(type(problem).__name__).inc()
                    metrics.failed("relay")
                    LOG.warning("the relay pauses", problem=str(problem) or repr(problem))
                    await self._renew_producer()
                    await self._wait(BACK_OFF)
        finally:
            self._leased = float("-inf")
            metrics.RELAY_LEADS.set(0)
            if self._producer is not None:
                await kafka.abandon(self._producer)

    async def _with(self, connection: Connection) -> None:
        self._leased = float("-inf")
        try:
            while not self._stopping:
                await self._look(connection)
        finally:
            # The session goes back to the pool and lives on; nobody must take it for a relay that is at work.
            self._leased = float("-inf")
            with suppress(Exception):
                await connection.execute(GIVE_UP)

    async def _look(self, connection: Connection) -> None:
        if time.monotonic() - self._leased > RENEW_AFTER:
            await self._take(connection)
        # Before reading: a wake-up that comes while we read must lead to another look.
        woken = self._wake.is_set()
        self._wake.clear()
        if not self.leads:
            if woken:
                await notify(connection, OUTBOX)
            metrics.went_well("relay")
            await self._wait(STANDBY)
        elif rows := await connection.fetch(READ, BATCH):
            await self._send(connection, rows)
        else:
            metrics.went_well("relay")
            await self._wait(POLL)

    async def _take(self, connection: Connection) -> None:
        asked = time.monotonic()
        taken = await connection.fetchval(TAKE, LEASE)
        self._leased = asked if taken else float("-inf")
        metrics.RELAY_LEADS.set(1 if taken else 0)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _send(self, connection: Connection, rows: list[asyncpg.Record]) -> None:
        await reached("R1")
        if self._producer is None:
            producer = self._kafka.producer()
            await kafka.start(producer, self._kafka.bootstrap)
            self._producer = producer
        sent: Acknowledgements = []
        problem: BaseException | None = None
        try:
            async with asyncio.timeout(self._left()):
                await batches.send(self._producer, rows, sent)
        except (KafkaError, TimeoutError) as failed:
            problem = failed
        await reached("R2")
        if waiting := {future for future in sent if future is not None}:
            await asyncio.wait(waiting, timeout=self._left())
        await reached("R3")
        acknowledged = 0
        for future in sent:
            if future is None:
                break
            if not future.done():
                problem = TimeoutError("Kafka did not acknowledge in time")
                break
            if (failed_ := future.exception()) is not None:
                problem = failed_
                break
            acknowledged += 1
        await self._mark(connection, rows[:acknowledged])
        if acknowledged:
            self._remember(sent[acknowledged - 1])
        if problem is not None:
            await self._failed(problem)
        else:
            metrics.went_well("relay")

    def _left(self) -> float:
        return max(0.0, self._leased + SEND_UNTIL - time.monotonic())

    async def _mark(self, connection: Connection, rows: list[asyncpg.Record]) -> None:
        if not rows:
            return
        days = [row["created_at"] for row in rows]
        async with connection.transaction():
            await connection.execute(MARK, [row["id"] for row in rows], min(days), max(days))
            await reached("R4")
        await reached("R5")
        for topic, count in Counter(row["topic"] for row in rows).items():
            metrics.RELAYED.labels(topic).inc(count)

    def _remember(self, acknowledgement: "asyncio.Future[Any] | None") -> None:
        assert acknowledgement is not None
        metadata = acknowledgement.result()
        if metadata.timestamp_type == LOG_APPEND_TIME:
            self.newest_append = (datetime.fromtimestamp(metadata.timestamp / 1000, UTC), time.monotonic())

    async def _failed(self, problem: BaseException) -> None:
        """The rest stays unsent and is sent again. After anything that is not retriable a producer may be dead for
        good.
        """
        metrics.RELAY_FAILURES.labels(type(problem).__name__).inc()
        metrics.failed("relay")
        LOG.warning("the outbox was not sent as a whole", problem=repr(problem))
        if not getattr(problem, "retriable", False):
            await self._renew_producer()
        await self._wait(BACK_OFF)

    async def _renew_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await kafka.abandon(producer)
