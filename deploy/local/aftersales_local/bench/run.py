"""Runs the plan: round after round, each part on empty databases and topics, and the backlog once at the end."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Final

from aftersales_local.bench import plan
from aftersales_local.bench.backlog import after_a_backlog
from aftersales_local.bench.figures import Spread
from aftersales_local.bench.latency import WARM, complaint_to_notices
from aftersales_local.bench.stand import Stand

ROWS: Final = (500_000, 20_000)
SECONDS_OF_LOAD: Final = (10.0, 3.0)
MEGABYTE: Final = 1_000_000


class Run:
    """say: gets a sentence after every part. doing: told what is measured now."""

    def __init__(self, stand: Stand, *, quick: bool, say: Callable[[str], None], doing: Callable[[str], None]) -> None:
        self._stand = stand
        self._quick = quick
        self._say = say
        self._doing = doing
        self._values: dict[str, list[float]] = defaultdict(list)

    async def run(self, wanted: Collection[str], rounds: int) -> dict[str, Spread]:
        for number in range(1, rounds + 1):
            await self._round(wanted, f"round {number} of {rounds}")
        if plan.BACKLOG in wanted:
            await self._backlog(rounds)
        await self._stand.stop_services()
        for service, sizes in self._stand.resident.items():
            self._values[f"memory-{service}"] = [size / MEGABYTE for size in sizes]
        return {name: Spread(tuple(values), plan.UNITS[name]) for name, values in self._values.items()}

    async def _round(self, wanted: Collection[str], which: str) -> None:
        for part in plan.PARTS:
            if part.name in wanted:
                self._doing(f"{which}: {part.name}")
                begun = time.monotonic()
                found = await part.measure(self._stand, part.quick if self._quick else part.whole)
                self._keep(which, dict(found), begun)
        if plan.LATENCY in wanted:
            self._doing(f"{which}: {plan.LATENCY}")
            begun = time.monotonic()
            found = await complaint_to_notices(self._stand, self._rate, SECONDS_OF_LOAD[self._quick])
            self._keep(f"{which}, {self._rate:.0f} complaints/s", dict(found), begun)

    @property
    def _rate(self) -> float:
        """Complaints a second: a fifth of what was measured last."""
        return plan.SHARE_OF_CAPACITY * self._values[plan.CAPACITY][-1]

    async def _backlog(self, looks: int) -> None:
        rows = ROWS[self._quick]
        self._doing(f"a backlog of {rows:,} rows")
        begun = time.monotonic()
        load = [WARM + SECONDS_OF_LOAD[self._quick]] * looks
        found = await after_a_backlog(self._stand, rows, self._rate, load)
        for name, values in found.items():
            self._values[f"backlog-{name}"] = values
        told = ", ".join(f"{name} {min(values):,.1f} to {max(values):,.1f}" for name, values in found.items())
        self._say(f"backlog of {rows:,} rows: {told} ({time.monotonic() - begun:.0f} s)")

    def _keep(self, which: str, found: dict[str, float], begun: float) -> None:
        for name, value in found.items():
            self._values[name].append(value)
        told = ", ".join(f"{name} {value:,.0f} {plan.UNITS[name]}" for name, value in found.items())
        self._say(f"{which}: {told} ({time.monotonic() - begun:.0f} s)")
