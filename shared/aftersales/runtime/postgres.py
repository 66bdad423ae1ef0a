"""Connections for units: asyncpg's own, because COPY through SQLAlchemy's adapter runs outside the transaction
(measured).

jsonb travels as JSON bytes in both directions: states are encoded once, by msgspec, and never parsed on the way.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from aftersales.errors import Failure

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

# The only version of jsonb's binary form there has ever been.
JSONB_VERSION: Final = b"\x01"
SETTINGS: Final = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "15s",
    "timezone": "UTC",
}
CONNECT_TIMEOUT: Final = 10.0
COMMAND_TIMEOUT: Final = 15.0

# What a later attempt may cure: connections, locks, resources, operators (dangers A25). 40: deadlock, 53: disk or
# memory, 55: lock not available, 57: shutdown or time-out, 58: the system beneath.
PASSING_CLASSES: Final = ("08", "25", "40", "53", "55", "57", "58")
# What no attempt will ever cure: bad data, a violated constraint, a trigger's refusal, a limit of the server.
LASTING_CLASSES: Final = ("22", "23", "54", "P0")
PARAMETER: Final = re.compile(r"\$(\d+)")


class Part(NamedTuple):
    """A statement among those that go to Postgres together, with its arguments."""

    sql: str
    arguments: tuple[Any, ...]


async def open_pool(url: str, *, size: int, name: str) -> Pool:
    """A pool of at most `size` connections; Failure with one sentence when nothing answers. `name` is shown to
    operators.
    """
    try:
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            init=prepare,
            reset=as_it_is,
            timeout=CONNECT_TIMEOUT,
            command_timeout=COMMAND_TIMEOUT,
            server_settings={**SETTINGS, "application_name": name},
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as problem:
        raise Failure(
            f"Postgres does not let us in ({problem}). Check DATABASE_URL, or run `aftersales up`."
        ) from problem


async def as_it_is(_connection: object) -> None:
    """Nothing of ours outlives a transaction in a session, so asyncpg's own reset would be a round trip for nothing."""


async def prepare(connection: Connection) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=_to_jsonb, decoder=_from_jsonb, schema="pg_catalog", format="binary"
    )


async def together(connection: Connection, parts: Sequence[Part]) -> None:
    """All of them in one round trip, in their order; what one writes another does not see."""
    if parts:
        # Postgres runs what changes data from the last to the first.
        last_first = parts[::-1]
        arguments = [argument for part in last_first for argument in part.arguments]
        await connection.execute(_joined(tuple(part.sql for part in last_first)), *arguments)


@lru_cache(maxsize=1024)
def _joined(statements: tuple[str, ...]) -> str:
    if len(statements) == 1:
        return statements[0]
    numbered: list[str] = []
    before = 0
    for number, sql in enumerate(statements):
        pieces = PARAMETER.split(sql)
        own = [int(piece) for piece in pieces[1::2]]
        pieces[1::2] = [f"${before + each}" for each in own]
        numbered.append(f"p{number} as ({''.join(pieces)})")
        before += max(own)
    return f"with {', '.join(numbered)} select"


def to_json(value: Any) -> bytes | None:
    """JSON as it is, None for none, anything else encoded."""
    return value if value is None or isinstance(value, bytes) else orjson.dumps(value, default=plain)


def _to_jsonb(value: Any) -> bytes:
    return JSONB_VERSION + (value if isinstance(value, bytes) else orjson.dumps(value, default=plain))


def _from_jsonb(value: bytes) -> bytes:
    return bytes(value[1:])


def plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (tuple, frozenset, set)):
        return list(value)
    raise TypeError(f"{type(value).__name__} does not go into JSON")


def is_lasting(problem: BaseException) -> bool:
    """Whether the same unit would fail again for ever: what it carries is at fault, not the moment."""
    if isinstance(problem, asyncpg.PostgresError):
        return str(problem.sqlstate or "")[:2] in LASTING_CLASSES
    # What asyncpg says when a value does not fit its column, before anything is sent.
    return isinstance(problem, (asyncpg.DataError, TypeError, ValueError, OverflowError))


def is_passing(problem: BaseException) -> bool:
    """Whether to try again later: the database is away, busy or starting."""
    if isinstance(problem, asyncpg.PostgresError):
        return str(problem.sqlstate or "")[:2] in PASSING_CLASSES
    return isinstance(problem, (OSError, TimeoutError, asyncpg.InterfaceError))
