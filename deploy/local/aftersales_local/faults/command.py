"""`aftersales faults`: the demo's load twice, in peace and under every fault, and the proof that nothing differs."""

import os
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from aftersales.errors import Failure
from aftersales_local import kafka as brokers
from aftersales_local.commands import Home
from aftersales_local.demo.run import Figures
from aftersales_local.faults import report as reports
from aftersales_local.faults.nemesis import Nemesis
from aftersales_local.faults.run import Faults, Load, Played, load, play, refuse_the_small_broker
from aftersales_local.faults.schedule import KINDS, QUICK, WHOLE, schedule
from aftersales_local.places import HOME, ROOT

FAULTS_HOME: Final = HOME / "faults"
REPORT: Final = ROOT / "build" / "faults.json"
SEED: Final = 1
ORDERS: Final = 300
QUICK_ORDERS: Final = 40
VIOLATED: Final = 1
LINE_EVERY: Final = 5.0


def faults(
    seed: Annotated[int, typer.Option(help="Draws the load and the faults.")] = SEED,
    orders: Annotated[
        int | None, typer.Option(min=1, help=f"How many orders; {ORDERS}, or {QUICK_ORDERS} with --quick.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A few faults of each kind, in about nine minutes.")] = False,
    only: Annotated[str, typer.Option(help="Only these kinds of faults, with commas between.")] = ",".join(KINDS),
    report: Annotated[Path, typer.Option(help="Where the figures go.")] = REPORT,
    home: Home = FAULTS_HOME,
) -> int:
    """Kill and stop every part while the demo's load runs, then prove that nothing was lost, doubled or changed."""
    kinds = [kind.strip() for kind in only.split(",") if kind.strip()]
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise Failure(f"--only says {unknown[0]}. Choose from {', '.join(KINDS)}.")
    refuse_the_small_broker(brokers.choose(os.environ).kind)
    report.unlink(missing_ok=True)
    console = Console(highlight=False)
    size = QUICK if quick else WHOLE
    what = load(orders or (QUICK_ORDERS if quick else ORDERS), seed)
    told: dict[str, Any] = {
        "seed": seed,
        "commit": commit(),
        "orders": len(what.journeys),
        "quick": quick,
        "only": kinds,
        "replay": f"aftersales faults --seed {seed} --orders {len(what.journeys)}"
        + (" --quick" if quick else "")
        + (f" --only {only}" if kinds != list(KINDS) else ""),
    }
    plain, played = both_runs(console, home, what, Faults(schedule(seed, size, kinds), size), told["commit"])
    said = reports.as_json(plain, played, told)
    reports.write(report, said)
    if played.story is not None:
        reports.write(report.with_name("faults-story.json"), played.story)
        console.print(f"The story of {played.story['of']}: {report.with_name('faults-story.json')}", soft_wrap=True)
    reports.show(console, said)
    console.print(f"The figures are in {report}.", soft_wrap=True)
    return 0 if said["proved"] else VIOLATED


def both_runs(console: Console, home: Path, what: Load, disturbed: Faults, named: str) -> tuple[Played, Played]:
    say = partial(console.print, soft_wrap=True)
    console.rule("in peace")
    plain = play(home / "peace", what, None, commit=named, say=say, show=Lines(console))
    console.rule("under faults")
    played = play(home / "faults", what, disturbed, commit=named, against=plain.outcome, say=say, show=Lines(console))
    return plain, played


class Lines:
    """A line of progress every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = float("-inf")

    def __call__(self, figures: Figures, nemesis: Nemesis | None) -> None:
        if time.monotonic() - self._said < LINE_EVERY or figures.now is None:
            return
        self._said = time.monotonic()
        done = f"{figures.now.date()} ({100 * figures.done // figures.whole} % of the load)"
        disputes = f"{figures.opened} disputes opened, {figures.open} open"
        faults = f"; {nemesis.done} of {nemesis.total} faults" if nemesis else ""
        self._console.print(f"{done}: {disputes}{faults}", soft_wrap=True)


def commit() -> str:
    """The commit that runs, with a plus where the folder differs from it; empty outside git."""
    found = _git("rev-parse", "--short=12", "HEAD")
    return found + ("+" if found and _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*arguments: Any) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
