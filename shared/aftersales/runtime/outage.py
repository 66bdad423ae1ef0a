"""Outages: when our doors were shut, what fell due inside moves by that length (rulebook 8.19).

A door is known to be open as of its tick: the HTTP door while this process serves, the Kafka door while what it brings
is read within a minute. A tick that comes more than a minute after the one before it makes an outage of the time
between. While the Kafka door is shut no deadline of a party fires: its outage is not known yet.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from aftersales.runtime import metrics
from aftersales.runtime.postgres import Connection

LOG: Final = structlog.get_logger()
KAFKA: Final = "kafka"
HTTP: Final = "http"
LONGEST_GAP: Final = timedelta(seconds=60)
PAGE_AFTER: Final = timedelta(minutes=15)
# A partition that was claimed and not read yet has been read until the epoch.
NEVER: Final = 1970


async def is_open(connection: Connection, now: datetime, read_until: datetime | None) -> bool:
    """Whether what parties send over Kafka is read in time; notes the outage where it is so again."""
    behind = now - read_until if read_until is not None else PAGE_AFTER
    metrics.READ_UNTIL_AGE.set(behind.total_seconds())
    if behind > LONGEST_GAP:
        # Asked once a second; said once a minute, and not before anything was ever read.
        if behind > PAGE_AFTER and read_until and read_until.year > NEVER and int(behind.total_seconds()) % 60 == 0:
            LOG.error("page: parties' deadlines have waited for unread commands", since=read_until.isoformat())
        return False
    await beat(connection, KAFKA, now)
    return True


async def beat(connection: Connection, what: str, now: datetime) -> None:
    """The door is open at `now`."""
    metrics.went_well("outages")
    before = await connection.fetchval(
        "with before as (select at from tick where what = $1) "
        "insert into tick as t (what, at) values ($1, $2) "
        "on conflict (what) do update set at = greatest(t.at, excluded.at) returning (select at from before)",
        *(what, now),
    )
    if before is not None and now - before > LONGEST_GAP:
        await record(connection, before, now, what)


async def record(connection: Connection, since: datetime, until: datetime, what: str) -> None:
    """Rules are handed it from now on."""
    made = await connection.fetchval(
        "insert into outage (since, until, what) values ($1, $2, $3) "
        "on conflict (what, since) do nothing returning true",
        *(since, until, what),
    )
    if made:
        metrics.OUTAGES.labels(what).inc()
        LOG.warning("there was an outage", since=since.isoformat(), until=until.isoformat(), what=what)
