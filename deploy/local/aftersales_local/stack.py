"""The stack in its order: Postgres and Kafka, databases and topics, migrations, the token issuer, the four services."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from aftersales.errors import Failure
from aftersales.runtime import migrate, settings, topics
from aftersales.runtime.kafka_security import security_of
from aftersales_local import kafka, postgres, state
from aftersales_local.options import Options
from aftersales_local.places import TOPICS
from aftersales_local.ports import any_free_ports, ask, free_port
from aftersales_local.services import (
    ISSUER,
    SERVICES,
    address,
    choose_ports,
    database_name,
    issuer_program,
    marketplace_program,
    service_program,
)
from aftersales_local.supervisor import Child, Program, Supervisor

KAFKA_PORT = 9092
DATABASES = tuple(database_name(service) for service in SERVICES)
# Beside the data: from which broker and under which clock it was filled. They belong together, for the databases know
# the log's offsets and hold instants of that clock.
FILLED_FROM = "filled-from"


def refuse_unknown_settings() -> None:
    """A misspelt setting would otherwise be left out in silence, for the services get only what they know."""
    unknown = sorted(name for name in os.environ if name.startswith(settings.PREFIX) and name not in settings.ALIASES)
    if unknown:
        raise Failure(f"{unknown[0]} is not a setting. Correct its name or remove it.")


class LocalStack:
    """Starts everything under one supervisor and keeps `stack.json` true meanwhile; `say` gets a sentence a step."""

    def __init__(self, home: Path, options: Options, say: Callable[[str], None]) -> None:
        self.home = home
        self.supervisor = Supervisor(home / "logs")
        self.options = options
        self.state = state.Stack(supervisor=state.me(), clock="simulated" if options.simulated_from else "real")
        self._say = say

    def start(self) -> None:
        """Return when every part has answered; Failure or Stopped otherwise, and then `stop` is still to be called."""
        self.state.write(self.home)
        refuse_unknown_settings()
        choice = kafka.choose(os.environ)
        self._keep_only_fitting_data(choice.kind)
        server = self._start_postgres()
        broker = self._start_kafka(choice)
        self._remember_what_fills_it(choice.kind)
        self._prepare(server, broker)
        self._start_services(broker)
        self.state.ready = True
        self.state.write(self.home)

    def watch(self) -> None:
        """Start again who dies, until the stack is told to stop."""
        while not self.supervisor.stopping.wait(0.2):
            if self.supervisor.look():
                self._record()

    def stop(self) -> None:
        self.supervisor.stop()
        state.forget(self.home)

    def _keep_only_fitting_data(self, kind: str) -> None:
        filled = self.home / FILLED_FROM
        now = f"{kind} {self.state.clock}"
        before = filled.read_text().strip() if filled.exists() else now
        if before != now or kind == kafka.TANSU or self.options.fresh:
            if filled.exists() and not self.options.fresh and before != now and not before.startswith(kafka.TANSU):
                raise Failure(
                    f"The data in {self.home} belongs to another broker or clock ({before}; this is {now}). "
                    "Start with those again, or remove that folder if nobody wants the data."
                )
            for name in ("postgres", "kafka"):
                shutil.rmtree(self.home / name, ignore_errors=True)

    def _remember_what_fills_it(self, kind: str) -> None:
        # Only now that the broker has answered: a start that failed has put nothing there.
        (self.home / FILLED_FROM).write_text(f"{kind} {self.state.clock}\n")

    def _start_postgres(self) -> postgres.Server:
        named = os.environ.get("DATABASE_URL")
        server = postgres.named_server(named) if named else postgres.embedded_server(self.home / "postgres")
        if server.program is not None:
            self.supervisor.until_ready(self._run(server.program))
        self.state.postgres = ask(postgres.version(server.url))
        self._tell(f"Postgres {self.state.postgres}: {server.why}.")
        return server

    def _start_kafka(self, choice: kafka.Choice) -> kafka.Broker:
        port = free_port(KAFKA_PORT)
        [controller] = any_free_ports(1)
        broker = kafka.broker(choice, os.environ, self.home / "kafka", (port, controller))
        if broker.program is not None:
            self.supervisor.until_ready(self._run(broker.program))
        self.state.broker, self.state.bootstrap = broker.kind, broker.bootstrap
        self._tell(f"Kafka at {broker.bootstrap} ({broker.kind}): {broker.why}.")
        return broker

    def _prepare(self, server: postgres.Server, broker: kafka.Broker) -> None:
        created = ask(postgres.ensure_databases(server.url, DATABASES))
        if self.options.fresh and len(created) < len(DATABASES):
            there = ", ".join(sorted(set(DATABASES) - set(created)))
            raise Failure(f"DATABASE_URL's server has the databases {there}. Drop them, or leave DATABASE_URL out.")
        self.state.databases = {service: server.database(database_name(service)) for service in SERVICES}
        outcome = ask(topics.apply(broker.bootstrap, topics.declared(TOPICS), security_of(broker.settings())))
        self._tell(f"Topics: {len(outcome.created)} created, {len(outcome.agreeing)} as declared.")
        for difference in outcome.differing:
            self._tell(difference)
        for service, url in self.state.databases.items():
            migrate.migrate(database_name(service), url)
            if self.options.simulated_from is not None:
                ask(postgres.simulate_clock(url, self.options.simulated_from))
        self._tell("Databases: migrated.")

    def _start_services(self, broker: kafka.Broker) -> None:
        ports = choose_ports()
        self.state.issuer = address(ports[ISSUER])
        self.state.addresses = {service: address(ports[service]) for service in SERVICES}
        self.supervisor.until_ready(self._run(issuer_program(self.home / "keys", ports[ISSUER])))
        programs = [service_program(service, url, broker, ports) for service, url in self.state.databases.items()]
        self.supervisor.until_ready(*[self._run(program) for program in programs])
        self._start_marketplace(broker)
        for service, where in self.state.addresses.items():
            self._tell(f"{service}: {where}/docs")

    def _start_marketplace(self, broker: kafka.Broker) -> None:
        # Under the stepped clock the demo and the stories are the marketplace; somebody's own Kafka has one already.
        if self.options.simulated_from is None and broker.kind != kafka.EXTERNAL:
            self._run(marketplace_program(broker))
            self._tell("The simulated marketplace pays what is ordered.")

    def _run(self, program: Program) -> Child:
        child = self.supervisor.start(program)
        self._record()
        return child

    def _record(self) -> None:
        # Each pid is on disk before anything else happens, so that `down` finds it whatever becomes of us.
        children = self.supervisor.children
        self.state.processes = {
            child.program.name: state.Process.of(child.pid, child.restarts) for child in children if child.alive()
        }
        self.state.write(self.home)

    def _tell(self, sentence: str) -> None:
        self.state.told.append(sentence)
        self.state.write(self.home)
        self._say(sentence)
