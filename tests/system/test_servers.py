"""The servers under the tests are real, empty and quick."""

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.support.servers import MakeTopic


async def test_database_is_empty(database: str) -> None:
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 0
    await connection.close()


async def test_topic_carries_a_record_stamped_by_the_broker(kafka: str, make_topic: MakeTopic) -> None:
    topic = await make_topic()
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        await producer.send_and_wait(topic, b"hello", timestamp_ms=1_000)
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka, group_id="g", auto_offset_reset="earliest") as consumer:
        record = await consumer.getone()
    assert record.value == b"hello"
    assert record.timestamp > 1_000
