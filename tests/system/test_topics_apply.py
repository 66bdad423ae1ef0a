"""`topics apply` creates what is missing, says what differs, and changes nothing that lives."""

from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from uuid_utils import uuid4

from aftersales.errors import Failure
from aftersales.runtime import topics
from aftersales.runtime.topics import Topic


@pytest.fixture
def topic() -> Topic:
    config = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": "262144"}
    name = f"test.{uuid4().hex[:12]}"
    return Topic(name, speaker="upstream", key="order", partitions=3, replication_factor=3, config=config)


async def test_created_when_missing(kafka: str, topic: Topic) -> None:
    outcome = await topics.apply(kafka, (topic,))
    assert outcome.created == (topic.name,)
    assert await topics.missing(kafka, frozenset({topic.name, "nowhere"})) == ["nowhere"]
    await delete(kafka, topic)


async def test_agrees_when_repeated(kafka: str, topic: Topic) -> None:
    await topics.apply(kafka, (topic,))
    outcome = await topics.apply(kafka, (topic,))
    assert outcome == topics.Outcome(created=(), agreeing=(topic.name,), differing=())
    await delete(kafka, topic)


async def test_named_when_different(kafka: str, topic: Topic) -> None:
    await topics.apply(kafka, (topic,))
    other = replace(topic, partitions=12, config={**topic.config, "message.timestamp.type": "CreateTime"})
    outcome = await topics.apply(kafka, (other,))
    assert outcome.differing == (
        f"{topic.name} has 3 partitions, declared are 12.",
        f"{topic.name} has message.timestamp.type=LogAppendTime, declared is CreateTime.",
    )
    await delete(kafka, topic)


def test_refused_when_the_file_is_no_declaration(tmp_path: Path) -> None:
    file = tmp_path / "topics.toml"
    file.write_text("topics = 3")
    with pytest.raises(Failure, match="is not a declaration of topics"):
        topics.declared(file)


async def delete(kafka: str, topic: Topic) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_topics([topic.name])
    await admin.close()
