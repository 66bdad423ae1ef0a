"""Fixtures that every test may ask for."""

from tests.support.servers import database, kafka, make_database, make_topic, postgres_server

__all__ = ["database", "kafka", "make_database", "make_topic", "postgres_server"]
