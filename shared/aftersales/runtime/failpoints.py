"""Named places where a test or a fault run makes the process die, fail or stall.

    C1 fetched, C2 begun, C3 fenced, C4 admitted, C5 states written, C6 outbox written, C7 before COMMIT, C8 after it,
    C9 after the Kafka commit; R1 rows claimed, R2 sent, R3 acknowledged, R4 marked, R5 committed; T1 candidates, T2
    locked, T3 before COMMIT, T4 after it; H1 key inserted, H2 before COMMIT, H3 after it, H4 half an answer (placed by
    the HTTP door).

AFTERSALES_FAILPOINT is a comma-separated list of `name:action[:probability]`; an action is `kill` (SIGKILL, as the
power cut does), `raise`, `delay` (a second) or `delay=SECONDS`. Refused in production.
"""

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from aftersales.errors import Failure

NAMES: Final = frozenset(
    [
        "C1",
        "C2",
        "C3",
        "C4",
        "C5",
        "C6",
        "C7",
        "C8",
        "C9",
        "R1",
        "R2",
        "R3",
        "R4",
        "R5",
        "T1",
        "T2",
        "T3",
        "T4",
        "H1",
        "H2",
        "H3",
        "H4",
    ],
)
ACTIONS: Final = ("kill", "raise", "delay")


class FailpointReached(Exception):
    """What `raise` raises."""


@dataclass(frozen=True, slots=True)
class Failpoint:
    action: str
    seconds: float = 1.0
    probability: float = 1.0

    async def happen(self, name: str) -> None:
        if random.random() >= self.probability:
            return
        if self.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.action == "raise":
            raise FailpointReached(name)
        await asyncio.sleep(self.seconds)


_armed: dict[str, Failpoint] = {}


async def reached(name: str) -> None:
    """The process is at this place; nothing happens unless somebody asked for it."""
    if _armed and (failpoint := _armed.get(name)) is not None:
        await failpoint.happen(name)


def is_armed(name: str) -> bool:
    """For a place that must make something ready before it is reached."""
    return name in _armed


def install(text: str | None, *, production: bool) -> None:
    """Arm what AFTERSALES_FAILPOINT names; Failure in production or when it cannot be read."""
    if not text:
        return
    if production:
        raise Failure("AFTERSALES_FAILPOINT is for tests and is refused in production. Unset it.")
    _armed.update(parsed(text))


def parsed(text: str) -> dict[str, Failpoint]:
    found = {}
    for item in text.split(","):
        name, _, rest = item.strip().partition(":")
        action, _, probability = rest.partition(":")
        action, _, seconds = action.partition("=")
        try:
            failpoint = Failpoint(action, float(seconds or 1), float(probability or 1))
        except ValueError:
            failpoint = Failpoint("")
        if name not in NAMES or failpoint.action not in ACTIONS:
            raise Failure(f"AFTERSALES_FAILPOINT says {item!r}. Say it like C5:kill:0.02, C5:raise or C5:delay=2.")
        found[name] = failpoint
    return found


@contextmanager
def armed(text: str) -> Iterator[None]:
    """For tests: armed inside the block, and as before after it."""
    before = dict(_armed)
    _armed.update(parsed(text))
    try:
        yield
    finally:
        _armed.clear()
        _armed.update(before)
