"""Migrations: the engine's chain first, then the service's own, each with a version table of its own.

A service keeps plain alembic scripts in `<package>/migrations/` (sub-folders are searched, no env.py); its version
table is `alembic_version`, the engine's is `alembic_version_engine`. Both chains run in one transaction: a database is
migrated or as it was.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from aftersales.runtime.revisions import CONNECT_TIMEOUT, HERE, Chain, chains

# Any number; two processes of one service may start at the same moment, and only one may migrate.
LOCK: Final = 6_181_253


def migrate(service: str, database_url: str) -> None:
    """Bring the service's database up to date; waits for another that is doing so. Runs an event loop of its own."""

    def work(connection: Connection) -> None:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        for chain in chains(service):
            config = config_of(chain)
            config.attributes["connection"] = connection
            command.upgrade(config, "heads")

    _connected(database_url, work)


def config_of(chain: Chain) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("version_locations", str(chain.versions))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("recursive_version_locations", "true")
    config.attributes["version_table"] = chain.version_table
    return config


def _connected(database_url: str, work: Callable[[Connection], None]) -> None:
    async def run() -> None:
        # The driver reads the DSN itself: SQLAlchemy's URL lacks some of its forms, sockets among them.
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT),
            poolclass=NullPool,
        )
        try:
            async with engine.begin() as connection:
                await connection.run_sync(work)
        finally:
            await engine.dispose()

    asyncio.run(run())
