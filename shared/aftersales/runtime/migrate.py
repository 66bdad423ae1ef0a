"""Migrations: the engine's chain first, then the service's own, each with a version table of its own.

A service keeps plain alembic scripts in `<package>/migrations/` (sub-folders are searched, no env.py); its version
table is `alembic_version`, the engine's is `alembic_version_engine`. Both chains run in one transaction: a database is
migrated or as it was.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from aftersales.errors import Failure

HERE: Final = Path(__file__).parent / "migrations"
# Any number; two processes of one service may start at the same moment, and only one may migrate.
LOCK: Final = 6_181_253
CONNECT_TIMEOUT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Chain:
    versions: Path
    version_table: str

    @property
    def config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(HERE))
        config.set_main_option("version_locations", str(self.versions))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("recursive_version_locations", "true")
        config.attributes["version_table"] = self.version_table
        return config

    def run(self, connection: Connection) -> None:
        config = self.config
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")

    def pending(self, connection: Connection) -> list[str]:
        """The revisions not applied yet, oldest first."""
        applied = MigrationContext.configure(connection, opts={"version_table": self.version_table}).get_current_heads()
        scripts = ScriptDirectory.from_config(self.config)
        known = {script.revision for script in scripts.walk_revisions()}
        strangers = [head for head in applied if head not in known]
        if strangers:
            raise Failure(
                f"The database is at revision {strangers[0]}, which this version lacks. Install the newer version."
            )
        done = {script.revision for script in scripts.iterate_revisions(tuple(applied), "base")} if applied else set()
        return [script.revision for script in reversed(list(scripts.walk_revisions())) if script.revision not in done]


def chains(service: str) -> list[Chain]:
    """`service` is the package's name, such as order_tracking; the engine alone where it has no migrations."""
    found = [Chain(HERE / "versions", "alembic_version_engine")]
    package = find_spec(service)
    if package is not None and package.origin is not None:
        own = Path(package.origin).parent / "migrations"
        if own.is_dir():
            found.append(Chain(own, "alembic_version"))
    return found


def migrate(service: str, database_url: str) -> None:
    """Bring the service's database up to date; waits for another that is doing so. Runs an event loop of its own."""

    def work(connection: Connection) -> None:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        for chain in chains(service):
            chain.run(connection)

    _connected(database_url, work)


def pending(service: str, database_url: str) -> list[str]:
    """The revisions that `migrate` would apply."""
    found: list[str] = []

    def work(connection: Connection) -> None:
        for chain in chains(service):
            found.extend(chain.pending(connection))

    _connected(database_url, work)
    return found


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
