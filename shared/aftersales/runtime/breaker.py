"""The clock-jump breaker: a clock that leaps must not execute every open deadline. Once tripped, only a supervisor
releases it.

It trips where the database's clock moved 30 s more than this machine's monotonic one, where it differs by more than 60
s from the instants that Kafka gives to records written just now, and where far more timers are due than ever before.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from aftersales.runtime import metrics
from aftersales.runtime.postgres import Connection

LOG: Final = structlog.get_logger()
CLOCK: Final = "clock:"
LARGEST_JUMP: Final = 30.0
LARGEST_DIFFERENCE: Final = 60.0
TIMES_THE_USUAL: Final = 5
# Below this a crowd is no sign of anything: a campaign's promises end at one and the same hour.
ALWAYS_ALLOWED: Final = 5_000
# An acknowledgement older than this says little about the clocks of now.
FRESH: Final = 300.0
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Reading:
    """now: `app_now()`; monotonic: this machine's, read with it; due: how many timers are; appended: see
    `Relay.newest_append`.
    """

    now: datetime
    monotonic: float
    due: int
    appended: tuple[datetime, float] | None = None


async def tripped(connection: Connection, reading: Reading) -> bool:
    """Look at the clocks; true while timers must not fire."""
    row = await connection.fetchrow("select tripped_at, reason from breaker")
    if row is not None and row["tripped_at"] is not None:
        metrics.BREAKER_TRIPPED.set(1)
        return True
    name = CLOCK + boot_id()
    last = await connection.fetchrow("select at, monotonic, usual from tick where what = $1", name)
    reason = why(
        reading, last["at"] if last else None, last["monotonic"] if last else 0.0, last["usual"] if last else 0
    )
    if reason is not None:
        await trip(connection, reading.now, reason)
        return True
    metrics.BREAKER_TRIPPED.set(0)
    usual = max(reading.due, last["usual"] if last else 0)
    await connection.execute(
        "insert into tick (what, at, monotonic, boot_id, usual) values ($1, $2, $3, $4, $5) "
        "on conflict (what) do update set at = excluded.at, monotonic = excluded.monotonic, usual = excluded.usual",
        *(name, reading.now, reading.monotonic, boot_id(), usual),
    )
    return False


def why(reading: Reading, last_at: datetime | None, last_monotonic: float, usual: int) -> str | None:
    """The reason to trip, or None."""
    if last_at is not None:
        moved = (reading.now - last_at).total_seconds() - (reading.monotonic - last_monotonic)
        if abs(moved) > LARGEST_JUMP:
            return f"The database's clock jumped by {moved:.0f} s."
    if reading.appended is not None and time.monotonic() - reading.appended[1] < FRESH:
        at, received = reading.appended
        kafkas_now = at + timedelta(seconds=time.monotonic() - received)
        difference = (reading.now - kafkas_now).total_seconds()
        if abs(difference) > LARGEST_DIFFERENCE:
            return f"The database's clock differs from Kafka's by {difference:.0f} s."
    if reading.due > max(ALWAYS_ALLOWED, TIMES_THE_USUAL * usual):
        return f"{reading.due} timers are due at once; the most so far were {usual}."
    return None


async def trip(connection: Connection, now: datetime, reason: str) -> None:
    await connection.execute(
        "update breaker set tripped_at = $1, reason = $2, released_by = null where tripped_at is null", *(now, reason)
    )
    metrics.BREAKER_TRIPPED.set(1)
    LOG.error("page: the breaker tripped, no timer fires until a supervisor releases it", reason=reason)


async def release(connection: Connection, by: str) -> bool:
    """Let timers fire again; false where nothing was tripped. The clocks are compared anew from here, and no outage is
    seen.
    """
    async with connection.transaction():
        released = await connection.fetchval(
            "update breaker set tripped_at = null, released_by = $1 where tripped_at is not null returning true", by
        )
        await connection.execute("delete from tick where what not like $1", CLOCK + "%")
        await connection.execute(
            "update tick set at = app_now(), monotonic = $2, usual = greatest(usual, $3) where what like $1",
            *(CLOCK + "%", monotonic(), await due(connection)),
        )
        if released:
            # Of other machines nothing is known; they start anew with their next reading.
            await connection.execute(
                "delete from tick where what like $1 and what <> $2", *(CLOCK + "%", CLOCK + boot_id())
            )
        return bool(released)


async def due(connection: Connection) -> int:
    return int(await connection.fetchval("select count(*) from timers where due <= app_now()"))


def monotonic() -> float:
    """Seconds since boot, suspended time included where the system counts it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def boot_id() -> str:
    """Monotonic clocks of two boots cannot be compared; empty where the system has no such id."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""
