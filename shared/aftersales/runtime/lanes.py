"""Batches in flight: two lanes, by the number of the partition, each one unit after the other.

While Postgres keeps what one lane has decided, the other decides. To the database they are what two processes are; an
order's partitions of all topics have one number, so its records stay behind one another.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, Final, TypeVar

from aftersales.runtime.fence import Partition

# More of them would only wait for one another: there is one thread to decide in.
LANES: Final = 2
Each = TypeVar("Each")


class Lanes:
    """Knows the task of each lane that has a batch in flight, and that batch's partitions. idle: there is none."""

    def __init__(self) -> None:
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._partitions: dict[int, frozenset[Partition]] = {}
        self.idle = asyncio.Event()
        self.idle.set()

    @property
    def tasks(self) -> Sequence[asyncio.Task[None]]:
        return list(self._tasks.values())

    @property
    def partitions(self) -> frozenset[Partition]:
        """Those of which something is in flight."""
        return frozenset[Partition]().union(*(self._partitions[lane] for lane in self._tasks))

    def start(self, lane: int, partitions: frozenset[Partition], work: Coroutine[Any, Any, None]) -> None:
        """The lane must be `free`."""
        assert lane not in self._tasks
        self._partitions[lane] = partitions
        self._tasks[lane] = asyncio.create_task(work)
        self._tasks[lane].add_done_callback(self._ended)
        self.idle.clear()

    def _ended(self, _: "asyncio.Task[None]") -> None:
        if all(task.done() for task in self._tasks.values()):
            self.idle.set()

    async def free(self, lane: int, *, every: float, poll: Callable[[], Awaitable[None]]) -> None:
        """Wait for the lane's batch in flight, polling meanwhile; raises what it raised."""
        while (task := self._tasks.get(lane)) is not None:
            done, _ = await asyncio.wait({task}, timeout=every)
            if done:
                del self._tasks[lane]
                task.result()
            else:
                await poll()

    async def all_free(self, *, every: float, poll: Callable[[], Awaitable[None]]) -> None:
        for lane in list(self._tasks):
            await self.free(lane, every=every, poll=poll)

    def harvest(self) -> None:
        """Forget what is done; raises what it raised."""
        for lane in [lane for lane, task in self._tasks.items() if task.done()]:
            self._tasks.pop(lane).result()

    async def settle(self, within: float) -> None:
        """Wait for what is in flight, so many seconds at most."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=within)


def by_lane(things: Iterable[Each], partition: Callable[[Each], int]) -> dict[int, list[Each]]:
    """The things in their order, lane by lane."""
    found: dict[int, list[Each]] = {}
    for each in things:
        found.setdefault(partition(each) % LANES, []).append(each)
    return found
