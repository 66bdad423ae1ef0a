"""What one process reads of Kafka, without the rest of the engine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aftersales.runtime.kafka import Kafka
from aftersales.runtime.partitions import Partitions
from aftersales.runtime.postgres import Pool


@asynccontextmanager
async def reading(
    pool: Pool, kafka: str, facts: str, commands: str, isolation: str = "read_uncommitted"
) -> AsyncIterator[Partitions]:
    """Claimed, and stopped at the end."""

    async def settled() -> None: ...

    partitions = Partitions(Kafka(kafka, "test", isolation=isolation), commands, frozenset({commands}), settled)
    await partitions.start([commands, facts])
    try:
        await claimed(partitions, pool)
        yield partitions
    finally:
        await partitions.stop()


async def claimed(partitions: Partitions, pool: Pool) -> None:
    while not partitions.held:
        await asyncio.wait_for(partitions.changed.wait(), 30)
        partitions.changed.clear()
        await partitions.take(pool)
