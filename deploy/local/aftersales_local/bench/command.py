"""`aftersales bench`: the engine beside its peers and its limits, in one run."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from aftersales_local.bench.disputes import lifecycles_a_second
from aftersales_local.bench.figures import Spread, Target, judge
from aftersales_local.bench.peers import handwritten_lifecycles_a_second, naive_scans_a_second
from aftersales_local.bench.scans import scans_a_second
from aftersales_local.bench.stand import Stand
from aftersales_local.places import HOME, ROOT

REPORT: Final = ROOT / "build" / "bench.json"
BENCH_HOME: Final = HOME / "bench"


@dataclass(frozen=True)
class Measured:
    """whole, quick: how many scans or lifecycles a run takes."""

    name: str
    unit: str
    measure: Callable[[Stand, int], Awaitable[float]]
    whole: int
    quick: int


FIGURES: Final = (
    Measured("naive", "scans/s", naive_scans_a_second, 750, 250),
    Measured("scans", "scans/s", lambda stand, count: scans_a_second(stand, 1, count), 100_000, 20_000),
    Measured("scans-two", "scans/s", lambda stand, count: scans_a_second(stand, 2, count), 100_000, 20_000),
    Measured("handwritten", "lifecycles/s", handwritten_lifecycles_a_second, 2_000, 500),
    Measured("disputes", "lifecycles/s", partial(lifecycles_a_second, notices=False), 4_000, 1_000),
    Measured("notices", "lifecycles/s", partial(lifecycles_a_second, notices=True), 4_000, 1_000),
)
TARGETS: Final = (
    Target("scans", "at least", 50, "naive"),
    Target("disputes", "at least", 2.5, "handwritten"),
    Target("notices", "at least", 1.0, "handwritten"),
)
MISSED: Final = 1


def bench(
    only: Annotated[list[str] | None, typer.Option(help="One figure, or several; all when left out.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 3,
    quick: Annotated[bool, typer.Option("--quick", help="Small runs, once: for tuning, not for judging.")] = False,
    report: Annotated[Path, typer.Option(help="Where the figures go.")] = REPORT,
    home: Annotated[Path, typer.Option("--home", help="The folder of the benchmark's servers.")] = BENCH_HOME,
) -> int:
    """Measure the engine beside its peers, on Postgres and Kafka of its own."""
    console = Console(highlight=False)
    wanted = [each for each in FIGURES if only is None or each.name in only]
    found = asyncio.run(measure(console, home, wanted, 1 if quick else rounds, quick=quick))
    missed = False
    for target in TARGETS:
        verdict = judge(target, found)
        if verdict.measured is not None:
            missed = missed or verdict.kept is False
            console.print(f"{target.sentence}: {verdict.measured.median:.2f} {'kept' if verdict.kept else 'missed'}")
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps({name: spread.values for name, spread in found.items()}, indent=2) + "\n")
    return MISSED if missed else 0


async def measure(
    console: Console, home: Path, wanted: list[Measured], rounds: int, *, quick: bool
) -> dict[str, Spread]:
    values: dict[str, list[float]] = {each.name: [] for each in wanted}
    async with Stand(home, say=partial(console.print, soft_wrap=True)) as stand:
        for number in range(rounds):
            for each in wanted:
                begun = time.monotonic()
                value = await each.measure(stand, each.quick if quick else each.whole)
                values[each.name].append(value)
                took = time.monotonic() - begun
                console.print(f"round {number + 1}: {each.name} {value:,.0f} {each.unit} (all of it took {took:.0f} s)")
        await stand.stop_services()
        for service, size in stand.resident.items():
            console.print(f"{service} held {size / 1e6:.0f} MB at most")
    return {each.name: Spread(tuple(values[each.name]), each.unit) for each in wanted}
