"""Hints between processes over LISTEN and NOTIFY: a lost one costs a poll's time, never an event."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import asyncpg
import structlog

from aftersales.runtime.postgres import CONNECT_TIMEOUT, Connection

LOG: Final = structlog.get_logger()
CLOCK: Final = "clock"
OUTBOX: Final = "outbox"
CHECK_EVERY: Final = 10.0
BACK_OFF: Final = 1.0


async def notify(connection: Connection, channel: str) -> None:
    """Never inside a unit: a commit that notifies takes a database-wide lock."""
    await connection.execute("select pg_notify($1, '')", channel)


async def listen(url: str, callbacks: Mapping[str, Callable[[], None]]) -> None:
    """Call a channel's callback when it is notified and after every connection. Ends only by cancellation."""
    while True:
        try:
            await _listen(url, callbacks)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            LOG.warning("hints from other processes are not heard for now", problem=repr(problem))
            await asyncio.sleep(BACK_OFF)


async def _listen(url: str, callbacks: Mapping[str, Callable[[], None]]) -> None:
    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT, server_settings={"application_name": "listen"})
    lost = asyncio.Event()
    connection.add_termination_listener(_listener(lost.set))
    try:
        for channel, callback in callbacks.items():
            await connection.add_listener(channel, _listener(callback))
            callback()
        while not lost.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), CHECK_EVERY)
                break
            await connection.execute("select 1", timeout=CONNECT_TIMEOUT)
    finally:
        with suppress(Exception):
            await connection.close(timeout=BACK_OFF)


def _listener(callback: Callable[[], None]) -> Callable[..., None]:
    def heard(*_: Any) -> None:
        callback()

    return heard
