"""The peers in `bench/peers`, run as programs of their own on the benchmark's servers."""

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from aftersales.errors import Failure
from aftersales.runtime import topics
from aftersales.runtime.topics import Topic
from aftersales_local.bench import broker, records
from aftersales_local.bench.stand import Stand
from aftersales_local.places import ROOT

PEERS: Final = ROOT / "bench" / "peers"
IN: Final = "bench.scans"
OUT: Final = "bench.parcels"
ENDS_WITHIN: Final = 300.0


async def naive(stand: Stand, count: int) -> Mapping[str, float]:
    """From the first scan's arrival in the subscriber to the last one's answer; all were on Kafka before."""
    dsn = await stand.fresh_for_a_peer()
    bootstrap = stand.broker.bootstrap
    await broker.delete_topics(bootstrap, (IN, OUT))
    await topics.apply(bootstrap, tuple(Topic(name, "bench", "the number", 12, 1, {}) for name in (IN, OUT)))
    who = records.everybody("N", count // len(records.COURSE))
    shipped_at = datetime.now(UTC) - timedelta(days=20)
    broker.publish(bootstrap, (each._replace(topic=IN) for each in records.scans(who, shipped_at)))
    address = urlsplit(dsn)._replace(scheme="postgresql+asyncpg").geturl()
    said = await _run("naive.py", address, bootstrap, IN, OUT, count)
    return {"naive": count / said["seconds"]}


async def handwritten(stand: Stand, count: int) -> Mapping[str, float]:
    said = await _run("handwritten.py", await stand.fresh_for_a_peer(), count)
    return {"handwritten": count / said["seconds"]}


async def _run(program: str, *arguments: object) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(PEERS / program), *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, complained = await asyncio.wait_for(process.communicate(), ENDS_WITHIN)
    except TimeoutError as problem:
        raise Failure(f"The peer {program} did not end within {ENDS_WITHIN:.0f} s.", 1) from problem
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = complained.decode().strip().splitlines()[-1:] or ["it said nothing"]
        raise Failure(f"The peer {program} failed: {last[0]}", 1)
    found: dict[str, Any] = json.loads(said)
    return found
