"""What a long outage of Kafka leaves behind: the relay's poll and a complaint's latency after a drained backlog."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

from aftersales.errors import Failure
from aftersales.runtime import relay, topics
from aftersales_local.bench import broker
from aftersales_local.bench.figures import percentile
from aftersales_local.bench.latency import ready_for, steady_load
from aftersales_local.bench.progress import UNSENT
from aftersales_local.bench.stand import Stand
from aftersales_local.places import TOPICS

# Nobody listens to it: what is measured is the service that said it.
TOPIC: Final = "bench.backlog"
AT_ONCE: Final = 50_000
POLLS: Final = 50
DRAINED_WITHIN: Final = 600.0
LOOK_EVERY: Final = 0.25
# As large as a step of a dispute.
FILL: Final = """
    insert into outbox (event_id, topic, key, type, subject, headers, body)
    select gen_random_uuid(), $2, 'B-' || number, 'bench.filled.v1', 'orders/B-' || number,
        '{"ce_specversion": "1.0", "ce_id": "filled", "ce_source": "bench", "ce_type": "bench.filled.v1"}',
        convert_to(repeat('x', 1000), 'UTF8')
    from generate_series(1, $1::bigint) as number
"""


async def after_a_backlog(stand: Stand, rows: int, rate: float, seconds: Sequence[float]) -> dict[str, list[float]]:
    """The figures of each look: the slowest of the relay's polls, and a complaint's latency, in milliseconds.

    The rows are put into dispute's outbox while its relay runs, and drained by it once; then follow as many looks as
    `seconds` has, each with so many seconds of load.
    """
    await stand.fresh()
    declared = topics.declared(TOPICS)[0]
    await broker.delete_topics(stand.broker.bootstrap, [TOPIC])
    await topics.apply(stand.broker.bootstrap, (topics.Topic(TOPIC, "bench", "any", 12, 1, declared.config),))
    await ready_for(stand, "W", 1)
    found: dict[str, list[float]] = {"poll": [], "drain": [await _drain(stand, rows)], "p50": [], "p99": []}
    for number, each in enumerate(seconds):
        found["poll"].append(await _slowest_poll(stand))
        who = await ready_for(stand, f"B{number}", int(rate * each))
        took = await steady_load(stand, who, rate)
        found["p50"].append(percentile(took, 0.5))
        found["p99"].append(percentile(took, 0.99))
    return found


async def _drain(stand: Stand, rows: int) -> float:
    """Rows a second, from the first one put there to the last one sent."""
    connection: Any = await stand.connect("dispute")
    begun = time.monotonic()
    try:
        for put in range(0, rows, AT_ONCE):
            await connection.execute(FILL, min(AT_ONCE, rows - put), TOPIC)
        while await connection.fetchval(UNSENT):
            if time.monotonic() > begun + DRAINED_WITHIN:
                raise Failure(f"A backlog of {rows:,} rows was not sent within {DRAINED_WITHIN:.0f} s.", 1)
            await asyncio.sleep(LOOK_EVERY)
    finally:
        await connection.close()
    return rows / (time.monotonic() - begun)


async def _slowest_poll(stand: Stand) -> float:
    """Of the relay's own query on an outbox where nothing waits, the first one, which plans it, included."""
    connection: Any = await stand.connect("dispute")
    took = []
    try:
        for _ in range(POLLS):
            begun = time.monotonic()
            await connection.fetch(relay.READ, relay.BATCH)
            took.append(1000 * (time.monotonic() - begun))
    finally:
        await connection.close()
    return max(took)
