"""The engine of one process: its duties, started and stopped together, within bounds."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import asyncpg
import structlog

from aftersales.policy.book import PolicyBook
from aftersales.runtime import clock, housekeeping, policy_versions, watchdog
from aftersales.runtime.kafka import Kafka
from aftersales.runtime.listen import CLOCK, OUTBOX, listen
from aftersales.runtime.postgres import Pool, open_pool
from aftersales.runtime.receive import DRAIN_WITHIN, Receive
from aftersales.runtime.relay import Relay
from aftersales.runtime.unit import Unit
from aftersales.runtime.wake import Wake
from aftersales.service import Service

LOG: Final = structlog.get_logger()
STOP_WITHIN: Final = 5.0
POOL_SIZE: Final = 12


class Engine:
    """Receives, wakes and relays for one service; `unit` is there after `start`, for the HTTP door.

    group: the consumer group, the service's name with hyphens where None is given.
    """

    def __init__(
        self,
        service: Service,
        *,
        database_url: str,
        kafka: Kafka,
        policies: PolicyBook,
        group: str | None = None,
        production: bool = False,
        serves_http: bool = False,
    ) -> None:
        self.service = service
        self._database_url = database_url
        self._kafka = kafka
        self._policies = policies
        self._group = group or service.name.replace("_", "-")
        self._production = production
        self._serves_http = serves_http
        self._duties: dict[str, asyncio.Task[Any]] = {}

    async def start(self) -> None:
        """Open the pool and start the duties; Failure when Postgres does not answer, or clock or a policy is wrong."""
        self.pool: Pool = await open_pool(self._database_url, size=POOL_SIZE, name=self.service.name)
        try:
            async with self.pool.acquire() as connection:
                if self._production:
                    await clock.refuse_simulated(connection)
                await policy_versions.remember(connection, self._policies)
                with suppress(
                    asyncpg.PostgresError
                ):  # the duty tries again; until then rows go to the default partition
                    await housekeeping.keep_days(connection)
        except BaseException:
            self.pool.terminate()
            raise
        self.relay = Relay(self.pool, self._kafka)
        self.unit = Unit(self.service, self.pool, self._policies, wake=self.relay.wake, armed=self._armed)
        self.receive = Receive(self.unit, self._kafka, group=self._group, moved=self._moved)
        self.wake = Wake(
            self.unit, ask=self.receive.look, appended=lambda: self.relay.newest_append, serves_http=self._serves_http
        )
        self._start("receive", self.receive.run())
        self._start("wake", self.wake.run())
        self._start("relay", self.relay.run())
        self._start("listen", listen(self._database_url, {CLOCK: self._clock_stepped, OUTBOX: self.relay.wake}))
        self._start("housekeeping", housekeeping.keep_house(self.pool, lambda: self.relay.leads))
        self._start("watchdog", watchdog.watch(self.receive))

    def _start(self, name: str, duty: Any) -> None:
        self._duties[name] = asyncio.create_task(duty, name=name)

    def _moved(self) -> None:
        self.wake.look()

    def _armed(self, due: datetime) -> None:
        self.wake.armed(due)

    def _clock_stepped(self) -> None:
        self.receive.look()
        self.wake.look()

    async def until_failed(self) -> None:
        """Return when the engine was stopped; raise what the first failing duty raised."""
        done, _ = await asyncio.wait(self._duties.values(), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if not task.cancelled():
                task.result()

    @property
    def failed(self) -> bool:
        """Whether a duty has ended with an error; the process should end too."""
        return any(task.done() and not task.cancelled() and task.exception() for task in self._duties.values())

    async def stop(self) -> None:
        """Take nothing new, finish the batch in flight (ten seconds at most), let go of everything."""
        for name in ("watchdog", "housekeeping", "listen"):
            self._duties[name].cancel()
        self.receive.stop()
        self.wake.stop()
        await asyncio.wait([self._duties["receive"], self._duties["wake"]], timeout=DRAIN_WITHIN + STOP_WITHIN)
        self.relay.stop()
        await asyncio.wait([self._duties["relay"]], timeout=STOP_WITHIN)
        for name, task in self._duties.items():
            if not task.done():
                LOG.warning("a duty did not end in time", duty=name)
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._duties.values(), return_exceptions=True)
        try:
            await asyncio.wait_for(self.pool.close(), STOP_WITHIN)
        except TimeoutError:
            self.pool.terminate()
