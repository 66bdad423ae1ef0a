"""The pip-installed broker, which serves machines without Java, carries records both ways and groups."""

from collections.abc import Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from aftersales.runtime import kafka
from aftersales.runtime.kafka import Kafka
from aftersales.runtime.topics import apply, declared
from aftersales_local import kafka as brokers
from aftersales_local.places import TOPICS
from tests.support.servers import local_broker


@pytest.fixture(scope="module")
def small_broker() -> Iterator[str]:
    with local_broker(brokers.choose({"AFTERSALES_BROKER": "tansu"})) as bootstrap:
        yield bootstrap


@pytest.fixture
def clients(small_broker: str) -> Kafka:
    return Kafka(small_broker, "test", idempotent=False, session_timeout_ms=6_000, fetch_max_wait_ms=10)


async def test_topics_are_created_as_declared_and_agree_when_repeated(small_broker: str) -> None:
    names = tuple(topic.name for topic in declared(TOPICS))
    assert (await apply(small_broker, declared(TOPICS))).created == names
    assert (await apply(small_broker, declared(TOPICS))).agreeing == names


async def test_a_group_reads_what_was_sent(clients: Kafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=clients.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("smoke", 3, 1)])
    await admin.close()

    producer = clients.producer()
    await kafka.start(producer, clients.bootstrap)
    for number in range(9):
        await producer.send_and_wait("smoke", b"%d" % number, key=b"%d" % number)
    assert await kafka.stop(producer)

    consumer = clients.consumer("smoke-group")
    consumer.subscribe(["smoke"])
    await kafka.start(consumer, clients.bootstrap)
    read = [(await consumer.getone()).value for _ in range(9)]
    await consumer.commit()
    assert await kafka.stop(consumer)
    assert sorted(read) == [b"%d" % number for number in range(9)]


async def test_the_local_settings_name_what_it_lacks() -> None:
    broker = brokers.Broker(brokers.TANSU, "127.0.0.1:1", "a test")
    assert broker.settings() == {"AFTERSALES_KAFKA_IDEMPOTENT": "false", "AFTERSALES_KAFKA_FETCH_MAX_WAIT_MS": "10"}
