"""Fixtures that every test may ask for."""

import signal

import pytest

from tests.support.servers import database, kafka, make_database, make_topic, postgres_server

__all__ = ["database", "kafka", "make_database", "make_topic", "postgres_server"]

# Whoever runs us in the background may have Ctrl-C ignored, and every child would inherit that; several tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--examples", type=int, default=5, help="Requests invented for each HTTP operation (test_openapi)."
    )
