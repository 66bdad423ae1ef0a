"""The nemesis: works through its duties against a running stack, line beside line, and writes each fault down."""

import asyncio
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from subprocess import Popen
from typing import Any, Final

from aftersales.errors import Failure
from aftersales_local.faults.owned import FAILPOINT, OwnedStack
from aftersales_local.faults.record import Record
from aftersales_local.faults.schedule import KAFKA, KILL, POSTGRES, STEP, STOP, STORM, Duty, Size, count
from aftersales_local.faults.storm import Storm
from aftersales_local.services import SERVICES

# The longest that anything may take to be well again; more is a violation, not a slow day.
RECOVERS_WITHIN: Final = 120.0
# How long a process waits at its named step before something else is done first.
REACHED_WITHIN: Final = 45.0
POLL: Final = 0.05
LOOK_EVERY: Final = 0.25


class Nemesis:
    """setting: the lock of whoever sets the clock. under_load: whether the load goes on at this moment.

    load_over: nothing will come any more, so that what was not reached by now never is.
    hungry: the lines that wait for the load to reach a named step. unseen: the steps that were never reached.
    lost: what did not recover in time, in sentences.
    """

    def __init__(
        self,
        stack: OwnedStack,
        lines: Mapping[str, Sequence[Duty]],
        size: Size,
        record: Record,
        *,
        setting: asyncio.Lock,
        seed: int,
    ) -> None:
        self.hungry: set[str] = set()
        self.unseen: list[Duty] = []
        self.lost: list[str] = []
        self.done = 0
        self.armings = 0
        self.load_over = False
        self.total = count(lines.values())
        self.under_load: Callable[[], bool] = lambda: True
        self._stack = stack
        self._lines = lines
        self._size = size
        self._record = record
        self._setting = setting
        self._storm = Storm(stack, seed)

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        return self.done / self.total if self.total else 1.0

    async def run(self) -> None:
        """Everything, once; what was stopped goes on and what was started beside the stack is gone afterwards."""
        lines = [asyncio.create_task(self._work(line, duties), name=line) for line, duties in self._lines.items()]
        try:
            await asyncio.gather(*lines)
        finally:
            for task in lines:
                task.cancel()
            await asyncio.gather(*lines, return_exceptions=True)
            await asyncio.to_thread(self._storm.end)

    async def _work(self, line: str, duties: Sequence[Duty]) -> None:
        left = deque(duties)
        while left:
            duty = left.popleft()
            await asyncio.sleep(duty.rest)
            if duty.kind != STEP or await self._step(line, duty):
                if duty.kind != STEP:
                    await {KILL: self._kill, STOP: self._stop, STORM: self._storms}[duty.kind](duty)
                self.done += 1
            elif self.load_over:
                self.unseen.append(duty)
                self.done += 1
            else:
                left.append(duty)

    async def _kill(self, duty: Duty) -> None:
        child = self._stack.child(duty.target)
        if duty.target == POSTGRES:
            await self._setting.acquire()
        try:
            with self._fault(duty) as fault:
                killed = child.process
                killed.kill()
        finally:
            if duty.target == POSTGRES:
                self._setting.release()
        await self._recovers(fault, killed)

    async def _stop(self, duty: Duty) -> None:
        process = self._stack.child(duty.target).process
        with self._fault(duty) as fault:
            process.send_signal(signal.SIGSTOP)
            try:
                await asyncio.sleep(self._size.stopped_for)
            finally:
                process.send_signal(signal.SIGCONT)
        fault["healed_mono"] = time.monotonic()
        await self._recovers(fault)

    async def _storms(self, duty: Duty) -> None:
        with self._fault(duty) as fault:
            fault["joined"], fault["left"] = await self._storm.rage(self._size.storm_for)
        fault["healed_mono"] = time.monotonic()
        await self._recovers(fault)

    async def _step(self, line: str, duty: Duty) -> bool:
        """Whether the service was seen to die at the step: by SIGKILL, armed, and not from our hand."""
        armed = await self._armed(duty)
        self.hungry.add(line)
        try:
            status = await self._ended(armed, REACHED_WITHIN)
        finally:
            self.hungry.discard(line)
        if status != -signal.SIGKILL:
            return False
        with self._fault(duty) as fault:
            fault["step"] = duty.step
        await self._recovers(fault, armed)
        return True

    async def _armed(self, duty: Duty) -> "Popen[Any]":
        """The service, killed and started again with its fail point; its next start will be without."""
        child = self._stack.child(duty.target)
        before = child.process
        self._stack.set(duty.target, **{FAILPOINT: f"{duty.step}:kill"})
        self.armings += 1
        before.kill()
        try:
            await self._until(lambda: child.process is not before, f"{duty.target} was not started again")
        finally:
            self._stack.set(duty.target)
        return child.process

    async def _ended(self, process: "Popen[Any]", within: float) -> int | None:
        """Its exit status; None where it lives on."""
        give_up = time.monotonic() + within
        while True:
            status = process.poll()
            if status is not None or time.monotonic() > give_up:
                return status
            await asyncio.sleep(POLL)

    @contextmanager
    def _fault(self, duty: Duty) -> Iterator[dict[str, Any]]:
        yield {"kind": duty.kind, "target": duty.target, "at": time.monotonic(), "under_load": self.under_load()}

    async def _recovers(self, fault: dict[str, Any], killed: "Popen[Any] | None" = None) -> None:
        """Wait until its target is well again, and the services too where they depend on it; then it is on record."""
        target = fault["target"]
        if killed is not None:
            child = self._stack.child(target)
            await self._until(lambda: child.process is not killed, f"{target} was not started again")
        names = [target] if target in SERVICES else [*((target,) if target in (POSTGRES, KAFKA) else ()), *SERVICES]
        give_up = time.monotonic() + RECOVERS_WITHIN
        recovered: float | None = None
        while recovered is None and time.monotonic() < give_up:
            if await self._well(names):
                recovered = time.monotonic()
            else:
                await asyncio.sleep(LOOK_EVERY)
        if recovered is None:
            self.lost.append(f"{target} was not well {RECOVERS_WITHIN:.0f} s after the {fault['kind']}.")
        self._record.fault(**fault, recovered=recovered)

    async def _well(self, names: Sequence[str]) -> bool:
        answers = [asyncio.to_thread(self._stack.child(name).program.ready) for name in names]
        return all(await asyncio.gather(*answers))

    async def _until(self, true: Callable[[], bool], otherwise: str) -> None:
        give_up = time.monotonic() + RECOVERS_WITHIN
        while not true():
            if self._stack.trouble is not None:
                raise Failure(f"The stack gave up: {self._stack.trouble}", 1)
            if time.monotonic() > give_up:
                raise Failure(f"{otherwise} within {RECOVERS_WITHIN:.0f} s. See {self._stack.home / 'logs'}.", 1)
            await asyncio.sleep(POLL)
