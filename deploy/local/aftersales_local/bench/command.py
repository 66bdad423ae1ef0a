"""`aftersales bench`: the engine beside its peers and its limits, in one run."""

import asyncio
import json
import os
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from aftersales.errors import Failure
from aftersales_local.bench import plan, report
from aftersales_local.bench.figures import Spread, judge
from aftersales_local.bench.run import Run
from aftersales_local.bench.stand import Stand
from aftersales_local.places import HOME, ROOT

REPORT: Final = ROOT / "build" / "bench.json"
BENCH_HOME: Final = HOME / "bench"
MISSED: Final = 1
# Three rounds of everything take about ten minutes on two quiet processors.
MOST_MINUTES: Final = 45


def bench(
    only: Annotated[
        list[str] | None, typer.Option(help=f"One part; may be repeated: {', '.join(plan.NAMES)}. All when left out.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each part is measured.")] = 3,
    quick: Annotated[
        bool, typer.Option("--quick", help="One round of small parts: for tuning, not to judge by.")
    ] = False,
    file: Annotated[Path, typer.Option("--report", help="Where the figures go.")] = REPORT,
    home: Annotated[Path, typer.Option("--home", help="The folder of the benchmark's servers.")] = BENCH_HOME,
) -> int:
    """Measure the engine beside its peers and its limits. The exit status says whether every target was kept."""
    console = Console(highlight=False)
    unknown = sorted(set(only or ()) - set(plan.NAMES))
    if unknown:
        raise Failure(f"{unknown[0]} is no part of the benchmark. Its parts are {', '.join(plan.NAMES)}.")
    file.unlink(missing_ok=True)
    begun = time.monotonic()
    busy = tell_if_busy(console)
    rounds = 1 if quick else rounds
    figures, about = asyncio.run(measure(console, home, plan.needed(only or ()), rounds, quick=quick))
    verdicts = [judge(target, figures) for target in plan.TARGETS]
    report.show(console, figures, verdicts)
    seconds = round(time.monotonic() - begun)
    about |= {"made_at": datetime.now(UTC).isoformat(), "rounds": rounds, "quick": quick, "seconds": seconds}
    about |= {"processors": os.cpu_count(), "load_before": busy}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report.as_json(figures, verdicts, **about), indent=2) + "\n")
    missed = [verdict.target.name for verdict in verdicts if verdict.kept is False]
    console.print(
        f"Targets missed: {', '.join(missed)}." if missed else "Every target measured was kept.", soft_wrap=True
    )
    console.print(f"All of it took {seconds} s; the figures are in {file}.", soft_wrap=True)
    return MISSED if missed else 0


def tell_if_busy(console: Console) -> float:
    """The load average before the run; the reader is told when others work on this machine too."""
    load = os.getloadavg()[0]
    processors = os.cpu_count() or 1
    if load > processors / 2:
        console.print(
            f"This machine is busy (load {load:.1f} on {processors} processors): what follows is less than it can do.",
            style="yellow",
            soft_wrap=True,
        )
    return round(load, 2)


async def measure(
    console: Console, home: Path, wanted: set[str], rounds: int, *, quick: bool
) -> tuple[dict[str, Spread], dict[str, Any]]:
    """The figures, and what they were measured on."""
    say = partial(console.print, soft_wrap=True, markup=False)
    with console.status("starting the servers") as status:
        async with Stand(home, say) as stand:
            run = Run(stand, quick=quick, say=say, doing=status.update)
            try:
                async with asyncio.timeout(MOST_MINUTES * 60):
                    return await run.run(wanted, rounds), {"servers": stand.told, "postgres": stand.durable}
            except TimeoutError as problem:
                raise Failure(
                    f"The benchmark did not end within {MOST_MINUTES} minutes. See the logs in {home / 'logs'}, "
                    "or measure one part with --only.",
                    MISSED,
                ) from problem
