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
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aftersales.errors import Failure

ANSWERS_WITHIN: Final = 8
BACKLOG: Final = 2_048
TOOK_TOO_LONG: Final = 75
INTERRUPTED: Final = 130
LARGEST_HEAD: Final = 32 * 1024
# From the connection, or the first byte of a further request, to the end of the request's head.
HEAD_WITHIN: Final = 10.0


class Server(uvicorn.Server):
    """uvicorn without its signal handlers."""

    def __init__(self, app: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Bounded,
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


class Bounded(HttpToolsProtocol):
    """uvicorn's protocol, with the bounds it lacks: the head of a request must end, soon and before it is large."""

    _in_body = False
    _head = 0
    _impatience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._in_body:
            self._head += len(data)
            self._wait_for_head()
        super().data_received(data)
        if self._head > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_headers_complete(self) -> None:
        self._head_is_there()
        self._in_body = True
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            # Raised into the parser, which makes it a 400.
            raise ValueError("the head of the request is too large")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def _wait_for_head(self) -> None:
        if self._impatience is None:
            self._impatience = self.loop.call_later(HEAD_WITHIN, self.transport.close)

    def _head_is_there(self) -> None:
        self._head = 0
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None


def bound(host: str, port: int) -> socket.socket:
    """A socket bound to the address; Failure when it is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # TCP by name: else asyncio's own loop leaves Nagle on, and answers on a kept connection take 40 ms (measured).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
