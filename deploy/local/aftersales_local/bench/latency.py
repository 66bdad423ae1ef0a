"""How long a complaint takes to become both parties' notices, at a steady load of whole dispute lifecycles."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from confluent_kafka import Producer

from aftersales.errors import Failure
from aftersales_local.bench import records
from aftersales_local.bench.broker import Record, producer, publish
from aftersales_local.bench.disputes import Payer
from aftersales_local.bench.figures import percentile
from aftersales_local.bench.progress import Progress
from aftersales_local.bench.records import Names
from aftersales_local.bench.stand import Stand
from aftersales_local.services import SERVICES

# Between the steps of one dispute; long against the time a step takes.
BETWEEN_STEPS: Final = 1.0
# The first of them meet cold caches and connections; they are part of the load, not of the figure.
WARM: Final = 3.0
LOOK_EVERY: Final = 0.01
LOADED_WITHIN: Final = 300.0
ANSWERED_WITHIN: Final = 30.0
# What `GET /inbox` reads, under the names it reads it by.
READABLE: Final = """
    select order_id from notice where order_id = any($1::text[]) and type = 'dispute.opened' and channel = 'inbox'
    group by order_id having count(distinct party) = 2
"""


async def ready_for(stand: Stand, run: str, count: int) -> list[Names]:
    """All four services run and know so many delivered orders."""
    shipped_at = datetime.now(UTC) - timedelta(days=20)
    who = records.everybody(run, count)
    bootstrap = stand.broker.bootstrap
    publish(bootstrap, [*records.orders(who, shipped_at), *records.delivery_scans(who, shipped_at)])
    if not stand.processes():
        await stand.start(*SERVICES)
    for service, topics in (
        ("order-tracking", ("marketplace.orders", "carrier.scans")),
        ("dispute", ("marketplace.orders", "tracking.parcels")),
        ("notification", ("tracking.parcels",)),
    ):
        async with Progress(stand, service) as progress:
            await progress.until_through(topics, LOADED_WITHIN)
    return who


async def complaint_to_notices(stand: Stand, rate: float, seconds: float) -> Mapping[str, float]:
    """Milliseconds, half of all complaints (`latency-p50`) and 99 of 100 (`latency-p99`); fresh databases."""
    await stand.fresh()
    who = await ready_for(stand, "L", int(rate * (WARM + seconds)))
    took = await steady_load(stand, who, rate)
    return {"latency-p50": percentile(took, 0.5), "latency-p99": percentile(took, 0.99)}


async def steady_load(stand: Stand, who: Sequence[Names], rate: float) -> list[float]:
    """Milliseconds for each complaint after the warm ones: from handing it to the Kafka client until a query sees the
    notices of both parties in the inbox's table.

    So many lifecycles begin a second, evenly, whether or not the earlier ones have got on; each has all its steps.
    """
    plan = timetable(who, rate)
    said_at: dict[str, float] = {}
    seen_at: dict[str, float] = {}
    with Payer(stand.broker.bootstrap):
        speaking = asyncio.create_task(_speak(producer(stand.broker.bootstrap, linger_ms=0), plan, said_at))
        try:
            await _watch(stand, speaking, said_at, seen_at, len(who))
        finally:
            speaking.cancel()
    counted = [one.order for one in who[int(WARM * rate) :]]
    return [1000 * (seen_at[order] - said_at[order]) for order in counted]


def timetable(who: Sequence[Names], rate: float) -> list[tuple[float, str | None, Record]]:
    """(seconds after the beginning, the order when it is its complaint, the record), in order."""
    planned: list[tuple[float, str | None, Record]] = []
    for number, one in enumerate(who):
        at = number / rate
        planned.append((at, one.order, records.complaint(one)))
        planned.append((at + BETWEEN_STEPS, None, records.counter(one)))
        planned.append((at + 2 * BETWEEN_STEPS, None, records.acceptance(one)))
    return sorted(planned, key=lambda each: each[0])


async def _speak(
    speaking: Producer, plan: Sequence[tuple[float, str | None, Record]], said_at: dict[str, float]
) -> None:
    begun = time.monotonic()
    for at, order, said in plan:
        wait = begun + at - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        if order is not None:
            said_at[order] = time.monotonic()
        speaking.produce(said.topic, said.value, said.key, headers=said.headers)
        speaking.poll(0)
    await asyncio.to_thread(speaking.flush, ANSWERED_WITHIN)


async def _watch(
    stand: Stand, speaking: "asyncio.Task[None]", said_at: dict[str, float], seen_at: dict[str, float], count: int
) -> None:
    connection: Any = await stand.connect("notification")
    give_up = float("inf")
    try:
        while len(seen_at) < count or not speaking.done():
            waiting = [order for order in said_at if order not in seen_at]
            rows = await connection.fetch(READABLE, waiting) if waiting else ()
            now = time.monotonic()
            seen_at.update({row["order_id"]: now for row in rows})
            if speaking.done():
                speaking.result()
                give_up = min(give_up, now + ANSWERED_WITHIN)
            if now > give_up:
                raise Failure(f"{count - len(seen_at)} of {count} complaints never became notices.", 1)
            await asyncio.sleep(LOOK_EVERY)
    finally:
        await connection.close()
