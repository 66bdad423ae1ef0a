"""Carrier scans end to end, for one process of order-tracking or two, and the limits for the same rows and records."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from aftersales.errors import Failure
from aftersales_local.bench import limits, records
from aftersales_local.bench.broker import Record, publish
from aftersales_local.bench.progress import Progress
from aftersales_local.bench.stand import Stand

SERVICE: Final = "order-tracking"
FACTS: Final = ("marketplace.orders",)
SCANS: Final = ("carrier.scans",)
OUT: Final = "tracking.parcels"
LOADED_WITHIN: Final = 300.0
DONE_WITHIN: Final = 600.0


async def by_one(stand: Stand, count: int) -> Mapping[str, float]:
    """`scans`, and the limits of the same minute, measured when the service has ended."""
    rate, prepared = await scans_a_second(stand, 1, count)
    await stand.stop_services()
    async with Progress(stand, SERVICE) as progress:
        copied = await limits.copied(progress, count)
    produced, consumed = await limits.produced_and_consumed(stand, prepared)
    return {"scans": rate, **copied, "produce": produced, "consume": consumed}


async def by_two(stand: Stand, count: int) -> Mapping[str, float]:
    rate, _ = await scans_a_second(stand, 2, count)
    return {"scans-two": rate}


async def scans_a_second(stand: Stand, processes: int, count: int) -> tuple[float, list[Record]]:
    """The rate, and the records that carried the scans.

    The timed part begins when the processes, which stood still while all scans were put on Kafka, go on. It ends
    when every scan is committed and every event about them is acknowledged by Kafka. Placing and shipping the orders
    before is not timed.
    """
    await stand.fresh()
    shipped_at = datetime.now(UTC) - timedelta(days=20)
    who = records.everybody("S", count // len(records.COURSE))
    bootstrap = stand.broker.bootstrap
    publish(bootstrap, records.orders(who, shipped_at))
    prepared = list(records.scans(who, shipped_at))
    await stand.start(*[SERVICE] * processes)
    async with Progress(stand, SERVICE) as progress:
        await progress.until_through(FACTS, LOADED_WITHIN)
        said_before = progress.end(OUT)
        with stand.standing_still():
            publish(bootstrap, prepared)
            begun = time.monotonic()
        ended = await progress.until_through(SCANS, DONE_WITHIN, len(prepared))
        await _assert_done(progress, len(prepared), said_before)
    return len(prepared) / (ended - begun), prepared


async def _assert_done(progress: Progress, scans: int, said_before: int) -> None:
    kept = await progress.count("select count(*) from scan")
    said = await progress.count("select count(*) from outbox where topic = 'tracking.parcels'")
    if kept != scans or progress.end(OUT) < said or said <= said_before:
        raise Failure(f"{kept} of {scans} scans were kept and {progress.end(OUT)} of {said} events are on {OUT}.", 1)
