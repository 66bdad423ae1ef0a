"""Every Kafka client is built here: aiokafka's own defaults lose and repeat records (dangers A1)."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError

from aftersales.errors import Failure
from aftersales.runtime.kafka_security import Security

START_WITHIN: Final = 30.0
STOP_WITHIN: Final = 5.0
# The fetcher holds this much per broker, read ahead: some four full batches of ordinary records.
FETCH_BYTES: Final = 2 * 1024 * 1024
# Above `max.message.bytes` of the topics (256 KiB): a record that does not fit is skipped in silence (dangers A11). No
# more, so that what is read ahead is of several partitions and no lane waits for its own.
PARTITION_BYTES: Final = 384 * 1024


@dataclass(frozen=True, slots=True)
class Kafka:
    """How to reach Kafka, and what differs between brokers and sites.

    name: shown to the broker's operators. idempotent: false only for brokers that lack it.
    isolation: `read_committed` where the marketplace publishes in transactions.
    """

    bootstrap: str
    name: str
    idempotent: bool = True
    isolation: str = "read_uncommitted"
    session_timeout_ms: int = 30_000
    fetch_max_wait_ms: int = 500
    security: Security = field(default_factory=Security)

    def consumer(self, group: str) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            client_id=self.name,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level=self.isolation,
            # Range gives one order's partitions of all topics to one process; the default scatters them.
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=self.session_timeout_ms,
            heartbeat_interval_ms=self.session_timeout_ms // 4,
            max_poll_interval_ms=300_000,
            fetch_max_wait_ms=self.fetch_max_wait_ms,
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_BYTES,
            metadata_max_age_ms=60_000,
            **self.security.options(),
        )

    def looker(self, isolation: str = "read_uncommitted") -> AIOKafkaConsumer:
        """Asks for the ends of partitions, as they are or as far as no transaction is open; reads nothing."""
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            client_id=f"{self.name}-ends",
            enable_auto_commit=False,
            isolation_level=isolation,
            **self.security.options(),
        )

    def producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            client_id=self.name,
            acks="all",
            enable_idempotence=self.idempotent,
            # A batch is awaited as a whole, so waiting for company would only add to every batch.
            linger_ms=0,
            # The small broker tells the end of a partition from the first record of its last batch: one record a batch.
            max_batch_size=256 * 1024 if self.idempotent else 1,
            max_request_size=1024 * 1024,
            request_timeout_ms=10_000,
            metadata_max_age_ms=60_000,
            **self.security.options(),
        )

    async def cluster_id(self) -> str:
        """Which cluster this is; empty where the broker does not say. KafkaError when nothing answers."""
        client = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, client_id=self.name, **self.security.options())
        try:
            await client.start()
            return str((await client.describe_cluster()).get("cluster_id") or "")
        finally:
            await client.close()


async def start(client: Any, bootstrap: str) -> None:
    """Start a client within bounds; Failure with one sentence when nothing answers."""
    try:
        await asyncio.wait_for(client.start(), START_WITHIN)
    except (KafkaError, OSError, TimeoutError) as problem:
        await stop(client)
        raise Failure(
            f"KAFKA_BOOTSTRAP_SERVERS names {bootstrap}, where no Kafka answers ({type(problem).__name__}). "
            "Start a broker there or run `aftersales up`."
        ) from problem


async def stop(client: Any) -> bool:
    """Stop a client; false when it did not end in time and was abandoned (an idempotent producer may hang, dangers
    A14).
    """
    try:
        await asyncio.wait_for(client.stop(), STOP_WITHIN)
    except (KafkaError, OSError, TimeoutError):
        return False
    return True


async def abandon(producer: AIOKafkaProducer) -> None:
    """End a producer now, whatever it still holds: what is not acknowledged is unsent in the outbox and will be sent
    again.

    An idempotent producer never gives a batch up, so its own `stop` waits as long as the broker is away (dangers A14).
    """
    if not await stop(producer):
        for part in (producer._sender, producer.client):  # noqa: SLF001 - there is no public way to end it
            with suppress(Exception):
                await asyncio.wait_for(part.close(), STOP_WITHIN)
