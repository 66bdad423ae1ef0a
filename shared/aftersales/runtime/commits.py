"""Batches of records through units, each until it is committed, or known to be somebody else's."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from aftersales.runtime import metrics
from aftersales.runtime.causes import Item
from aftersales.runtime.fence import Claim, Fenced
from aftersales.runtime.partitions import Partitions
from aftersales.runtime.postgres import is_passing
from aftersales.runtime.unit import Unit

LOG: Final = structlog.get_logger()
SMALLEST: Final = 50
# Two lanes share it. More in a unit is no faster (measured), and memory once taken is seldom given back.
LARGEST: Final = 600
BACK_OFF: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Commits:
    """alive: called where nothing is lost, though nothing moves."""

    def __init__(self, unit: Unit, partitions: Partitions, alive: Callable[[], None]) -> None:
        self._unit = unit
        self._partitions = partitions
        self._alive = alive

    async def run(self, items: list[Item], claim: Claim, assignment: int) -> bool:
        """Again until it is done, as long as the assignment is; whether it is."""
        position, failures, size = 0, 0, LARGEST
        while position < len(items):
            if assignment != self._partitions.assignment:
                metrics.BATCHES_DROPPED.labels("stale").inc()
                return False
            try:
                await self._unit.run(items[position : position + size], claim)
                position += size
            except Fenced as problem:
                metrics.BATCHES_DROPPED.labels("fenced").inc()
                LOG.warning("fenced off", partition=str(problem))
                # Two that both believe in their assignment would else take turns without a pause.
                await asyncio.sleep(BACK_OFF[2])
                self._partitions.forget()
                return False
            except Exception as problem:
                if not is_passing(problem):
                    raise
                # Trying again moves nothing twice: whatever was committed meanwhile lies behind the fence.
                delay = BACK_OFF[min(failures, len(BACK_OFF) - 1)]
                failures += 1
                # What was too long for a statement's or a lock's patience gets shorter.
                size = max(SMALLEST, size // 2)
                self._alive()
                LOG.warning("a batch could not be committed; trying again", problem=repr(problem), seconds=delay)
                await asyncio.sleep(delay)
        return True

    async def try_once(self, items: list[Item], claim: Claim, assignment: int) -> bool:
        """Whether it was committed; where not, the reason will be met again."""
        if assignment != self._partitions.assignment:
            return False
        try:
            await self._unit.run(items, claim)
        except Fenced:
            return False
        except Exception as problem:
            if not is_passing(problem):
                raise
            return False
        return True

    async def after(self, first: "asyncio.Task[bool]", items: list[Item], claim: Claim, assignment: int) -> bool:
        """These are among what is being tried; should that fail, they go by themselves."""
        return await first or await self.run(items, claim, assignment)
