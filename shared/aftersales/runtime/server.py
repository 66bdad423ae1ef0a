"""uvicorn as this system runs it, on a socket bound before anything else starts; and the signals, which are ours.

uvicorn would raise SIGTERM again and kill the engine beside it before that has drained (measured).
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any, Final

import uvicorn

from aftersales.errors import Failure

ANSWERS_WITHIN: Final = 8
BACKLOG: Final = 2_048
TOOK_TOO_LONG: Final = 75
INTERRUPTED: Final = 130


class Server(uvicorn.Server):
    """uvicorn without its signal handlers."""

    def __init__(self, app: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_graceful_shutdown=ANSWERS_WITHIN,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bound(host: str, port: int) -> socket.socket:
    """A socket bound to the address; Failure when it is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as problem:
        listener.close()
        raise Failure(
            f"AFTERSALES_HTTP_PORT is {port}, where nothing can listen on {host} ({problem.strerror}). Choose another."
        ) from problem
    return listener


@contextlib.contextmanager
def on_signals(stopping: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stopping`; a second SIGINT ends the process at once."""
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        if stopping.is_set():
            os._exit(INTERRUPTED)
        stopping.set()

    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    loop.add_signal_handler(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        loop.remove_signal_handler(signal.SIGINT)


def end_by_force_after(seconds: float) -> None:
    """From a thread: a loop that hangs cannot end itself."""

    def end() -> None:
        sys.stderr.write(f"It did not end by itself within {seconds:.0f} s of being told to.\n")
        sys.stderr.flush()
        os._exit(TOOK_TOO_LONG)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
