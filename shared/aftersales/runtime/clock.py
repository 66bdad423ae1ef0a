"""The clock of a database: real, or simulated where a row says so.

Every instant that decides anything is `app_now()`, read under the lock; Python's clock decides nothing. A simulated
clock lives in the databases, so that all services agree, and is stepped, never sped up.
"""

from datetime import datetime

from aftersales.errors import Failure
from aftersales.runtime.listen import CLOCK, notify
from aftersales.runtime.postgres import Connection


async def app_now(connection: Connection) -> datetime:
    now: datetime = await connection.fetchval("select app_now()")
    return now


async def is_simulated(connection: Connection) -> bool:
    return bool(await connection.fetchval("select exists (select from simulated_clock)"))


async def step(connection: Connection, instant: datetime) -> None:
    """Set the simulated clock; from the first step on it is one. Timer loops are told at once."""
    await connection.execute(
        "insert into simulated_clock (instant) values ($1) on conflict (one) do update set instant = excluded.instant",
        instant,
    )
    await notify(connection, CLOCK)


async def refuse_simulated(connection: Connection) -> None:
    """Failure where the database has a simulated clock: in production deadlines follow real time."""
    if await is_simulated(connection):
        raise Failure("This database has a simulated clock, which production refuses. Empty the table simulated_clock.")
