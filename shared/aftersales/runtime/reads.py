"""Queries for people and programs that ask: SQLAlchemy writes them, asyncpg runs them.

SQLAlchemy's own asynchronous engine imports its object mapper, which nothing here uses: 8 MB of every service.
"""

from typing import Any, Final

import asyncpg
import orjson
import structlog
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql.compiler import SQLCompiler

from aftersales.errors import Refused
from aftersales.runtime import postgres

LOG: Final = structlog.get_logger()
CONNECTIONS: Final = 10
DIALECT: Final = dialect()  # type: ignore[no-untyped-call]


class Row(asyncpg.Record):
    """Its columns are attributes too, but for those named as what every record has: get, items, keys, values."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Reads:
    """Every transaction of it is read-only, so that nothing but the unit ever writes.

    Raises Refused 503 `unavailable` while the database is away or busy.
    """

    def __init__(self, pool: "asyncpg.Pool[Row]") -> None:
        self._pool = pool

    async def rows(self, query: ClauseElement) -> list[Row]:
        # An IN of several values is spelled out, for asyncpg knows nothing of lists that grow.
        compiled = query.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
        assert isinstance(compiled, SQLCompiler)
        values = [compiled.params[name] for name in compiled.positiontup or ()]
        try:
            async with self._pool.acquire(timeout=postgres.CONNECT_TIMEOUT) as connection:
                return await connection.fetch(str(compiled), *values)
        except Exception as problem:
            if not postgres.is_passing(problem):
                raise
            LOG.warning("a query could not be answered", problem=repr(problem))
            raise Refused(
                "unavailable", "This cannot be read at the moment. Ask again.", 503, retry_after=2
            ) from problem

    async def row(self, query: ClauseElement) -> Row | None:
        """The only row; None where there is none."""
        found = await self.rows(query)
        if len(found) > 1:
            raise LookupError(f"{len(found)} rows where one was expected")
        return found[0] if found else None

    async def scalar(self, query: ClauseElement) -> Any:
        """The only value; None where there is none."""
        row = await self.row(query)
        return None if row is None else row[0]

    async def close(self) -> None:
        await self._pool.close()


async def open_reads(url: str, name: str) -> Reads:
    """Connects with the first query, not before. `name` is shown to operators."""
    settings = {**postgres.SETTINGS, "application_name": f"{name}-reads", "default_transaction_read_only": "on"}
    return Reads(
        await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=CONNECTIONS,
            record_class=Row,
            init=_prepare,
            reset=postgres.as_it_is,
            timeout=postgres.CONNECT_TIMEOUT,
            command_timeout=postgres.COMMAND_TIMEOUT,
            server_settings=settings,
        )
    )


async def _prepare(connection: "asyncpg.Connection[Row] | PoolConnectionProxy[Row]") -> None:
    await connection.set_type_codec("jsonb", encoder=str, decoder=orjson.loads, schema="pg_catalog")
