"""`aftersales demo`: the main job on real orders, start to end."""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from aftersales_local import checks
from aftersales_local import kafka as brokers
from aftersales_local.checks import Check
from aftersales_local.commands import Home
from aftersales_local.demo import behaviour, generator, olist, summary
from aftersales_local.demo.display import Display
from aftersales_local.demo.journey import Journey
from aftersales_local.demo.run import Figures, Run
from aftersales_local.demo.script import Script
from aftersales_local.payments import PaymentProvider
from aftersales_local.places import DEMO_HOME, ROOT
from aftersales_local.services import database_name
from aftersales_local.stage import POLICIES, Stage, open_stage, simulated_stack
from aftersales_local.state import Stack
from aftersales_local.stories import story as files
from aftersales_local.stories.command import STORIES, verdict
from aftersales_local.stories.live import play_act
from aftersales_local.stories.player import Result
from aftersales_local.stories.program import Act, program, write
from aftersales_local.stories.timeline import brief

USUAL_ORDERS: Final = 750
# The small broker is half as fast; with more the demo would take longer than four minutes on two cores.
FOR_THE_SMALL_BROKER: Final = 400
SEED: Final = 1
# Of a thousand refunds: how many the payment provider executes only when asked a second time.
FAILING: Final = 40
SHOWN: Final = ("S01", "S01b", "S02", "S03", "S03b", "S03c", "S04", "S04b", "S09")
REPORT: Final = ROOT / "build" / "demo.json"
BROKEN: Final = 1


@dataclass(frozen=True, slots=True)
class Job:
    """What will be played: the orders with what becomes of them, then the stories."""

    source: str
    journeys: Sequence[Journey]
    script: Script
    acts: Sequence[Act]


def demo(
    orders: Annotated[
        int | None, typer.Option(min=1, help="How many orders; all, or 750 generated ones; 400 on the small broker.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws what people do, and orders where there are no real ones.")] = SEED,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack up afterwards.")] = False,
    report: Annotated[Path, typer.Option(help="Where the figures go.")] = REPORT,
    home: Home = DEMO_HOME,
) -> int:
    """Run the main job: real orders, their parcels, complaints, disputes and money, on a stack of its own."""
    console = Console(highlight=False)
    report.unlink(missing_ok=True)
    begun = time.monotonic()
    if orders is None and brokers.choose(os.environ).kind == brokers.TANSU:
        orders = FOR_THE_SMALL_BROKER
    job = planned(orders, seed)
    console.print(job.source, soft_wrap=True)
    write(job.acts, home / POLICIES)
    before = job.script.starts_at - timedelta(days=1)
    say = partial(console.print, soft_wrap=True)
    with simulated_stack(home, before, fresh=True, say=say, keep=keep) as stack:
        held = asyncio.run(perform(console, stack, home, job, seed, report, begun))
        summary.show_where_to_look(console, stack, report, kept=keep)
    return 0 if held else BROKEN


def planned(orders: int | None, seed: int) -> Job:
    sample = olist.find()
    if sample is not None:
        journeys = olist.read(sample)[:orders]
        source = f"{len(journeys)} real orders of the Olist sample ({sample.parent.name}); one contract order a seller."
    else:
        journeys = generator.make(orders or USUAL_ORDERS, seed)
        source = f"{len(journeys)} generated orders (seed {seed}): the sample of real ones is not beside the project."
    script = behaviour.script(journeys, seed)
    stories = [files.load(path) for path in sorted(STORIES.glob("*.json")) if path.name.partition("-")[0] in SHOWN]
    return Job(source, journeys, script, program(stories, script.ends_at))


async def perform(console: Console, stack: Stack, home: Path, job: Job, seed: int, report: Path, begun: float) -> bool:
    """Play everything, check everything, tell it; gives whether all held."""
    started = time.monotonic()
    async with open_stage(stack, home, PaymentProvider(FAILING, seed)) as stage:
        with Display(console) as display:
            run = Run(stage, job.script, job.journeys, display.show)
            figures = await run.run()
        played = time.monotonic() - started
        results = await play_stories(console, stage, job.acts)
        await stage.conductor.until_told()
        found = await summary.totals(stage.conductor.databases)
        steps, looks = stage.conductor.steps, stage.conductor.looks
    held = await checks.run({database_name(name): dsn for name, dsn in stack.databases.items()}, stack.bootstrap)
    held += own_checks(figures, results)
    summary.show(console, figures, found, played)
    summary.show_checks(console, held)
    seconds = time.monotonic() - begun
    more: dict[str, Any] = {
        "source": job.source,
        "seed": seed,
        "stories": {result.story.file: result.kept for result in results},
        "seconds_of_orders": round(played, 1),
        "clock_steps": steps,
        "looks": looks,
    }
    write_report(report, summary.as_json(stack, figures, found, held, seconds, **more))
    console.print(f"All of it took {seconds:.0f} s.")
    return all(check.held for check in held)


async def play_stories(console: Console, stage: Stage, acts: Sequence[Act]) -> list[Result]:
    console.rule("worked scenarios, on the same stack")
    results = []
    for act in acts:
        result = await play_act(stage, act)
        results.append(result)
        console.print(f"[bold]{act.story.file.partition('-')[0]}[/] {act.story.title}", soft_wrap=True)
        for told in brief(result.timeline):
            console.print(f"    {told}", markup=False, soft_wrap=True)
        for told in verdict(result):
            console.print(f"    [{'green' if result.kept else 'red'}]{told}[/]", soft_wrap=True)
    return results


def own_checks(figures: Figures, results: Sequence[Result]) -> list[Check]:
    """What the demo knows of itself: the model's people were answered as the model meant, and the stories are kept."""
    broken = [result.story.file for result in results if not result.kept]
    kept = f"{len(results) - len(broken)} of {len(results)}"
    surprises = "; ".join(figures.surprises[:5])
    return [
        Check("answers as meant", not figures.surprises, f"{figures.refused} refused; {surprises}".rstrip("; ")),
        Check("stories kept", not broken, f"{kept}{f'; broken: {broken}' if broken else ''}"),
    ]


def write_report(report: Path, said: dict[str, Any]) -> None:
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(said, indent=2) + "\n")
