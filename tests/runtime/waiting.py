"""The one way tests wait: for a condition, with a bound."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def eventually(condition: Callable[[], Awaitable[object]], *, within: float = 15.0, what: str = "") -> None:
    """Return once `condition` is true; fail after `within` seconds."""
    give_up = time.monotonic() + within
    while not await condition():
        assert time.monotonic() < give_up, f"not within {within} s: {what or getattr(condition, '__name__', 'it')}"
        await asyncio.sleep(0.02)


def at_once() -> asyncio.Event:
    """For a reader: what comes is wanted as it comes."""
    event = asyncio.Event()
    event.set()
    return event
