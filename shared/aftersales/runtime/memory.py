"""Memory that a batch took goes back to the machine: glibc keeps 20 MB of dispute's after a backlog (measured).

With another C library nothing is done, for it has neither of the two calls.
"""

import asyncio
import ctypes
import time
from typing import Any, Final

LIBC: Final[Any] = ctypes.CDLL(None)
M_MMAP_THRESHOLD: Final = -3  # as malloc.h has it
# A block from this size on is mapped by itself and returned once it is free. glibc begins with that size, but raises
# it to that of the largest block it has seen freed, and a batch's texts then leave holes between what stays.
MAPPED_FROM: Final = 128 * 1024
LOOK_EVERY: Final = 1.0
# Seconds of this process's own time: it rests when it took less than the one since the last look, and a trim, which
# stops it for up to 6 ms, is worth it after it has worked for the other.
RESTS_BELOW: Final = 0.3
WORKED_FOR: Final = 2.0


def return_large_blocks() -> None:
    if hasattr(LIBC, "mallopt"):
        LIBC.mallopt(M_MMAP_THRESHOLD, MAPPED_FROM)


async def return_when_at_rest() -> None:
    """Ends only by cancellation."""
    worked = WORKED_FOR  # what the start took is garbage by now
    while True:
        before = time.process_time()
        await asyncio.sleep(LOOK_EVERY)
        took = time.process_time() - before
        worked += took
        if took < RESTS_BELOW and worked >= WORKED_FOR:
            worked = 0.0
            trim()


def trim() -> None:
    if hasattr(LIBC, "malloc_trim"):
        LIBC.malloc_trim(0)
