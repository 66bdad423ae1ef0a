"""A log that lost records, or is another one, stops the process with a sentence; nothing is skipped in silence."""

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.structs import TopicPartition
from tests.runtime.conftest import Engines, Look
from tests.runtime.streams import Shop
from tests.runtime.toy import Toy
from tests.runtime.waiting import eventually
from tests.support.servers import create_topics

from aftersales.errors import Failure
from aftersales.runtime.causes import Place
from aftersales.runtime.engine import Engine
from aftersales.runtime.fence import Held, Partition
from aftersales.runtime.loss import check_claim, gaps

P0 = Partition("toy.commands", 0)


def at(offset: int) -> Place:
    return Place("toy.commands", 0, offset)


def test_gaps_are_told_by_their_first_offset() -> None:
    expected = {P0: 5}
    assert gaps(expected, [at(5), at(6)]) == {}
    assert gaps(expected, [at(8), at(9), at(12)]) == {P0: 7}
    assert expected == {P0: 13}


def test_an_offset_that_was_there_before_is_another_log() -> None:
    with pytest.raises(Failure, match="the topic or the cluster is another one"):
        gaps({P0: 5}, [at(4)])


@pytest.mark.parametrize("next_offset", [3, 10])
def test_a_fence_within_its_log_is_well(next_offset: int) -> None:
    check_claim(P0, Held(1, next_offset, "one"), 3, 10, "one")
    check_claim(P0, Held(1, next_offset, ""), 3, 10, "one")
    check_claim(P0, Held(1, next_offset, "one"), 3, 10, "")


async def deposited(marketplace: Shop, words: Toy, count: int = 3) -> None:
    for _ in range(count):
        await marketplace.say(words.deposited(account="a", amount=10), partition=0)


async def read_once(engines: Engines, marketplace: Shop, words: Toy, see: Look) -> None:
    """Three records, read by a process that has ended since."""
    engine = await engines.start()
    await deposited(marketplace, words)
    await eventually(lambda: see.one("select balance = 30 from account"))
    await engines.stop(engine)


async def sentence_of(engine: Engine) -> str:
    with pytest.raises(Failure) as stopped:
        await asyncio.wait_for(engine.until_failed(), 20)
    return stopped.value.sentence


async def delete_records(kafka: str, topic: str, before: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before)})
    await admin.close()


async def test_records_deleted_unread_stop_it(
    engines: Engines, kafka_words: Toy, marketplace: Shop, kafka: str, see: Look
) -> None:
    await read_once(engines, marketplace, kafka_words, see)
    await deposited(marketplace, kafka_words)
    await delete_records(kafka, kafka_words.commands, 5)
    said = await sentence_of(await engines.start())
    assert f"Records 3 to 4 of {kafka_words.commands}/0 are gone: the log begins at 5 now." in said
    assert await see.balance("a") == 30


async def test_records_deleted_while_it_reads_stop_it_too(
    engines: Engines, kafka_words: Toy, marketplace: Shop, kafka: str, see: Look
) -> None:
    engine = await engines.start()
    await deposited(marketplace, kafka_words)
    await eventually(lambda: see.one("select balance = 30 from account"))
    # As if it had been away while these came and went.
    partitions = engine.receive.partitions
    expected = partitions._expected[Partition(kafka_words.commands, 0)]
    partitions._expected[Partition(kafka_words.commands, 0)] = expected - 2
    await delete_records(kafka, kafka_words.commands, 3)
    await deposited(marketplace, kafka_words, 1)
    assert "Records 1 to 2" in await sentence_of(engine)
    assert await see.balance("a") == 30


async def test_records_deleted_after_they_were_read_stop_nobody(
    engines: Engines, kafka_words: Toy, marketplace: Shop, kafka: str, see: Look
) -> None:
    await read_once(engines, marketplace, kafka_words, see)
    await delete_records(kafka, kafka_words.commands, 3)
    await engines.start()
    await deposited(marketplace, kafka_words, 1)
    await eventually(lambda: see.one("select balance = 40 from account"))


async def test_a_topic_made_anew_stops_it(
    engines: Engines, kafka_words: Toy, marketplace: Shop, kafka: str, see: Look
) -> None:
    await read_once(engines, marketplace, kafka_words, see)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_topics([kafka_words.commands])
    await eventually(lambda: gone(admin, kafka_words.commands))
    await create_topics(admin, [kafka_words.commands], 3)
    await admin.close()
    said = await sentence_of(await engines.start())
    assert "the topic or the cluster is another one. Find out which" in said


async def gone(admin: AIOKafkaAdminClient, topic: str) -> bool:
    return topic not in await admin.list_topics()


async def test_another_cluster_stops_it(engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look) -> None:
    await read_once(engines, marketplace, kafka_words, see)
    await see.pool.execute("update consumer_fence set cluster_id = 'another'")
    said = await sentence_of(await engines.start())
    assert f"{kafka_words.commands} was read from the cluster another; this one is " in said
