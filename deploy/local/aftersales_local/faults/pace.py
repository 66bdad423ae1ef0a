"""Keeps load and faults together: neither is done long before the other.

The stepped clock makes it safe to hold the load: no deadline passes meanwhile, and what comes out is the same.
"""

import asyncio
from typing import Final

from aftersales_local.faults.nemesis import Nemesis

# How far the load may be ahead of the faults, as a share of the whole; further where a fault waits for the load, yet
# not so far that nothing would be left for those to come.
AHEAD: Final = 0.03
FURTHER: Final = 0.2
LOOK_EVERY: Final = 0.1


class Pace:
    """`gate` is awaited once a moment. holding: the load waits for the faults."""

    def __init__(self, nemesis: Nemesis, moments: int) -> None:
        self.holding = False
        self._nemesis = nemesis
        self._moments = moments
        self._passed = 0

    async def gate(self) -> None:
        self._passed += 1
        while True:
            hungry = bool(self._nemesis.hungry)
            self.holding = not may_pass(self._passed / self._moments, self._nemesis.progress, hungry=hungry)
            if not self.holding:
                return
            await asyncio.sleep(LOOK_EVERY)


def may_pass(load: float, faults: float, *, hungry: bool) -> bool:
    """load, faults: how much of each is done. hungry: a process waits for the load to reach a named step in it."""
    return load <= faults + (FURTHER if hungry else AHEAD)
