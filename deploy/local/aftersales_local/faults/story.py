"""The full story of one dispute: what was said to us, what every service wrote down of it, what was told to whom."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from aftersales_local.faults.checking import Violation
from aftersales_local.faults.record import CLIENT, PRODUCED
from aftersales_local.postgres import connected
from aftersales_local.state import Stack

MOST_ROWS: Final = 200
TABLES: Final = """
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by c.relname
"""
# Bodies are bytes in the outbox; a person wants to read them.
SAID: Final = """
    select jsonb_build_object('id', id, 'topic', topic, 'type', type, 'headers', headers, 'sent_at', sent_at,
        'body', convert_from(body, 'UTF8')::jsonb) as row
    from outbox where subject ~ $1 or convert_from(body, 'UTF8') ~ $1 order by id limit $2
"""
SIZE: Final = "select count(*) from history where subject ~ $1"


async def smallest(stack: Stack, folder: Path, violations: Iterable[Violation]) -> dict[str, Any] | None:
    """The dispute, or else the order, with the fewest decisions among those that are named; None where none is."""
    names = sorted({each.dispute or each.order for each in violations} - {""})
    sizes = {name: await _size(stack, pattern(name)) for name in names}
    if not sizes:
        return None
    name = min(names, key=lambda each: (sizes[each], each))
    wrong = [each.sentence for each in violations if name in (each.dispute, each.order)]
    return {"of": name, "wrong": wrong, **await told(stack, folder, name)}


async def told(stack: Stack, folder: Path, name: str) -> dict[str, Any]:
    return {
        "published": _lines(folder / PRODUCED, name),
        "commands": _lines(folder / CLIENT, name),
        "services": {service: await _rows(dsn, pattern(name)) for service, dsn in stack.databases.items()},
    }


def pattern(name: str) -> str:
    """For Postgres: the name itself, and not as the beginning of a longer one."""
    return rf"\m{re.escape(name)}\M"


def _lines(file: Path, name: str) -> Sequence[Mapping[str, Any]]:
    whole = re.compile(rf"\b{re.escape(name)}\b")
    return [orjson.loads(line) for line in file.read_text().splitlines() if whole.search(line)]


async def _size(stack: Stack, name: str) -> int:
    found = 0
    for dsn in stack.databases.values():
        connection = await connected(dsn)
        try:
            found += await connection.fetchval(SIZE, name)
        finally:
            await connection.close()
    return found


async def _rows(dsn: str, name: str) -> dict[str, list[Any]]:
    """Every row that names it, by table."""
    connection = await connected(dsn)
    try:
        found = {"outbox": [orjson.loads(row["row"]) for row in await connection.fetch(SAID, name, MOST_ROWS)]}
        for table in [row["name"] for row in await connection.fetch(TABLES)]:
            if table not in found:
                rows = await connection.fetch(
                    f'select to_jsonb(t)::text as row from "{table}" t where to_jsonb(t)::text ~ $1 limit $2',  # noqa: S608 - from the catalogue
                    *(name, MOST_ROWS),
                )
                found[table] = [orjson.loads(row["row"]) for row in rows]
        return {table: rows for table, rows in found.items() if rows}
    finally:
        await connection.close()
