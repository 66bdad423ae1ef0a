"""Topics as declared in a file: create what is missing, say what differs, change nothing that lives."""

import asyncio
import os
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from aftersales.errors import Failure
from aftersales.runtime.kafka_security import Security, security_of

ALREADY_THERE: Final = 36  # somebody else's apply was a moment faster
PATIENCE_MS: Final = 15_000
OPEN: Final = Security()


@dataclass(frozen=True, slots=True)
class Topic:
    """speaker: `upstream` or the service that alone writes it; key: in words."""

    name: str
    speaker: str
    key: str
    partitions: int
    replication_factor: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """created, agreeing: names of topics. differing: one sentence for each difference."""

    created: tuple[str, ...]
    agreeing: tuple[str, ...]
    differing: tuple[str, ...]


def declared(file: Path) -> tuple[Topic, ...]:
    """The topics of a topics.toml; Failure when it cannot be read as one."""
    try:
        content = tomllib.loads(file.read_text())
        defaults = content["defaults"]
        return tuple(_topic(name, {**defaults, **own}, defaults, own) for name, own in content["topics"].items())
    except FileNotFoundError as problem:
        raise Failure(f"There is no file {file}. Name the topics' file with --file.") from problem
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as problem:
        raise Failure(f"{file} is not a declaration of topics: {problem}.") from problem


def _topic(name: str, values: Mapping[str, Any], defaults: Mapping[str, Any], own: Mapping[str, Any]) -> Topic:
    config = {**defaults.get("config", {}), **own.get("config", {})}
    return Topic(
        name=name,
        speaker=values["speaker"],
        key=values["key"],
        partitions=values["partitions"],
        replication_factor=values["replication_factor"],
        config={key: str(value) for key, value in config.items()},
    )


async def apply(bootstrap: str, topics: tuple[Topic, ...], security: Security = OPEN) -> Outcome:
    """Create the missing topics, with no more copies than there are brokers, and compare the others."""
    async with admin(bootstrap, security) as client:
        there = set(await client.list_topics())
        missing = [topic for topic in topics if topic.name not in there]
        brokers = len((await client.describe_cluster())["brokers"])
        await _create(client, missing, brokers)
        known = [topic for topic in topics if topic.name in there]
        differing = await _differences(client, known)
    names_differing = {sentence.split(" ", 1)[0] for sentence in differing}
    return Outcome(
        created=tuple(topic.name for topic in missing),
        agreeing=tuple(topic.name for topic in known if topic.name not in names_differing),
        differing=tuple(differing),
    )


async def missing(bootstrap: str, names: frozenset[str], security: Security = OPEN) -> list[str]:
    """Those of the names that the broker does not have, for a service that checks before it starts."""
    async with admin(bootstrap, security) as client:
        return sorted(names - set(await client.list_topics()))


@asynccontextmanager
async def admin(bootstrap: str, security: Security = OPEN) -> AsyncIterator[AIOKafkaAdminClient]:
    """A started admin client; Failure with a sentence when nothing answers or what is asked is refused."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=PATIENCE_MS, **security.options())
    try:
        await client.start()
    except (KafkaError, OSError) as problem:
        await client.close()
        raise Failure(
            f"KAFKA_BOOTSTRAP_SERVERS names {bootstrap}, where nothing answers. "
            "Start a broker there or run `aftersales up`."
        ) from problem
    try:
        yield client
    except (KafkaError, OSError) as problem:
        raise Failure(f"Kafka at {bootstrap} did not do what was asked of it: {problem}") from problem
    finally:
        await client.close()


async def _create(client: AIOKafkaAdminClient, topics: list[Topic], brokers: int) -> None:
    if not topics:
        return
    wanted = [
        NewTopic(topic.name, topic.partitions, min(topic.replication_factor, brokers), topic_configs=dict(topic.config))
        for topic in topics
    ]
    answer = await client.create_topics(wanted)
    for name, code, message in (error[:3] for error in answer.topic_errors):
        if code not in (0, ALREADY_THERE):
            raise Failure(f"Kafka does not create the topic {name}: {message or f'error {code}'}")


async def _differences(client: AIOKafkaAdminClient, topics: list[Topic]) -> list[str]:
    if not topics:
        return []
    described = {each["topic"]: each for each in await client.describe_topics([topic.name for topic in topics])}
    configs = await _configs(client, topics)
    sentences = []
    for topic in topics:
        partitions = len(described[topic.name]["partitions"])
        if partitions != topic.partitions:
            sentences.append(f"{topic.name} has {partitions} partitions, declared are {topic.partitions}.")
        for key, value in topic.config.items():
            found = configs[topic.name].get(key)
            if found != value:
                sentences.append(f"{topic.name} has {key}={found}, declared is {value}.")
    return sentences


async def _configs(client: AIOKafkaAdminClient, topics: list[Topic]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    found: dict[str, dict[str, str]] = {}
    for response in await client.describe_configs(resources):
        for _, _, _, name, entries in response.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


def bootstrap_servers() -> str:
    """KAFKA_BOOTSTRAP_SERVERS; Failure when it is not set."""
    value = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "")
    if not value:
        raise Failure("KAFKA_BOOTSTRAP_SERVERS is not set. Set it to host:port of a Kafka broker.")
    return value


commands = typer.Typer(
    name="topics", help="The topics on the broker, compared with their declaration.", no_args_is_help=True
)
# One command alone would otherwise be the whole group.
commands.callback()(lambda: None)


@commands.command("apply")
def apply_command(
    file: Annotated[Path, typer.Option(help="The declaration.")] = Path("deploy/kafka/topics.toml"),
) -> None:
    """Create what is missing on KAFKA_BOOTSTRAP_SERVERS and say what differs from the declaration."""
    topics = declared(file)
    outcome = asyncio.run(apply(bootstrap_servers(), topics, security_of(os.environ)))
    for name in outcome.created:
        print(f"created   {name}")
    for name in outcome.agreeing:
        print(f"agrees    {name}")
    if outcome.differing:
        raise Failure(
            " ".join(outcome.differing) + " Nothing was changed; change it with Kafka's own tools, or the declaration."
        )
