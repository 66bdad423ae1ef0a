"""How far a service is: what it has read, and what it has said that Kafka does not have yet."""

import asyncio
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from aftersales.errors import Failure
from aftersales_local.bench.broker import Ends
from aftersales_local.bench.stand import Stand

LOOK_EVERY: Final = 0.01
READ: Final = "select coalesce(sum(next_offset), 0)::bigint from consumer_fence where topic = any($1)"
UNSENT: Final = "select (select id from outbox where sent_at is null order by id limit 1) is not null"


class Progress:
    """Looks into one service's database on a connection of its own."""

    def __init__(self, stand: Stand, service: str) -> None:
        self._stand = stand
        self._service = service
        self._ends = Ends(stand.broker.bootstrap)

    async def __aenter__(self) -> Self:
        self.connection = await self._stand.connect(self._service)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.connection.close()
        self._ends.close()

    async def until_through(self, topics: Sequence[str], within: float, count: int | None = None) -> float:
        """Wait until all records of the topics are read and all that was said is on Kafka; the monotonic instant.

        count: how many records that are, None for those that are there now. Failure when it takes too long.
        """
        wanted = sum(self._ends.of(topic) for topic in topics) if count is None else count
        give_up = time.monotonic() + within
        while True:
            read = int(await self.connection.fetchval(READ, list(topics)))
            if read >= wanted and not await self.connection.fetchval(UNSENT):
                return time.monotonic()
            if time.monotonic() > give_up:
                raise Failure(f"{self._service} read {read} of {wanted} records in {within:.0f} s. See its log.", 1)
            await asyncio.sleep(LOOK_EVERY)

    async def count(self, query: str) -> int:
        return int(await self.connection.fetchval(query))

    def end(self, topic: str) -> int:
        return self._ends.of(topic)
