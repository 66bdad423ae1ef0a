"""Reception pauses while the relay is far behind; else an outage of Kafka would fill the disk."""

import time
from typing import Final

from aftersales.runtime.postgres import Pool, is_passing

MOST: Final = 20_000
COUNT_EVERY: Final = 1.0
# The order is that of the index of what is unsent. Without it a table that was analyzed in the midst of a backlog is
# read as a whole instead, long after all of it was sent: half a second every second for 500,000 rows (measured).
UNSENT: Final = "select count(*) from (select from outbox where sent_at is null order by id limit $1) as u"


async def unsent(pool: Pool) -> int:
    """Outbox rows not sent, counted no further than is asked about."""
    return int(await pool.fetchval(UNSENT, MOST + 1))


class Backlog:
    """What waits to be sent, counted once a second; while it cannot be counted the last answer stands."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._counted = float("-inf")
        self._too_long = False

    async def is_too_long(self) -> bool:
        if time.monotonic() - self._counted > COUNT_EVERY:
            self._counted = time.monotonic()
            try:
                self._too_long = await unsent(self._pool) > MOST
            except Exception as problem:
                if not is_passing(problem):
                    raise
        return self._too_long
