"""The rebalance storm: second instances of the services join and leave every few seconds."""

import asyncio
import subprocess
import time
from random import Random
from typing import Any, Final

from aftersales_local.faults.owned import OwnedStack
from aftersales_local.ports import any_free_ports
from aftersales_local.services import SERVICES, listening

EVERY: Final = 3.0


class Storm:
    """Second instances are no children of the supervisor: nobody starts them again."""

    def __init__(self, stack: OwnedStack, seed: int) -> None:
        self._stack = stack
        self._chance = Random(f"storm {seed}")
        self._second: dict[str, subprocess.Popen[Any]] = {}
        self._leaving: list[subprocess.Popen[Any]] = []

    async def rage(self, seconds: float) -> tuple[int, int]:
        """Gives how often one joined and how often one left."""
        joined = left = 0
        give_up = time.monotonic() + seconds
        try:
            while time.monotonic() < give_up:
                service = self._chance.choice(SERVICES)
                if service in self._second:
                    self._leave(service)
                    left += 1
                else:
                    self._second[service] = await asyncio.to_thread(self._start, service)
                    joined += 1
                await asyncio.sleep(EVERY)
        finally:
            await asyncio.to_thread(self.end)
        return joined, left

    def end(self) -> None:
        """All of them, at once."""
        for process in [*self._second.values(), *self._leaving]:
            process.kill()
            process.wait()
        self._second.clear()
        self._leaving.clear()

    def _leave(self, service: str) -> None:
        """Some say good-bye to the group, some do not; one that said it is gone within its fifteen seconds."""
        process = self._second.pop(service)
        if self._chance.random() < 0.5:
            process.terminate()
        else:
            process.kill()
        self._leaving.append(process)

    def _start(self, service: str) -> "subprocess.Popen[Any]":
        program = self._stack.child(service).program
        [port] = any_free_ports(1)
        with (self._stack.home / "logs" / f"{service}-second.log").open("ab") as log:
            return subprocess.Popen(
                [str(word) for word in program.command],
                env={**(program.environment or {}), **listening(port)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
