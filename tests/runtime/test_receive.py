"""Receiving from real Kafka: nothing lost, nothing twice, nobody stopped by somebody else's record."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from tests.runtime.conftest import Engines, Look
from tests.runtime.streams import Shop, everything_on, headers_of, shop
from tests.runtime.toy import Toy
from tests.runtime.waiting import eventually

from aftersales.runtime import clock, failpoints
from aftersales.runtime.engine import Engine
from aftersales.runtime.failpoints import FailpointReached


async def deposits(marketplace: Shop, words: Toy, count: int, account: str = "a") -> None:
    for _ in range(count):
        await marketplace.say(words.deposited(account=account, amount=10))


async def test_what_is_said_is_decided_and_announced(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look, kafka: str
) -> None:
    await engines.start()
    for number in range(100):
        await deposits(marketplace, kafka_words, 1, f"a{number % 10}")
    await eventually(lambda: see.one("select count(*) = 100 from outbox where sent_at is not null"))
    assert await see.column("select distinct balance from account") == [100]
    records = await everything_on(kafka, kafka_words.balances)
    assert len(records) == 100
    headers = headers_of(records[0])
    assert (headers["ce_source"], headers["ce_subject"]) == ("toy", records[0].key.decode())
    assert {"ce_id", "ce_time", "ce_causationid", "ce_sequence"} <= set(headers)


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_every_codec_is_read(engines: Engines, kafka_words: Toy, kafka: str, see: Look, codec: str) -> None:
    await engines.start()
    async with shop(kafka, compression_type=codec) as marketplace:
        await deposits(marketplace, kafka_words, 3)
    await eventually(lambda: see.one("select balance = 30 from account"))


async def test_a_record_that_cannot_be_read_stops_nobody(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look
) -> None:
    await engines.start()
    topic = kafka_words.commands
    envelope = {"ce_id": "one", "ce_type": kafka_words.deposited.TYPE, "ce_source": "shop"}
    for body in (b"\xff\xfe", b"{", b'{"account": "a", "amount": 5, "note": "\\u0000"}', None, b"x" * 70_000):
        await marketplace.raw(topic, b"a", body, envelope, partition=0)
    await marketplace.raw(topic, None, b"{}", envelope, partition=0)
    await marketplace.raw(topic, b"a", b"{}", [("ce_id", b"\xff\0")], partition=0)
    await marketplace.raw(topic, b"a", b"{}", {**envelope, "ce_type": "toy.never_heard.v1"}, partition=0)
    await marketplace.say(kafka_words.deposited(account="a", amount=10), partition=0)
    await eventually(lambda: see.one("select balance = 10 from account"))
    assert sorted(await see.column("select reason from dead_letter")) == [
        "bad-envelope",
        "malformed-json",
        "malformed-json",
        "no-body",
        "no-key",
        "nul-character",
        "too-large",
    ]
    assert await see.column("select outcome from inbox order by record_offset") == ["unknown_type", "applied"]


async def test_a_header_that_the_client_itself_cannot_read_stops_nobody(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look
) -> None:
    await engines.start()
    await marketplace.say(kafka_words.deposited(account="a", amount=10), partition=0)
    await poisoned(marketplace, kafka_words.commands, 0)
    await marketplace.say(kafka_words.deposited(account="a", amount=10), partition=0)
    await eventually(lambda: see.one("select balance = 20 from account"))
    assert await see.column("select reason from dead_letter") == ["unreadable-record"]
    assert await see.column("select record_offset from dead_letter") == [1]


async def poisoned(marketplace: Shop, topic: str, partition: int) -> None:
    """A record whose header's name is no UTF-8, which aiokafka would not send: built by hand and sent as it is."""
    client: Any = marketplace.producer.client
    name = "bad-name"
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 100_000)
    builder.append(0, 0, b"a", b"{}", [(name, b"x")])
    batch = bytearray(bytes(builder.build()).replace(name.encode(), b"\xff\xfe-name\xff"))
    # The checksum covers everything behind itself.
    batch[17:21] = calc_crc32c(bytes(batch[21:])).to_bytes(4, "big")
    node = client.cluster.leader_for_partition(TopicPartition(topic, partition))
    request = ProduceRequest(
        transactional_id=None, required_acks=-1, timeout=5_000, topics=[(topic, [(partition, bytes(batch))])]
    )
    await client.send(node, request)


@pytest.mark.parametrize("step", ["C1", "C5", "C7", "C8", "C9"])
async def test_ended_at_a_step_nothing_is_lost_and_nothing_twice(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look, step: str
) -> None:
    await deposits(marketplace, kafka_words, 20)
    with failpoints.armed(f"{step}:raise"):
        ended = await engines.start()
        with pytest.raises(FailpointReached):
            await asyncio.wait_for(ended.until_failed(), 20)
        await engines.stop(ended)
    await engines.start()
    await deposits(marketplace, kafka_words, 5)
    await eventually(lambda: see.one("select balance = 250 from account"))
    assert await see.counts("inbox", "history", "ledger") == {"inbox": 25, "history": 25, "ledger": 25}


async def test_two_processes_over_one_group_lose_and_double_nothing(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look
) -> None:
    first = await engines.start()

    async def say_all() -> None:
        for number in range(300):
            await deposits(marketplace, kafka_words, 1, f"a{number % 7}")

    talking = asyncio.create_task(say_all())
    await eventually(lambda: see.one("select count(*) > 20 from inbox"))
    second = await engines.start()
    await eventually(lambda: both_assigned(first, second), within=30)
    await eventually(lambda: see.one("select count(*) > 150 from inbox"), within=30)
    await engines.stop(first)
    await talking
    await eventually(lambda: see.one("select sum(balance) = 3000 from account"), within=30)
    assert await see.counts("inbox", "ledger") == {"inbox": 300, "ledger": 300}
    assert await see.one("select count(*) = sum(n) from (select 1 as n from outbox) as o")


async def both_assigned(*engines: Engine) -> bool:
    return all(engine.receive.partitions.claim.epochs and engine.receive.partitions.held for engine in engines)


async def test_a_batch_fetched_before_a_rebalance_is_forgotten(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look
) -> None:
    engine = await engines.start()
    await eventually(lambda: both_assigned(engine))
    stale = engine.receive.partitions.claim
    with failpoints.armed("C1:delay=0.5"):
        await deposits(marketplace, kafka_words, 3)
        await asyncio.wait_for(rebalanced(engine), 10)
    await eventually(lambda: see.one("select balance = 30 from account"))
    assert await see.counts("inbox") == {"inbox": 3}
    assert engine.receive.partitions.claim.epochs != stale.epochs


async def rebalanced(engine: Engine) -> None:
    """As the group tells it: revoked, and given back."""
    partitions = engine.receive.partitions._consumer.assignment()
    await engine.receive.partitions.on_partitions_revoked(partitions)
    await engine.receive.partitions.on_partitions_assigned(partitions)


async def test_stopped_in_mid_batch_it_drains(engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look) -> None:
    engine = await engines.start()
    with failpoints.armed("C5:delay=1"):
        await deposits(marketplace, kafka_words, 3)
        await eventually(lambda: in_flight(engine))
        await engines.stop(engine)
    assert await see.one("select count(*) > 0 from inbox")


async def in_flight(engine: Engine) -> bool:
    return bool(engine.receive.in_flight.tasks)


async def test_read_until_follows_the_clock_while_nothing_comes(engines: Engines, kafka_words: Toy, see: Look) -> None:
    await engines.start()
    await eventually(lambda: see.one("select min(read_until) > now() - interval '5 s' from consumer_fence"))
    before = await see.one("select min(read_until) from consumer_fence")
    await eventually(lambda: see.one("select min(read_until) > $1 from consumer_fence", before))


async def test_a_promise_is_broken_on_time_and_kept_by_an_early_deposit(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look
) -> None:
    await engines.start()
    due = (await see.one("select now()")).replace(microsecond=0)
    for account in "ab":
        await marketplace.say(kafka_words.promised(account=account, until=due))
    await eventually(lambda: see.one("select count(*) = 2 from history where rule = 'deadline'"))
    assert await see.column("select overdue from standing") == [True, True]


async def test_a_step_of_the_clock_fires_what_falls_due_once_all_is_read(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look
) -> None:
    noon = datetime(2025, 5, 6, 12, tzinfo=UTC)
    async with see.pool.acquire() as connection:
        await clock.step(connection, noon)
    await engines.start()
    for account in "abc":
        await marketplace.say(kafka_words.promised(account=account, until=noon + timedelta(days=5)))
    await eventually(lambda: see.one("select count(*) = 3 from timers"))
    await marketplace.say(kafka_words.deposited(account="b", amount=50))
    await eventually(lambda: see.one("select count(*) = 4 from history"))
    async with see.pool.acquire() as connection:
        await clock.step(connection, noon + timedelta(days=5))
    await eventually(lambda: see.one("select count(*) = 0 from timers"), within=5)
    assert await see.column("select overdue from standing order by account") == [True, False, True]
    assert await see.one("select bool_and(arrived_at = $1) from history where rule = 'deposit'", noon)


async def test_a_batch_that_waits_for_a_lock_does_not_hold_up_the_other_lane(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look
) -> None:
    await engines.start()
    await marketplace.say(kafka_words.deposited(account="a", amount=10), partition=0)
    await eventually(lambda: see.one("select balance = 10 from account"))
    async with see.pool.acquire() as connection, connection.transaction():
        await connection.execute("select from account where id = 'a' for update")
        await marketplace.say(kafka_words.deposited(account="a", amount=10), partition=0)
        await marketplace.say(kafka_words.deposited(account="b", amount=10), partition=1)
        await eventually(lambda: see.one("select balance = 10 from account where id = 'b'"))
        assert await see.balance("a") == 10
    await eventually(lambda: see.one("select balance = 20 from account where id = 'a'"))
