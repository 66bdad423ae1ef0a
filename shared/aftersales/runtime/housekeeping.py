"""House-keeping: days of the outbox made ahead and dropped when old, what is old forgotten, and the figures that tables
know.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

import asyncpg
import structlog

from aftersales.runtime import metrics, retention
from aftersales.runtime.postgres import Connection, Pool, is_passing
from aftersales.runtime.unsent import UNSENT

LOG: Final = structlog.get_logger()
AHEAD: Final = 7
FIGURES_EVERY: Final = 5.0
DAYS_EVERY: Final = 3600.0
# Rows of that day lie in the default partition already, or another process has just made it.
TAKEN: Final = (
    asyncpg.CheckViolationError,
    asyncpg.DuplicateTableError,
    asyncpg.UniqueViolationError,
    asyncpg.InvalidObjectDefinitionError,
)
COUNTED: Final = 20_001

FIGURES: Final = f"""
    select ({UNSENT}) as unsent,
           (select extract(epoch from clock_timestamp() - created_at) from outbox
            where sent_at is null order by id limit 1) as age,
           (select count(*) from (select from dead_letter where replayed_at is null limit $1) as d) as dead_letters,
           (select count(*) from parked) as parked,
           (select extract(epoch from app_now() - min(since)) from parked) as parked_age,
           (select sum(n_dead_tup) from pg_stat_user_tables where relname like 'outbox%') as dead_rows,
           (select extract(epoch from clock_timestamp() - min(xact_start)) from pg_stat_activity
            where datname = current_database()) as transaction_age
"""  # noqa: S608 - both are ours


async def keep_house(pool: Pool, leads: Callable[[], bool]) -> None:
    """Ends only by cancellation.

    leads: whether this process has the relay's lease; of several one alone forgets, a chunk at a time, and goes on at
    its next look where there is more.
    """
    next_days = next_forgetting = 0.0
    while True:
        try:
            async with pool.acquire() as connection:
                if next_days <= 0:
                    await keep_days(connection)
                    next_days = DAYS_EVERY
                if next_forgetting <= 0 and leads():
                    behind = await retention.forget(connection)
                    metrics.FORGETTING.set(behind)
                    next_forgetting = 0.0 if behind else DAYS_EVERY
                await show_figures(connection)
                metrics.went_well("housekeeping")
        except Exception as problem:
            if not is_passing(problem):
                raise
            metrics.failed("housekeeping")
            LOG.warning("house-keeping is late", problem=repr(problem))
        next_days -= FIGURES_EVERY
        next_forgetting -= FIGURES_EVERY
        await asyncio.sleep(FIGURES_EVERY)


async def keep_days(connection: Connection, today: date | None = None) -> None:
    """Make the outbox's partitions of the next days; drop those older than 14 days in which nothing is unsent."""
    today = today or datetime.now(UTC).date()
    there = set(await _days(connection))
    for day in (today + timedelta(days=n) for n in range(AHEAD + 1)):
        if day in there:
            continue
        try:
            await connection.execute(
                f"create table if not exists {_name(day)} partition of outbox "
                f"for values from ('{day}T00:00:00Z') to ('{day + timedelta(days=1)}T00:00:00Z') "
                "with (autovacuum_vacuum_scale_factor = 0.01)"
            )
        except TAKEN:
            LOG.warning("a day of the outbox was not made ahead", day=day.isoformat())
    for day in sorted(there):
        if today - day > retention.OUTBOX_KEPT and not await connection.fetchval(
            f"select exists (select from {_name(day)} where sent_at is null)"  # noqa: S608 - a date
        ):
            await connection.execute(f"drop table {_name(day)}")
            LOG.info("a day of the outbox was dropped", day=day.isoformat())
    await connection.execute(
        "delete from outbox_default where sent_at < clock_timestamp() - $1::interval", retention.OUTBOX_KEPT
    )


async def _days(connection: Connection) -> list[date]:
    rows = await connection.fetch(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'outbox'::regclass"
    )
    names = [row["name"].removeprefix("outbox_") for row in rows]
    return [date.fromisoformat(name.replace("_", "-")) for name in names if name != "default"]


def _name(day: date) -> str:
    return f"outbox_{day.isoformat().replace('-', '_')}"


async def show_figures(connection: Connection) -> None:
    row = await connection.fetchrow(FIGURES, COUNTED)
    assert row is not None
    metrics.UNSENT.set(row["unsent"])
    metrics.UNSENT_AGE.set(float(row["age"] or 0))
    metrics.DEAD_LETTERS_WAITING.set(row["dead_letters"])
    metrics.PARKED_NOW.set(row["parked"])
    metrics.PARKED_AGE.set(float(row["parked_age"] or 0))
    metrics.OUTBOX_DEAD_ROWS.set(float(row["dead_rows"] or 0))
    metrics.OLDEST_TRANSACTION.set(float(row["transaction_age"] or 0))
