"""Carrier scans end to end, for one or two processes of order-tracking."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from aftersales.errors import Failure
from aftersales_local.bench import records
from aftersales_local.bench.broker import publish
from aftersales_local.bench.progress import Progress
from aftersales_local.bench.stand import Stand

SERVICE: Final = "order-tracking"
FACTS: Final = ("marketplace.orders",)
SCANS: Final = ("carrier.scans",)
OUT: Final = "tracking.parcels"
LOADED_WITHIN: Final = 300.0
DONE_WITHIN: Final = 600.0


async def scans_a_second(stand: Stand, processes: int, count: int) -> float:
    """The timed part begins when the processes, which stood still while all scans were put on Kafka, go on, and ends
    when every scan is committed and every event about them is acknowledged by Kafka.

    Placing and shipping the orders before is not timed.
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
    return len(prepared) / (ended - begun)


async def _assert_done(progress: Progress, scans: int, said_before: int) -> None:
    kept = await progress.count("select count(*) from scan")
    said = await progress.count("select count(*) from outbox where topic = 'tracking.parcels'")
    if kept != scans or progress.end(OUT) < said or said <= said_before:
        raise Failure(f"{kept} of {scans} scans were kept and {progress.end(OUT)} of {said} events are on {OUT}.", 1)
