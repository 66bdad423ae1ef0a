"""Ends a process that lives but does not work; the supervisor starts it again (dangers A8, A9)."""

import asyncio
import os
import sys
import threading
import time
from typing import Final, Protocol

from aftersales.errors import Failure

NO_PROGRESS: Final = 30.0
NO_ASSIGNMENT: Final = 60.0
STALLED: Final = 60.0
LOOK_EVERY: Final = 1.0
EXIT_CODE: Final = 70


class Watched(Protocol):
    """`progress` and `rebalanced` are monotonic seconds; the latter is None while the group gives no assignment."""

    @property
    def lag(self) -> int: ...
    @property
    def progress(self) -> float: ...
    @property
    def rebalanced(self) -> float | None: ...


def verdict(watched: Watched, now: float, without_since: float | None) -> str | None:
    """Why the process must end; None while it works. `without_since`: when it was first seen without an assignment."""
    if watched.lag > 0 and now - watched.progress > NO_PROGRESS:
        return f"{watched.lag} records wait and none was read for {NO_PROGRESS:.0f} s."
    if without_since is not None and now - without_since > NO_ASSIGNMENT:
        return f"The consumer group has given no assignment for {NO_ASSIGNMENT:.0f} s."
    return None


async def watch(watched: Watched) -> None:
    """Raises Failure when the consumer is stuck; kills the process from a thread when the loop itself is."""
    pulse = Pulse()
    pulse.start()
    without_since: float | None = None
    try:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            pulse.beat()
            now = time.monotonic()
            without_since = None if watched.rebalanced is not None else (without_since or now)
            if (why := verdict(watched, now, without_since)) is not None:
                raise Failure(f"{why} The process ends to be started again.", exit_code=EXIT_CODE)
    finally:
        pulse.stop()


class Pulse(threading.Thread):
    """A loop that is blocked can neither heartbeat nor notice that it is blocked."""

    def __init__(self, stalled: float = STALLED) -> None:
        super().__init__(name="pulse", daemon=True)
        self._stalled = stalled
        self._last = time.monotonic()
        self._ended = threading.Event()

    def beat(self) -> None:
        self._last = time.monotonic()

    def stop(self) -> None:
        self._ended.set()

    def run(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            if time.monotonic() - self._last > self._stalled:
                sys.stderr.write(f"The event loop has stood still for {self._stalled:.0f} s. The process ends.\n")
                sys.stderr.flush()
                os._exit(EXIT_CODE)
