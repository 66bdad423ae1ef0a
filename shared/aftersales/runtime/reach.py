"""How an operator's command reaches a service's database, and how it shows rows.

The database is that of the local stack where one has been started, else the one DATABASE_URL names.
"""

import asyncio
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg
import orjson
import structlog
from rich.console import Console
from rich.table import Table

from aftersales.errors import Failure
from aftersales.policy.parse import load_book
from aftersales.runtime.postgres import Pool, open_pool
from aftersales.runtime.unit import Unit
from aftersales.service import Service

SERVICES: Final = ("order-tracking", "dispute", "arbitration", "notification")
STACKS: Final = (".local/stack.json", ".local/demo/stack.json")
SHOWN: Final = 60
POOL: Final = 3
WIDE: Final = 250

Result = TypeVar("Result")
Row = Mapping[str, Any]


def known(service: str) -> str:
    name = service.replace("_", "-")
    if name not in SERVICES:
        raise Failure(f"{service} is not a service. Services are {', '.join(SERVICES)}.")
    return name


def package(service: str) -> str:
    return service.replace("-", "_")


def built(service: str) -> bool:
    return importlib.util.find_spec(package(service)) is not None


def stack() -> dict[str, str]:
    """The DSN of each service of the local stack, as `aftersales status` finds it: the usual one before a demo's.

    Empty where there is none.
    """
    for path in (home / name for home in (Path.cwd(), Path(sys.prefix).parent) for name in STACKS):
        try:
            databases = json.loads(path.read_text())["databases"]
            return {str(name): str(dsn) for name, dsn in databases.items()}
        except (OSError, ValueError, KeyError, AttributeError):
            continue
    return {}


def address(service: str) -> str:
    found = stack().get(known(service)) or os.environ.get("DATABASE_URL")
    if not found:
        raise Failure(f"DATABASE_URL is not set. Set it to {service}'s own database, or run `aftersales up`.")
    return found


def service_named(name: str) -> Service:
    """Found by its name, when asked for: this package knows no service."""
    found = importlib.import_module(f"{package(known(name))}.handlers").SERVICE
    assert isinstance(found, Service)
    return found


def instant(text: str, option: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(f"{option} is not an instant. Write it as 2025-05-06T09:00:00Z.") from None
    if instant.tzinfo is None:
        raise Failure(f"{option} lacks its zone. Write it as 2025-05-06T09:00:00Z.")
    return instant.astimezone(UTC)


def told(ask: Callable[[], Result]) -> Result:
    """What the database will not do becomes a sentence."""
    try:
        return ask()
    except asyncpg.UndefinedTableError as problem:
        raise Failure(f"The database is not migrated ({problem}). Run `aftersales migrate`.") from problem
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        raise Failure(
            f"The database does not do it: {problem}. Check DATABASE_URL, or run `aftersales up`."
        ) from problem


def with_pool(service: str, work: Callable[[Pool], Awaitable[Result]]) -> Result:
    at = address(service)

    async def run() -> Result:
        pool = await open_pool(at, size=POOL, name="operations")
        try:
            return await work(pool)
        finally:
            await pool.close()

    return told(lambda: asyncio.run(run()))


def with_unit(service: str, work: Callable[[Unit], Awaitable[Result]]) -> Result:
    found = service_named(service)
    # What the engine has to say meanwhile is not the command's output.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    folder = os.environ.get("AFTERSALES_POLICY_DIR")
    policies = load_book(Path(folder) if folder else None)
    return with_pool(service, lambda pool: work(Unit(found, pool, policies)))


def rows(service: str, query: str, *arguments: Any) -> Sequence[Row]:
    async def work(pool: Pool) -> list[Row]:
        return [dict(row) for row in await pool.fetch(query, *arguments)]

    return with_pool(service, work)


def plain(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            # jsonb comes as its bytes, too; shown as what it says.
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value.decode(errors="backslashreplace")
    return value if isinstance(value, (int, str, type(None))) else str(value)


def show(found: Sequence[Row], as_json: bool, none: str) -> None:
    if as_json:
        for row in found:
            line = json.dumps({name: plain(value) for name, value in row.items()}, ensure_ascii=False)
            sys.stdout.write(f"{line}\n")
        return
    if not found:
        sys.stdout.write(f"{none}\n")
        return
    table = Table(*found[0], box=None, pad_edge=False)
    for row in found:
        table.add_row(*(short(plain(value)) for value in row.values()))
    # A file or a pipe gets whole lines; a terminal its own width.
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else WIDE).print(table)


def short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
