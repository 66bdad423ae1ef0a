"""Which revisions there are and which a database lacks, by reading the scripts' heads and the version tables.

Without alembic, which only `migrate` needs: a service asks once, when it starts, and would hold its modules for ever.
"""

import asyncio
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import asyncpg

from aftersales.errors import Failure

HERE: Final = Path(__file__).parent / "migrations"
REVISION: Final = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
BEFORE: Final = re.compile(r'^down_revision = (?:None|"(\w+)")$', re.MULTILINE)
CONNECT_TIMEOUT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Chain:
    versions: Path
    version_table: str

    def known(self) -> dict[str, str | None]:
        """Every revision with the one before it, oldest first."""
        before: dict[str, str | None] = {}
        for script in self.versions.rglob("*.py"):
            text = script.read_text(encoding="utf-8")
            revision, follows = REVISION.search(text), BEFORE.search(text)
            if revision is not None and follows is not None:
                before[revision[1]] = follows[1]
        return dict(sorted(before.items(), key=lambda each: (len(_way_to(each[0], before)), each[0])))

    def pending(self, applied: list[str]) -> list[str]:
        """The revisions not applied yet, oldest first; `applied` are the newest that are. Failure where one is not
        known here.
        """
        known = self.known()
        strangers = [head for head in applied if head not in known]
        if strangers:
            raise Failure(
                f"The database is at revision {strangers[0]}, which this version lacks. Install the newer version."
            )
        done = {revision for head in applied for revision in _way_to(head, known)}
        return [revision for revision in known if revision not in done]


def _way_to(revision: str, before: dict[str, str | None]) -> list[str]:
    """The revision and all before it."""
    way: list[str] = []
    at: str | None = revision
    while at is not None:
        way.append(at)
        at = before.get(at)
    return way


def chains(service: str) -> list[Chain]:
    """`service` is the package's name, such as order_tracking; the engine alone where it has no migrations."""
    found = [Chain(HERE / "versions", "alembic_version_engine")]
    package = find_spec(service)
    if package is not None and package.origin is not None:
        own = Path(package.origin).parent / "migrations"
        if own.is_dir():
            found.append(Chain(own, "alembic_version"))
    return found


def pending(service: str, database_url: str) -> list[str]:
    """The revisions that `migrate` would apply. Runs an event loop of its own."""
    return asyncio.run(_pending(service, database_url))


async def _pending(service: str, database_url: str) -> list[str]:
    connection = await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT)
    try:
        found: list[str] = []
        for chain in chains(service):
            rows = []
            if await connection.fetchval("select to_regclass($1) is not null", chain.version_table):
                rows = await connection.fetch(f"select version_num from {chain.version_table}")  # noqa: S608 - our names
            found.extend(chain.pending([row["version_num"] for row in rows]))
        return found
    finally:
        await connection.close()
