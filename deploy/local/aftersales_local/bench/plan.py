"""What the benchmark measures, in its order, and what is asked of it."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from aftersales_local.bench import deciding, disputes, peers, scans
from aftersales_local.bench.figures import Target
from aftersales_local.bench.stand import Stand
from aftersales_local.services import SERVICES

LATENCY: Final = "latency"
BACKLOG: Final = "backlog"
CAPACITY: Final = "notices"
SHARE_OF_CAPACITY: Final = 0.2


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a round; it gives one or several figures. whole, quick: how many scans or lifecycles it takes."""

    name: str
    measure: Callable[[Stand, int], Awaitable[Mapping[str, float]]]
    whole: int
    quick: int


PARTS: Final = (
    Part("decide", deciding.alone, 2_000, 500),
    Part("naive", peers.naive, 750, 250),
    Part("scans", scans.by_one, 100_000, 20_000),
    Part("scans-two", scans.by_two, 100_000, 20_000),
    Part("handwritten", peers.handwritten, 2_000, 500),
    Part("disputes", disputes.alone, 4_000, 1_000),
    Part(CAPACITY, disputes.with_notices, 4_000, 1_000),
)
NAMES: Final = (*(part.name for part in PARTS), LATENCY, BACKLOG)

UNITS: Final[Mapping[str, str]] = {
    "naive": "scans/s",
    "scans": "scans/s",
    "scans-two": "scans/s",
    "decide": "µs",
    "copy": "rows/s",
    "copy-scan": "rows/s",
    "copy-all": "scans/s",
    "produce": "records/s",
    "consume": "records/s",
    "handwritten": "lifecycles/s",
    "disputes": "lifecycles/s",
    "notices": "lifecycles/s",
    "latency-p50": "ms",
    "latency-p99": "ms",
    "backlog-drain": "rows/s",
    "backlog-poll": "ms",
    "backlog-p50": "ms",
    "backlog-p99": "ms",
    **{f"memory-{service}": "MB" for service in SERVICES},
}
TARGETS: Final = (
    Target("decide", "below", 50),
    Target("scans", "at least", 50, "naive"),
    Target("scans", "at least", 0.05, "copy"),
    Target("scans-two", "at least", 0.07, "copy"),
    Target("disputes", "at least", 2.5, "handwritten"),
    Target("notices", "at least", 1.0, "handwritten"),
    Target("latency-p50", "below", 60),
    Target("latency-p99", "below", 250),
    Target("backlog-poll", "below", 20, always=True),
    # "As before": within what two runs of the same thing differ by.
    Target("backlog-p50", "below", 1.5, "latency-p50"),
    Target("backlog-p99", "below", 250),
    *(Target(f"memory-{service}", "below", 150, always=True) for service in SERVICES),
)
# Printed beside the targets; nothing is asked of them.
LIMITS: Final = (
    ("scans", "copy-scan"),
    ("scans", "copy-all"),
    ("scans", "produce"),
    ("scans", "consume"),
    ("scans-two", "scans"),
)


def needed(only: Collection[str]) -> set[str]:
    """The parts asked for, and those whose figures they build on; all of them when none is named."""
    wanted = set(only or NAMES)
    if BACKLOG in wanted:
        wanted.add(LATENCY)
    if LATENCY in wanted:
        wanted.add(CAPACITY)
    return wanted
