"""Wake: due timers become causes. Looked for without locks; whoever deletes the row, under the subject's lock, fires
it.

A party's timer waits until every command that arrived before it has been read (`read_until`), over all partitions of
the topics that carry commands. A service without such topics waits for all topics it hears: a fact that would have
ended its wait may lie there.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import orjson
import structlog

from aftersales.decision import TimerFired
from aftersales.runtime import breaker, fence, metrics, outage
from aftersales.runtime.causes import TIMER_TYPE, Cause, TimerRow, read_subject
from aftersales.runtime.failpoints import reached
from aftersales.runtime.postgres import Connection, is_passing
from aftersales.runtime.unit import Unit
from aftersales.service import OnTimer

LOG: Final = structlog.get_logger()
LOOK_EVERY: Final = 1.0
SOONEST: Final = 0.005
BATCH: Final = 500
BACK_OFF: Final = 1.0

DUE: Final = """
    select id, kind, subject, due, rank, party, data, armed_by from timers t
    where due <= $1 and (not party or due <= $2) and kind = any($3::text[])
      and not exists (select from parked p where p.subject = t.subject)
    order by due, rank, id limit $4
"""
WAITING: Final = """
    select count(*) filter (where due <= $1) as due, min(due) filter (where due > $1) as next, min(due) as first
    from (select due from timers where due <= $1::timestamptz + interval '1 minute' and kind = any($2::text[])
          limit 100000) as t
"""
# Nothing that is due may fire: so what of it is not parked waits for commands that are not read.
BLOCKED: Final = """
    select exists (
        select from timers t where due <= $1 and kind = any($2::text[])
        and not exists (select from parked p where p.subject = t.subject)
    )
"""


class Wake:
    """The timers of one service.

    ask: called when timers wait for `read_until` to move. appended: the last instant that Kafka gave a record, for the
    breaker. serves_http: whether this process is the HTTP door too.
    """

    def __init__(
        self,
        unit: Unit,
        *,
        ask: Callable[[], None] = lambda: None,
        appended: Callable[[], tuple[datetime, float] | None] = lambda: None,
        serves_http: bool = False,
    ) -> None:
        self._unit = unit
        self._ask = ask
        self._appended = appended
        self._serves_http = serves_http
        self._topics = unit.service.commands or unit.service.topics
        self._kinds = [on.kind for on in unit.service.rules if isinstance(on, OnTimer)]
        self._event = asyncio.Event()
        self._stopping = False
        self._horizon: datetime | None = None
        self._asked: tuple[datetime | None] | None = None

    def look(self) -> None:
        """Something may be due now."""
        self._event.set()

    def armed(self, due: datetime) -> None:
        """A timer was armed; look earlier than planned where it is due before that."""
        if self._horizon is None or due <= self._horizon:
            self._event.set()

    def stop(self) -> None:
        self._stopping = True
        self._event.set()

    async def run(self) -> None:
        while not self._stopping:
            self._event.clear()
            try:
                wait = await self.round()
                metrics.went_well("timers")
            except Exception as problem:
                if not is_passing(problem):
                    raise
                metrics.failed("timers")
                LOG.warning("timers are not looked at for now", problem=repr(problem))
                wait = BACK_OFF
            if wait > 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._event.wait(), wait)

    async def round(self) -> float:
        """Fire what may fire; gives the seconds to wait before the next round, 0 where something fired."""
        async with self._unit.pool.acquire() as connection:
            now, simulated = await _now(connection)
            read = until = await fence.read_until(connection, self._topics) if self._topics else now
            waiting = await connection.fetchrow(WAITING, now, self._kinds)
            assert waiting is not None
            metrics.TIMERS_DUE.set(waiting["due"])
            metrics.TIMERS_AGE.set((now - waiting["first"]).total_seconds() if waiting["due"] else 0)
            if not simulated:
                reading = breaker.Reading(now, breaker.monotonic(), waiting["due"], self._appended())
                if await breaker.tripped(connection, reading):
                    return LOOK_EVERY
                if self._serves_http:
                    await outage.beat(connection, outage.HTTP, now)
                if self._topics and not await outage.is_open(connection, now, until):
                    until = None
            causes = await self._due(connection, now, until) if waiting["due"] else []
            blocked = waiting["due"] and not causes and await connection.fetchval(BLOCKED, now, self._kinds)
        if causes:
            await reached("T1")
            await self._unit.run(causes)
            for cause in causes:
                assert cause.timer is not None
                metrics.TIMERS_FIRED.labels(cause.timer.kind).inc()
                metrics.TIMER_LATENESS.observe(max(0.0, (now - cause.timer.due).total_seconds()))
            return 0.0
        # Once for each instant: the wish stays until it is met; where that moved nothing, asking again would only spin.
        if blocked and self._asked != (read,):
            self._asked = (read,)
            self._ask()
        wait = LOOK_EVERY
        if waiting["next"] is not None and not simulated:
            wait = min(wait, max(SOONEST, (waiting["next"] - now).total_seconds()))
        self._horizon = now + timedelta(seconds=wait)
        return wait

    async def _due(self, connection: Connection, now: datetime, until: datetime | None) -> list[Cause]:
        """The first due timer of each subject: what it arms may be due before the subject's second."""
        rows = await connection.fetch(DUE, now, until, self._kinds, BATCH)
        first: dict[str, Cause] = {}
        for row in rows:
            if row["subject"] not in first:
                first[row["subject"]] = _cause(TimerRow(**{**row, "data": orjson.loads(row["data"])}))
        return list(first.values())


async def _now(connection: Connection) -> tuple[datetime, bool]:
    row = await connection.fetchrow("select app_now() as now, exists (select from simulated_clock) as simulated")
    assert row is not None
    return row["now"], row["simulated"]


def _cause(timer: TimerRow) -> Cause:
    subject = read_subject(timer.subject)
    return Cause(
        id=timer.id,
        subject=subject,
        event=TimerFired(timer.kind, timer.due, subject, timer.data),
        type=TIMER_TYPE + timer.kind,
        source="timer",
        name=timer.kind,
        hash=sha256(timer.id.bytes).digest(),
        timer=timer,
    )
