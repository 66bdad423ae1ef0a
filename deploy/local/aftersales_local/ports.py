"""Ports on 127.0.0.1 that nobody uses."""

import asyncio
import socket
from collections.abc import Coroutine
from typing import TypeVar

from aftersales.errors import Failure

LOOPBACK = "127.0.0.1"
TRIED = 200

Answer = TypeVar("Answer")


def free_port(preferred: int, taken: frozenset[int] = frozenset()) -> int:
    """The preferred port, or the next free one after it; `taken` are promised to others that do not listen yet."""
    for port in range(preferred, preferred + TRIED):
        if port not in taken and is_free(port):
            return port
    raise Failure(f"No port between {preferred} and {preferred + TRIED} is free on {LOOPBACK}. Stop what holds them.")


def any_free_ports(count: int) -> list[int]:
    """Ports of the system's choice, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # A port in TIME_WAIT is free to a server, which sets the same option.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def ask(question: Coroutine[None, None, Answer]) -> Answer:
    """Run it on a loop of its own, leaving the thread's current loop as it is (a test runner has one)."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(question)
