"""One run of the load on a stack of its own, disturbed or not, and what the checker says of it."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from aftersales.errors import Failure
from aftersales_local import checks
from aftersales_local import kafka as brokers
from aftersales_local.demo import behaviour, generator
from aftersales_local.demo.command import FAILING
from aftersales_local.demo.journey import DAY, Journey
from aftersales_local.demo.run import Figures, Run
from aftersales_local.demo.script import Script
from aftersales_local.faults import checking, story
from aftersales_local.faults.nemesis import Nemesis
from aftersales_local.faults.owned import OwnedStack, owned_stack
from aftersales_local.faults.pace import Pace
from aftersales_local.faults.patient import PatientConductor, PatientMarketplace, PatientPeople
from aftersales_local.faults.record import Record
from aftersales_local.faults.repeats import Repeats, repeats
from aftersales_local.faults.schedule import Duty, Size
from aftersales_local.payments import PaymentProvider
from aftersales_local.services import database_name
from aftersales_local.stage import Troupe, open_stage

Result = TypeVar("Result")
OUTCOME: Final = "outcome.json"
SINK: Final = "notices.ndjson"
# Longer than any run is meant to take: a run that hangs must end by itself.
LONGEST: Final = 40 * 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """The same orders and the same script for both runs."""

    seed: int
    journeys: Sequence[Journey]
    script: Script

    @property
    def moments(self) -> int:
        return len(list(self.script.moments(DAY))) + 1


def load(orders: int, seed: int) -> Load:
    """Generated, never the sample of real ones: the same seed must mean the same load on every machine."""
    journeys = generator.make(orders, seed)
    return Load(seed, journeys, behaviour.script(journeys, seed))


@dataclass(frozen=True, slots=True)
class Faults:
    """lines: None where nothing is to be disturbed."""

    lines: Mapping[str, Sequence[Duty]]
    size: Size


@dataclass(frozen=True, slots=True)
class Played:
    """quiet_after: seconds from the last fault's end, or the load's, to rest. story: of the smallest wrong dispute."""

    folder: Path
    figures: Figures
    record: Record
    seconds: float
    quiet_after: float
    verdict: checking.Verdict
    repeats: Repeats
    unseen: Sequence[str] = ()
    lost: Sequence[str] = ()
    armings: int = 0
    story: Mapping[str, Any] | None = None

    @property
    def outcome(self) -> Path:
        return self.folder / OUTCOME


def play(
    home: Path,
    what: Load,
    faults: Faults | None,
    *,
    commit: str,
    against: Path | None = None,
    say: Callable[[str], None],
    show: Callable[[Figures, Nemesis | None], None],
) -> Played:
    """Start a stack, play the load, disturb it where faults are given, wait for rest, check, stop the stack."""
    folder = home / "run"
    sink = folder / SINK
    folder.mkdir(parents=True, exist_ok=True)
    sink.unlink(missing_ok=True)
    begun = time.monotonic()
    with owned_stack(home, what.script.starts_at - timedelta(days=1), say, sink) as stack, Record(folder) as record:
        act = _act(stack, home, what, faults, record, show)
        figures, nemesis, healed = asyncio.run(bounded(act))
        quiet_after = time.monotonic() - healed
        record.run(
            {
                "seed": what.seed,
                "commit": commit,
                "bootstrap": stack.state.bootstrap,
                "databases": stack.state.databases,
                "sink": str(sink),
                "poison": [],
                "healed_at_mono": healed,
                "quiet": True,
            }
        )
        say("At rest. Checking ...")
        verdict = checking.check(folder, folder / OUTCOME, against) + asyncio.run(_closing_checks(stack, figures))
        return Played(
            folder=folder,
            figures=figures,
            record=record,
            seconds=time.monotonic() - begun,
            quiet_after=quiet_after,
            verdict=verdict,
            repeats=asyncio.run(repeats(stack.state.bootstrap)),
            unseen=[f"{duty.step} in {duty.target}" for duty in nemesis.unseen] if nemesis else (),
            lost=nemesis.lost if nemesis else (),
            armings=nemesis.armings if nemesis else 0,
            story=asyncio.run(story.smallest(stack.state, folder, verdict.violations)),
        )


async def _act(
    stack: OwnedStack,
    home: Path,
    what: Load,
    faults: Faults | None,
    record: Record,
    show: Callable[[Figures, Nemesis | None], None],
) -> tuple[Figures, Nemesis | None, float]:
    """Gives the figures, who disturbed, and the monotonic second in which nothing disturbed any more."""
    copies = 2 if faults else 1
    troupe = Troupe(
        people=lambda state, where: PatientPeople(state, where, record),
        marketplace=lambda access, now, provider: PatientMarketplace(access, now, provider, record, copies),
        conductor=PatientConductor,
    )
    async with open_stage(stack.state, home, PaymentProvider(FAILING, what.seed), troupe) as stage:
        conductor = stage.conductor
        assert isinstance(conductor, PatientConductor)
        nemesis = None
        if faults:
            nemesis = Nemesis(stack, faults.lines, faults.size, record, setting=conductor.setting, seed=what.seed)
            pace = Pace(nemesis, what.moments)
            nemesis.under_load = lambda: not pace.holding
            conductor.gate = pace.gate
        run = Run(stage, what.script, what.journeys, lambda figures: show(figures, nemesis))
        both = [_loaded(run, nemesis), *([nemesis.run()] if nemesis else [])]
        figures = (await together(*both))[0]
        healed = time.monotonic()
        conductor.gate = None
        await conductor.rest()
        await conductor.until_told()
        return figures, nemesis, healed


async def _loaded(run: Run, nemesis: Nemesis | None) -> Figures:
    figures = await run.run()
    if nemesis is not None:
        nemesis.load_over = True
    return figures


async def bounded(act: Coroutine[Any, Any, Result]) -> Result:
    try:
        return await asyncio.wait_for(act, LONGEST)
    except TimeoutError as problem:
        raise Failure(f"The run did not end within {LONGEST / 60:.0f} minutes, so it was ended.", 1) from problem


async def together(*works: Any) -> list[Any]:
    """The results of all; where one fails, the others are ended and its failure is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _closing_checks(stack: OwnedStack, figures: Figures) -> checking.Verdict:
    """Those of the demo: they too read tables and topics themselves; and whether everybody was answered as meant."""
    databases = {database_name(name): dsn for name, dsn in stack.state.databases.items()}
    held = await checks.run(databases, stack.state.bootstrap)
    wrong = [checking.Violation("closing check", f"{check.name}: {check.detail}") for check in held if not check.held]
    wrong += [checking.Violation("answers as meant", surprise) for surprise in figures.surprises]
    return checking.Verdict(True, {f"closing check: {check.name}": check.held for check in held}, tuple(wrong))


def refuse_the_small_broker(kind: str) -> None:
    """Failure where Kafka is not ours to kill, or would not come back with what it held."""
    if kind == brokers.EXTERNAL:
        raise Failure(
            "A fault run kills Kafka, and KAFKA_BOOTSTRAP_SERVERS names one that is not ours. Unset it and try again."
        )
    if kind == brokers.TANSU:
        raise Failure(
            "A fault run kills Kafka and starts it again, and the small broker keeps nothing. "
            "Install Java 17 or newer, so that Apache Kafka can run, and try again."
        )
