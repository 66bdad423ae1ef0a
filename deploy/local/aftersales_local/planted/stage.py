"""The stage of one scenario: services as processes, what is said to them, and the run folder for the checker."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import asyncpg
import httpx2
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from aftersales.errors import Failure
from aftersales_local import issuer
from aftersales_local.planted.servers import Servers
from aftersales_local.ports import any_free_ports, ask
from aftersales_local.services import address, database_name, listening, python_program
from aftersales_local.supervisor import Child, Program

SOURCE: Final = "planted.market"
ISSUER: Final = "http://planted.example"
LOOK_EVERY: Final = 0.1
CALM_LOOKS: Final = 4
# On a busy machine too.
DIES_WITHIN: Final = 60.0
TRIES: Final = 8
AGAIN: Final = (409, 503)
STILL: Final = """
    select (select count(*) from inbox), (select count(*) from history), (select count(*) from outbox),
        (select count(*) from outbox where sent_at is null), (select count(*) from timers where due <= app_now()),
        (select count(*) from dead_letter)
"""


class Stage:
    """services: by name, the defect each runs with. patience: seconds that `rest` waits; a broken engine may not."""

    def __init__(
        self,
        servers: Servers,
        name: str,
        services: Mapping[str, str],
        sql: Mapping[str, Sequence[str]],
        patience: float,
    ) -> None:
        self._servers = servers
        self._patience = patience
        self.folder = servers.home / "runs" / name
        self.folder.mkdir(parents=True)
        servers.fresh_topics()
        self.databases = servers.fresh_databases(list(services), name)
        for service, statements in sql.items():
            for statement in statements:
                self.query(service, statement)
        self._defects = services
        self._children: dict[str, Child] = {}
        self._ports = dict(zip(services, any_free_ports(len(services)), strict=True))
        self._producer = Producer(
            {"bootstrap.servers": servers.broker.bootstrap, "acks": "all", "linger.ms": 5, "log_level": 0}
        )
        self._poison: list[dict[str, str]] = []
        self._operations = 0
        self.quiet = True
        (self.folder / "jwks.json").write_bytes(issuer.public_keys(servers.home / "keys"))

    # -- services ------------------------------------------------------------------------------------------------------

    def start(self, service: str, **settings: str) -> None:
        self._children[service] = self._started(self._program(service, self._ports[service], settings))

    def start_another(self, service: str) -> None:
        """A second process, in a group of its own: each believes that all partitions are its."""
        [port] = any_free_ports(1)
        self._children[f"{service} again"] = self._started(self._program(service, port, {}))

    def _started(self, program: Program) -> Child:
        child = self._servers.supervisor.start(program)
        self._servers.supervisor.until_ready(child)
        return child

    def _program(self, service: str, port: int, settings: Mapping[str, str]) -> Program:
        given = {
            "DATABASE_URL": self.databases[service],
            "KAFKA_BOOTSTRAP_SERVERS": self._servers.broker.bootstrap,
            "AFTERSALES_TOKEN_ISSUER": ISSUER,
            "AFTERSALES_TOKEN_JWKS": str(self.folder / "jwks.json"),
            "AFTERSALES_NOTICE_FILE": str(self.sink),
            **listening(port),
            **settings,
        }
        arguments = (self._defects[service], f"{database_name(service)}.main", str(self.folder / "failpoint"))
        return python_program(service, "aftersales_local.planted", given, port, "/health/ready", *arguments)

    @property
    def sink(self) -> Path:
        return self.folder / "notices.ndjson"

    def arm(self, service: str, failpoint: str) -> None:
        """Returns when the process has armed it."""
        file = self.folder / "failpoint"
        file.write_text(failpoint)
        self._children[service].process.send_signal(signal.SIGUSR1)
        give_up = time.monotonic() + DIES_WITHIN
        while file.exists():
            if time.monotonic() > give_up:
                raise Failure(f"{service} did not arm {failpoint} within {DIES_WITHIN:.0f} s.")
            time.sleep(0.02)

    @contextmanager
    def held(self, service: str) -> Iterator[None]:
        """The process stands still, so that it meets what is published inside all at once."""
        process = self._children[service].process
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def dies_and_returns(self, service: str) -> None:
        """Wait until the armed failpoint has killed it, and start it again without."""
        child = self._children[service]
        try:
            child.process.wait(DIES_WITHIN)
        except subprocess.TimeoutExpired:
            raise Failure(f"{service} did not come to its failpoint within {DIES_WITHIN:.0f} s.") from None
        before = self.query(service, "select max(epoch) from consumer_fence")
        child.restart()
        self._servers.supervisor.until_ready(child)
        # Ready is before it reads again; a look at what is still there would take that for rest.
        self.until(service, "select min(epoch) > $1 from consumer_fence", before)

    def end(self) -> None:
        self._producer.flush(5)
        for child in self._children.values():
            child.kill()
            with suppress(ValueError):
                self._servers.supervisor.children.remove(child)

    # -- what is said --------------------------------------------------------------------------------------------------

    def publish(self, *messages: Mapping[str, Any], copy: int = 1) -> None:
        """topic, key, type, id and body (a mapping, or bytes that nobody can read) of each; Kafka has them then."""
        for message in messages:
            headers = {"ce_id": message["id"], "ce_source": SOURCE, "ce_type": f"{message['type']}.v1"}
            body = message["body"]
            self._producer.produce(
                message["topic"],
                key=message["key"].encode(),
                value=body if isinstance(body, bytes) else json.dumps(body).encode(),
                headers=[(name, value.encode()) for name, value in headers.items()],
                on_delivery=partial(self._acknowledged, message["id"], copy),
            )
            if isinstance(body, bytes) and copy == 1:
                self._poison.append({"topic": message["topic"], "ce_id": message["id"]})
        if self._producer.flush(20):
            raise Failure("Kafka did not acknowledge what a scenario published within 20 s.")

    def _acknowledged(self, name: str, copy: int, error: KafkaError | None, sent: Message) -> None:
        if error is not None:
            return
        place = {"topic": sent.topic(), "partition": sent.partition(), "offset": sent.offset()}
        self._note("produced.jsonl", {**place, "ce_id": name, "ce_source": SOURCE, "copy": copy})

    def ask(self, service: str, path: str, body: Mapping[str, Any], *, role: str, sub: str, key: str) -> int:
        """A command over HTTP, sent again under its key while there is no final answer; gives the last status."""
        token = issuer.token(role, sub, keys=self._servers.home / "keys", issuer=ISSUER)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        status = 0
        for _ in range(TRIES):
            self._operations += 1
            line = {"op": f"{key}-{self._operations}", "f": f"POST {path}", "service": service, "key": key}
            line["actor"] = f"{role}:{sub}"
            self._note("client.jsonl", {**line, "type": "invoke"})
            answer = httpx2.post(f"{address(self._ports[service])}{path}", json=body, headers=headers, timeout=20)
            status = answer.status_code
            kind = "ok" if status < 300 else "info" if status in AGAIN or status >= 500 else "fail"
            self._note("client.jsonl", {**line, "type": kind, "value": status})
            if status not in AGAIN:
                break
            time.sleep(0.2)
        return status

    def _note(self, file: str, line: Mapping[str, Any]) -> None:
        with (self.folder / file).open("a") as out:
            out.write(json.dumps(line) + "\n")

    # -- what is seen --------------------------------------------------------------------------------------------------

    def query(self, service: str, query: str, *arguments: Any) -> Any:
        """The first value of the first row, None without one."""
        return ask(_value(self.databases[service], query, arguments))

    def until(self, service: str, query: str, *arguments: Any) -> Any:
        """What the query gives as soon as it gives something true."""
        give_up = time.monotonic() + DIES_WITHIN
        while not (found := self.query(service, query, *arguments)):
            if time.monotonic() > give_up:
                raise Failure(f"A scenario waited in vain in {service} for: {query}")
            time.sleep(0.02)
        return found

    def rest(self) -> None:
        """Until nothing moves, nothing is unsent or due and all is read; `quiet` is false where that takes too long."""
        give_up, calm, before = time.monotonic() + self._patience, 0, None
        while calm < CALM_LOOKS and time.monotonic() < give_up:
            now = {service: ask(_row(dsn, STILL)) for service, dsn in self.databases.items()}
            waiting = any(row[3] or row[4] for row in now.values()) or not self._all_read()
            calm = calm + 1 if now == before and not waiting else 0
            before = now
            time.sleep(LOOK_EVERY)
        self.quiet = calm >= CALM_LOOKS

    def _all_read(self) -> bool:
        consumer = Consumer(
            {"bootstrap.servers": self._servers.broker.bootstrap, "group.id": "planted-look", "log_level": 0}
        )
        try:
            for dsn in self.databases.values():
                fence = ask(_rows(dsn, FENCE))
                if not fence:
                    return False  # nothing is claimed yet
                for topic, partition, offset in fence:
                    _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
                    if offset < end:
                        return False
        finally:
            consumer.close()
        return True

    def check(self) -> dict[str, Any]:
        """The checker's document over this run, from a process of its own."""
        run = {
            "seed": 0,
            "commit": None,
            "bootstrap": self._servers.broker.bootstrap,
            "databases": self.databases,
            "sink": str(self.sink) if "notification" in self.databases else None,
            "poison": self._poison,
            "quiet": self.quiet,
        }
        (self.folder / "run.json").write_text(json.dumps(run, indent=1))
        command = [sys.executable, "-m", "aftersales_checker", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
        if done.returncode not in (0, 1):
            raise Failure(f"The checker could not check {self.folder}: {done.stderr.strip()}")
        (self.folder / "checked.json").write_text(done.stdout)
        return cast("dict[str, Any]", json.loads(done.stdout))


FENCE: Final = "select topic, partition, next_offset from consumer_fence"


async def _row(dsn: str, query: str) -> tuple[Any, ...]:
    return (await _rows(dsn, query))[0]


async def _rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def _value(dsn: str, query: str, arguments: Sequence[Any]) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query, *arguments)
    finally:
        await connection.close()
