"""Fixtures for rules in memory."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own clock is eight hours ahead of UTC."""
    with monkeypatch.context() as here:
        here.setenv("TZ", "CST-8")
        time.tzset()
        yield
    time.tzset()
