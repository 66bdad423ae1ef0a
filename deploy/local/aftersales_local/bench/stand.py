"""The benchmark's servers: Postgres with fsync on, Kafka, the token issuer, and the services that a figure needs."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import asyncpg
import psutil

from aftersales.errors import Failure
from aftersales.runtime import migrate, topics
from aftersales_local import kafka, postgres
from aftersales_local.bench import broker
from aftersales_local.places import TOPICS
from aftersales_local.ports import any_free_ports
from aftersales_local.services import ISSUER, SERVICES, database_name, issuer_program, service_program
from aftersales_local.supervisor import Child, Supervisor

PREFIX: Final = "bench_"
PEERS: Final = f"{PREFIX}peers"
# A service stands still while its work is put before it; at the local time-out it would lose its partitions meanwhile.
SESSION_TIMEOUT: Final = "AFTERSALES_KAFKA_SESSION_TIMEOUT_MS"
LONG_ENOUGH_MS: Final = "30000"
DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")


class Stand:
    """Everything is of its own: databases named `bench_...`, and a broker whose topics are made anew for every figure.

    durable: what Postgres says of its own settings. resident: by service, the bytes each process of it held in memory
    when its part of the benchmark was over.
    """

    def __init__(self, home: Path, say: Callable[[str], None]) -> None:
        self.home = home
        self.durable: dict[str, str] = {}
        self.resident: dict[str, list[int]] = {}
        self.told: list[str] = []
        self.ports: dict[str, int] = {}
        self._say = say
        self._supervisor = Supervisor(home / "logs")
        self._running: list[tuple[str, Child]] = []

    async def __aenter__(self) -> Self:
        try:
            await asyncio.to_thread(self._start)
            await self._assert_durable()
        except BaseException:
            self._supervisor.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_services()
        await asyncio.to_thread(self._supervisor.stop)

    def _start(self) -> None:
        if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
            raise Failure(
                "KAFKA_BOOTSTRAP_SERVERS names a broker, and the benchmark deletes topics between its figures. "
                "Leave it out: a broker of the benchmark's own is started."
            )
        choice = kafka.choose(os.environ)
        if choice.kind != kafka.APACHE:
            raise Failure(f"The benchmark needs Apache Kafka. {choice.why}. Install Java 17 or newer, and Maven.")
        for name in ("postgres", "kafka", "logs"):
            shutil.rmtree(self.home / name, ignore_errors=True)
        named = os.environ.get("DATABASE_URL")
        self.server = postgres.named_server(named) if named else postgres.embedded_server(self.home / "postgres")
        port, controller, issuer = any_free_ports(3)
        self.broker = kafka.broker(choice, os.environ, self.home / "kafka", (port, controller))
        self.ports[ISSUER] = issuer
        programs = (self.server.program, self.broker.program, issuer_program(self.home / "keys", issuer))
        children = [self._supervisor.start(program) for program in programs if program is not None]
        self._supervisor.until_ready(*children)
        self._tell(f"Kafka {kafka.VERSION} at {self.broker.bootstrap}: {self.broker.why}.")

    async def _assert_durable(self) -> None:
        connection = await postgres.connected(self.server.url)
        try:
            self.durable = {name: str(await connection.fetchval(f"show {name}")) for name in DURABLE}
            version = await connection.fetchval("show server_version")
        finally:
            await connection.close()
        settings = ", ".join(f"{name}={value}" for name, value in self.durable.items())
        self._tell(f"Postgres {version}: {self.server.why}; {settings}.")
        wrong = [name for name, value in self.durable.items() if value != "on"]
        if wrong:
            raise Failure(f"Postgres runs with {wrong[0]}={self.durable[wrong[0]]}; figures would be worth nothing.")

    # -- databases and topics ------------------------------------------------------------------------------------------

    def database(self, service: str) -> str:
        return self.server.database(f"{PREFIX}{database_name(service)}")

    async def connect(self, service: str) -> "asyncpg.Connection[asyncpg.Record]":
        return await postgres.connected(self.database(service))

    async def fresh(self) -> None:
        """Stop the services; empty databases, migrated, and empty topics."""
        await self.stop_services()
        names = tuple(f"{PREFIX}{database_name(service)}" for service in SERVICES)
        await postgres.drop_databases(self.server.url, names)
        await postgres.ensure_databases(self.server.url, names)
        for service in SERVICES:
            await asyncio.to_thread(migrate.migrate, database_name(service), self.database(service))
        declared = topics.declared(TOPICS)
        await broker.delete_topics(self.broker.bootstrap, [topic.name for topic in declared])
        await topics.apply(self.broker.bootstrap, declared)

    async def fresh_for_a_peer(self) -> str:
        """The DSN of an empty database."""
        await self.stop_services()
        await postgres.drop_databases(self.server.url, (PEERS,))
        await postgres.ensure_databases(self.server.url, (PEERS,))
        return self.server.database(PEERS)

    # -- services ------------------------------------------------------------------------------------------------------

    async def start(self, *services: str) -> None:
        """Start these and wait until they may be sent work; the same name twice is two processes of one service."""
        children = []
        for service in services:
            [port] = any_free_ports(1)
            self.ports[service] = port
            self.ports.setdefault("dispute", port)
            program = service_program(service, self.database(service), self.broker, self.ports)
            patient = {**(program.environment or {}), SESSION_TIMEOUT: LONG_ENOUGH_MS}
            child = self._supervisor.start(replace(program, environment=patient))
            self._running.append((service, child))
            children.append(child)
        await asyncio.to_thread(self._supervisor.until_ready, *children)

    def processes(self) -> list[tuple[str, psutil.Process]]:
        return [(service, psutil.Process(child.pid)) for service, child in self._running]

    async def stop_services(self) -> None:
        """Note what each holds in memory, then stop them."""
        for service, process in self.processes():
            if process.is_running():
                self.resident.setdefault(service, []).append(process.memory_info().rss)
        for _, child in self._running:
            child.ask_to_stop()
        for _, child in self._running:
            await asyncio.to_thread(child.stop)
            self._supervisor.children.remove(child)
        self._running.clear()

    def standing_still(self) -> "StandingStill":
        return StandingStill([process for _, process in self.processes()])

    def _tell(self, sentence: str) -> None:
        self.told.append(sentence)
        self._say(sentence)


class StandingStill:
    """Within it the processes are stopped by the kernel; they go on where they were at its end."""

    def __init__(self, processes: Iterable[psutil.Process]) -> None:
        self._processes = list(processes)

    def __enter__(self) -> None:
        for process in self._processes:
            process.suspend()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.resume()
