"""A throw-away Postgres and a throw-away Kafka, one of each for a whole test run.

Named ones (DATABASE_URL, KAFKA_BOOTSTRAP_SERVERS) are used when given; else containers where a Docker engine answers;
else the programs of the local stack, on memory where there is some.
"""

import gc
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import docker
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from docker.errors import DockerException
from testcontainers.core.container import DockerContainer
from uuid_utils import uuid4

from aftersales_local import kafka as brokers
from aftersales_local import postgres as databases
from aftersales_local.ports import any_free_ports
from aftersales_local.supervisor import Program, Supervisor
from tests.support.waiting import until

POSTGRES_IMAGE = "postgres:18-alpine"
KAFKA_IMAGE = f"apache/kafka:{brokers.VERSION}"
# As deploy/kafka/topics.toml declares them, with fewer partitions where a test does not say otherwise.
TOPIC_SETTINGS = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": "262144"}

MakeTopic = Callable[..., Awaitable[str]]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The DSN of a server on which databases may be made and dropped."""
    with ExitStack() as until_the_end:
        if url := os.environ.get("DATABASE_URL"):
            yield databases.named_server(url).url
        elif docker_answers():
            yield until_the_end.enter_context(postgres_container())
        else:
            folder = until_the_end.enter_context(private_folder("aftersales-postgres-"))
            server = databases.embedded_server(folder, durable=False)
            assert server.program is not None
            until_the_end.enter_context(running(server.program, folder))
            yield server.url


@pytest.fixture
async def database(postgres_server: str) -> AsyncIterator[str]:
    """The DSN of an empty database of this test alone."""
    name = databases.fresh_name("test")
    await databases.ensure_databases(postgres_server, (name,))
    yield databases.with_database(postgres_server, name)
    await databases.drop_databases(postgres_server, (name,))


@pytest.fixture
async def make_database(postgres_server: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """For tests that need several: each call gives the DSN of one more empty database."""
    names: list[str] = []

    async def make() -> str:
        names.append(databases.fresh_name("test"))
        await databases.ensure_databases(postgres_server, (names[-1],))
        return databases.with_database(postgres_server, names[-1])

    yield make
    await databases.drop_databases(postgres_server, tuple(names))


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The bootstrap address of a broker: Apache Kafka where Java is."""
    with ExitStack() as until_the_end:
        named = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or os.environ.get("AFTERSALES_BROKER")
        if not named and docker_answers():
            yield until_the_end.enter_context(kafka_container())
        else:
            yield until_the_end.enter_context(local_broker(brokers.choose(os.environ)))


@contextmanager
def local_broker(choice: brokers.Choice) -> Iterator[str]:
    """A broker of its own for as long as it is needed, for instance one that a test stops."""
    with private_folder("aftersales-kafka-") as folder:
        port, controller = any_free_ports(2)
        broker = brokers.broker(choice, os.environ, folder, (port, controller), durable=False)
        if broker.program is None:
            yield broker.bootstrap
            return
        with running(broker.program, folder):
            yield broker.bootstrap


@pytest.fixture
async def make_topic(kafka: str) -> AsyncIterator[MakeTopic]:
    """`await make_topic(partitions=2)` gives the name of a new, empty topic of this test alone."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    names: list[str] = []

    async def make(partitions: int = 1, prefix: str = "test") -> str:
        name = f"{prefix}.{uuid4().hex[:12]}"
        await create_topics(admin, [name], partitions)
        names.append(name)
        return name

    yield make
    if names:
        await admin.delete_topics(names)
    await admin.close()


async def create_topics(admin: AIOKafkaAdminClient, names: list[str], partitions: int) -> None:
    topics = [NewTopic(name, partitions, 1, topic_configs=TOPIC_SETTINGS) for name in names]
    answer = await admin.create_topics(topics)
    refused = [error for error in answer.topic_errors if error[1] != 0]
    assert refused == []


@contextmanager
def private_folder(prefix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=brokers.temporary_root()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(program: Program, folder: Path) -> Iterator[None]:
    supervisor = Supervisor(folder / "logs")
    try:
        supervisor.until_ready(supervisor.start(program))
        yield
    finally:
        supervisor.stop()


@cache
def docker_answers() -> bool:
    with warnings.catch_warnings():
        # The client leaves the socket of a failed attempt to the garbage collector, which warns about it.
        warnings.simplefilter("ignore", ResourceWarning)
        answer = _docker_answers()
        gc.collect()
    return answer


def _docker_answers() -> bool:
    try:
        client = docker.from_env(timeout=5)
        client.ping()
    except DockerException:
        return False
    client.close()
    return True


@contextmanager
def postgres_container() -> Iterator[str]:
    [port] = any_free_ports(1)
    container = (
        DockerContainer(POSTGRES_IMAGE).with_bind_ports(5432, port).with_env("POSTGRES_HOST_AUTH_METHOD", "trust")
    )
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    with container:
        until(lambda: databases.answers(url), "Postgres in its container answers", within=60)
        yield url


@contextmanager
def kafka_container() -> Iterator[str]:
    port, controller = any_free_ports(2)
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, port)
    properties = brokers.server_properties(Path("/tmp/kafka"), (port, controller), durable=False)
    listen_everywhere = {"listeners": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://127.0.0.1:{controller}"}
    for key, value in {**dict(line.split("=", 1) for line in properties.splitlines()), **listen_everywhere}.items():
        container.with_env("KAFKA_" + key.upper().replace(".", "_"), value)
    container.with_env("CLUSTER_ID", brokers.new_cluster_id())
    bootstrap = f"127.0.0.1:{port}"
    with container:
        until(lambda: brokers.coordinates(bootstrap), "Kafka in its container answers", within=60)
        yield bootstrap
