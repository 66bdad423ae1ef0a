"""A stack with a simulated clock, and those who use it: the conductor, the marketplace, the people."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import psutil

from aftersales.errors import Failure
from aftersales.runtime.kafka import Kafka
from aftersales_local import kafka as brokers
from aftersales_local import launch, state
from aftersales_local.conductor import Conductor, Outside
from aftersales_local.marketplace import Marketplace, real_now
from aftersales_local.options import Options
from aftersales_local.payments import PaymentProvider
from aftersales_local.people import People
from aftersales_local.services import SERVICES, says_yes
from aftersales_local.state import Stack

POLICIES: Final = "policies"
POLICY_DIR: Final = "AFTERSALES_POLICY_DIR"
RESTARTED_WITHIN: Final = 60.0


@dataclass
class Stage:
    """Everything one needs to play on a stack. now: the instant the clock was set to last."""

    stack: Stack
    home: Path
    conductor: Conductor
    marketplace: Marketplace
    people: People
    now: datetime


@contextmanager
def simulated_stack(
    home: Path, since: datetime, *, fresh: bool, say: Callable[[str], None], keep: bool = False
) -> Iterator[Stack]:
    """A stack of its own under the stepped clock, with a folder for policies that can grow while it runs."""
    policies = home / POLICIES
    policies.mkdir(parents=True, exist_ok=True)
    named = os.environ.get(POLICY_DIR)
    for file in Path(named).glob("*.toml") if named else ():
        (policies / file.name).write_bytes(file.read_bytes())
    os.environ[POLICY_DIR] = str(policies)
    try:
        with launch.running_stack(home, Options(simulated_from=since, fresh=fresh), say=say, keep=keep) as stack:
            yield stack
    finally:
        if named is None:
            del os.environ[POLICY_DIR]
        else:
            os.environ[POLICY_DIR] = named


@dataclass(frozen=True, slots=True)
class Troupe:
    """Who plays."""

    people: Callable[[Stack, Path], People] = People
    marketplace: Callable[[Kafka, Callable[[], datetime], PaymentProvider], Marketplace] = Marketplace
    conductor: Callable[[Stack, tuple[Outside, ...]], Conductor] = Conductor


USUAL: Final = Troupe()


@asynccontextmanager
async def open_stage(
    stack: Stack, home: Path, provider: PaymentProvider | None = None, troupe: Troupe = USUAL
) -> AsyncIterator[Stage]:
    """Connect to a running stack; it is at rest when this begins."""
    access = Kafka(
        stack.bootstrap,
        "marketplace",
        idempotent=stack.broker != brokers.TANSU,
        fetch_max_wait_ms=10 if stack.broker == brokers.TANSU else 500,
    )
    clock = {"now": real_now()}
    async with AsyncExitStack() as opened:
        people = await opened.enter_async_context(troupe.people(stack, home))
        marketplace = await opened.enter_async_context(
            troupe.marketplace(access, lambda: clock["now"], provider or PaymentProvider())
        )
        outside = (
            Outside("the marketplace", marketplace.done, marketplace.waiting),
            Outside("HTTP", lambda: people.requests, lambda _ends: people.in_flight),
        )
        conductor = await opened.enter_async_context(troupe.conductor(stack, outside))
        await conductor.until_reading()
        now = await conductor.now()
        clock["now"] = now
        stage = Stage(stack, home, conductor, marketplace, people, now)
        conductor.stepped.append(lambda instant: _set(stage, clock, instant))
        await conductor.quiet()
        yield stage


def _set(stage: Stage, clock: dict[str, datetime], instant: datetime) -> None:
    stage.now = clock["now"] = instant


async def restart_services(stage: Stage) -> None:
    """Start the four services again, so that they read their policies anew; the supervisor does the starting."""
    before = _processes(stage.home)
    for name in SERVICES:
        if process := before[name].running():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGTERM)
    give_up = time.monotonic() + RESTARTED_WITHIN
    while not await asyncio.to_thread(_started_again, stage, before):
        if time.monotonic() > give_up:
            raise Failure("The services did not come back after they were told to read a policy. See .local/logs.", 1)
        await asyncio.sleep(0.1)
    await stage.conductor.until_reading()
    await stage.conductor.quiet()


def _processes(home: Path) -> Mapping[str, state.Process]:
    stack = state.read(home)
    if stack is None:
        raise Failure("The stack has ended meanwhile. Start it again.", 1)
    return stack.processes


def _started_again(stage: Stage, before: Mapping[str, state.Process]) -> bool:
    now = _processes(stage.home)
    return all(
        name in now and now[name].pid != before[name].pid and says_yes(f"{stage.stack.addresses[name]}/health/ready")
        for name in SERVICES
    )
