"""One Postgres and one Kafka for all planted defects; fresh databases and fresh topics for each."""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from aftersales.errors import Failure
from aftersales.runtime import migrate, topics
from aftersales_local import kafka, postgres
from aftersales_local.kafka import Broker
from aftersales_local.places import TOPICS
from aftersales_local.ports import any_free_ports, ask
from aftersales_local.services import database_name
from aftersales_local.supervisor import Supervisor

# Fewer than in life: enough for two orders to lie apart, quickly made anew.
PARTITIONS: Final = 2
GONE_WITHIN: Final = 20.0
USED: Final = ("dispute", "notification")


@dataclass(frozen=True, slots=True)
class Servers:
    """Running servers, and the supervisor under which they and the services run."""

    home: Path
    supervisor: Supervisor
    postgres: postgres.Server
    broker: Broker

    def fresh_databases(self, services: Sequence[str], name: str) -> dict[str, str]:
        """A migrated database for each service, of this name's own."""
        made = {service: f"{database_name(service)}_{name}".replace("-", "_") for service in services}
        for service, database in made.items():
            ask(_copy(self.postgres.url, template_of(service), database))
        return {service: self.postgres.database(database) for service, database in made.items()}

    def fresh_topics(self) -> None:
        """The topics as declared, empty."""
        ask(_emptied(self.broker.bootstrap))


@contextmanager
def servers(home: Path) -> Iterator[Servers]:
    """Started, and stopped with everything that runs under their supervisor. Failure without Apache Kafka."""
    choice = kafka.choose(os.environ)
    if choice.kind != kafka.APACHE:
        raise Failure(
            f"Topics are made anew for every defect, which only our own Apache Kafka lets us do: {choice.why}."
        )
    shutil.rmtree(home, ignore_errors=True)
    supervisor = Supervisor(home / "logs")
    try:
        database = postgres.embedded_server(home / "postgres", durable=False)
        port, controller = any_free_ports(2)
        broker = kafka.broker(choice, os.environ, home / "kafka", (port, controller), durable=False)
        assert database.program is not None
        assert broker.program is not None
        supervisor.until_ready(*[supervisor.start(program) for program in (database.program, broker.program)])
        for service in USED:
            ask(postgres.ensure_databases(database.url, (template_of(service),)))
            migrate.migrate(database_name(service), database.database(template_of(service)))
        yield Servers(home, supervisor, database, broker)
    finally:
        supervisor.stop()


def template_of(service: str) -> str:
    return f"template_{database_name(service)}"


async def _copy(url: str, template: str, name: str) -> None:
    connection = await postgres.connected(url)
    try:
        await connection.execute(f'drop database if exists "{name}" with (force)')
        await connection.execute(f'create database "{name}" template "{template}"')
    finally:
        await connection.close()


async def _emptied(bootstrap: str) -> None:
    declared = tuple(replace(topic, partitions=PARTITIONS) for topic in topics.declared(TOPICS))
    names = {topic.name for topic in declared}
    async with topics.admin(bootstrap) as client:
        there = names & set(await client.list_topics())
        if there:
            await client.delete_topics(sorted(there))
        give_up = time.monotonic() + GONE_WITHIN
        while names & set(await client.list_topics()):
            if time.monotonic() > give_up:
                raise Failure(f"Kafka did not delete its topics within {GONE_WITHIN:.0f} s.")
    await topics.apply(bootstrap, declared)
