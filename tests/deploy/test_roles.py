"""deploy/postgres/roles.sh on a real, empty server: each service has a database, and nobody else gets into it."""

import os
import subprocess
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from aftersales_local import postgres
from aftersales_local.places import ROOT
from tests.deploy.compose import SECRETS
from tests.support.servers import private_folder, running

NAMES = ("order_tracking", "dispute", "arbitration", "notification")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of its own: roles belong to the whole server."""
    with private_folder("aftersales-roles-") as folder:
        made = postgres.embedded_server(folder, durable=False)
        assert made.program is not None
        with running(made.program, folder):
            [socket] = parse_qs(urlsplit(made.url).query)["host"]
            path = f"{postgres.PROGRAMS}:{os.environ['PATH']}"
            subprocess.run(
                ["sh", ROOT / "deploy" / "postgres" / "roles.sh"],
                env={**SECRETS, "PATH": path, "PGHOST": socket},
                check=True,
                timeout=30,
            )
            yield socket


@pytest.mark.parametrize("name", NAMES)
async def test_a_service_gets_into_its_own_database_alone(name: str, server: str) -> None:
    own = await asyncpg.connect(host=server, user=name, database=name)
    assert (
        await own.fetchval("select rolsuper or rolcreatedb or rolcreaterole from pg_roles where rolname = $1", name)
        is False
    )
    await own.execute("create table t (n int)")
    await own.close()
    for other in set(NAMES) - {name}:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(host=server, user=name, database=other)


async def test_passwords_are_kept_as_scram(server: str) -> None:
    connection = await asyncpg.connect(host=server, user="postgres", database="postgres")
    rows = await connection.fetch("select rolpassword from pg_authid where rolname = any($1::text[])", NAMES)
    await connection.close()
    assert [row["rolpassword"].startswith("SCRAM-SHA-256$") for row in rows] == [True] * 4
