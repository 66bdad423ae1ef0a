"""Waiting for something outside to become true, bounded, without guessing how long it takes."""

import threading
from collections.abc import Callable

import pytest

LOOK_EVERY = 0.02


def until(true: Callable[[], object], what: str, within: float = 30.0) -> None:
    """Return as soon as it is true; the test fails when it is not after so many seconds."""
    clock = threading.Event()
    for _ in range(int(within / LOOK_EVERY)):
        if true():
            return
        clock.wait(LOOK_EVERY)
    pytest.fail(f"not within {within:.0f} s: {what}")
