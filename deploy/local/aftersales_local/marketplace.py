"""The simulated marketplace: publishes on the marketplace's and the carriers' topics, and its payment provider pays.

`python -m aftersales_local.marketplace` is the payment provider of a stack that people use; the demo and the stories
have the marketplace in their own process.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from aftersales.contracts.dispute import RefundOrdered
from aftersales.contracts.envelope import Event
from aftersales.contracts.words import VOCABULARY
from aftersales.errors import Failure
from aftersales.runtime import kafka
from aftersales.runtime.kafka import Kafka
from aftersales_local.partitions import all_partitions
from aftersales_local.payments import PaymentProvider

SOURCE: Final = "marketplace"
SETTLEMENTS: Final = "dispute.settlements"
HEARD: Final = (SETTLEMENTS, "dispute.disputes")
POLL_MS: Final = 500
Hear = Callable[[Event, str], None]


class Marketplace:
    """Speaks and listens over Kafka.

    now: dates what is published. provider: None where payments are made by hand, as they are for orders in `by_hand`.
    listeners: told of every event of disputes and settlements, with the id of its cause. payments: told of every answer
    of the provider, with its id and source. from_the_beginning: hear what was said before too; answers are the same
    under the same ids, so that none counts twice.
    """

    def __init__(
        self,
        access: Kafka,
        now: Callable[[], datetime],
        provider: PaymentProvider | None = None,
        *,
        from_the_beginning: bool = False,
    ) -> None:
        self.published: dict[str, int] = {}
        self.by_hand: set[str] = set()
        self.listeners: list[Hear] = []
        self.payments: list[Callable[[str, str, Event], None]] = []
        self._access = access
        self._now = now
        self._provider = provider
        self._from_the_beginning = from_the_beginning
        self._producer: AIOKafkaProducer = None
        self._consumer: AIOKafkaConsumer = None
        self._listening: asyncio.Task[None] | None = None
        self._taken: dict[str, dict[int, int]] = {}
        self._sending: set[asyncio.Future[Any]] = set()

    async def __aenter__(self) -> Self:
        self._producer = self._access.producer()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._access.bootstrap,
            client_id="marketplace",
            enable_auto_commit=False,
            fetch_max_wait_ms=self._access.fetch_max_wait_ms,
        )
        await kafka.start(self._producer, self._access.bootstrap)
        try:
            await kafka.start(self._consumer, self._access.bootstrap)
            await self._assign()
        except BaseException:
            await self._close()
            raise
        self._listening = asyncio.create_task(self._listen(), name="marketplace")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        await self._close()

    async def _close(self) -> None:
        await kafka.stop(self._consumer)
        await kafka.abandon(self._producer)

    # -- speaking ------------------------------------------------------------------------------------------------------

    async def publish(self, events: Iterable[tuple[Event, str, str]]) -> None:
        """Publish (event, source, id) in order and wait until Kafka has them."""
        sent = [await self._send(event, source, name) for event, source, name in events]
        await asyncio.gather(*sent)

    async def _send(self, event: Event, source: str, name: str) -> asyncio.Future[Any]:
        headers = {
            "ce_id": name,
            "ce_source": source,
            "ce_type": event.TYPE,
            "ce_specversion": "1.0",
            "ce_subject": event.key,
            "ce_time": self._now().isoformat(),
            "content-type": "application/json",
        }
        future: asyncio.Future[Any] = await self._producer.send(
            event.TOPIC,
            value=event.model_dump_json().encode(),
            key=event.key.encode(),
            headers=[(header, value.encode()) for header, value in headers.items()],
        )
        self.published[event.TOPIC] = self.published.get(event.TOPIC, 0) + 1
        return future

    # -- listening -----------------------------------------------------------------------------------------------------

    async def _assign(self) -> None:
        partitions = [each for each in await all_partitions(self._access.bootstrap) if each.topic in HEARD]
        self._consumer.assign(partitions)
        asked = self._consumer.beginning_offsets if self._from_the_beginning else self._consumer.end_offsets
        for partition, offset in (await asked(partitions)).items():
            self._consumer.seek(partition, offset)
            self._taken.setdefault(partition.topic, {})[partition.partition] = offset

    async def _listen(self) -> None:
        while True:
            found = await self._consumer.getmany(timeout_ms=POLL_MS)
            for partition, records in found.items():
                for record in records:
                    await self._take(record)
                    self._taken[partition.topic][partition.partition] = record.offset + 1

    async def _take(self, record: Any) -> None:
        headers = {name: value.decode() for name, value in record.headers}
        kind = VOCABULARY.get(headers.get("ce_type", ""))
        if kind is None:
            return
        event = kind.model_validate_json(record.value)
        for hear in self.listeners:
            hear(event, headers.get("ce_causationid", ""))
        if isinstance(event, RefundOrdered) and self._provider is not None and event.order not in self.by_hand:
            name, answer = self._provider.answer(event)
            source = event.marketplace or SOURCE
            await self.publish([(answer, source, name)])
            for told in self.payments:
                told(name, source, answer)

    def done(self) -> int:
        """How many records were taken in and published; for the conductor."""
        taken = sum(offset for partitions in self._taken.values() for offset in partitions.values())
        return taken + sum(self.published.values())

    def waiting(self, ends: Mapping[str, int]) -> int:
        """How many records lie unread; a failure of the listener comes out here."""
        if self._listening is not None and self._listening.done():
            self._listening.result()
        taken = {topic: sum(partitions.values()) for topic, partitions in self._taken.items()}
        return sum(max(0, ends.get(topic, 0) - taken.get(topic, 0)) for topic in HEARD)


def real_now() -> datetime:
    return datetime.now(UTC)


async def pay(bootstrap: str, *, idempotent: bool) -> None:
    """Be the payment provider until told to stop."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    access = Kafka(bootstrap, "marketplace", idempotent=idempotent)
    async with Marketplace(access, real_now, provider=PaymentProvider(), from_the_beginning=True):
        print("The simulated marketplace pays what is ordered.", flush=True)
        await stopping.wait()


def main() -> int:
    bootstrap = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if not bootstrap:
        print("KAFKA_BOOTSTRAP_SERVERS is missing. Set it to the brokers of the marketplace.", file=sys.stderr)
        return 2
    try:
        asyncio.run(pay(bootstrap, idempotent=os.environ.get("AFTERSALES_KAFKA_IDEMPOTENT", "true") == "true"))
    except Failure as problem:
        print(problem.sentence, file=sys.stderr)
        return problem.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
