"""What counts as read, on real Kafka: never more than is committed, and no less because of other traffic."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer
from tests.runtime.conftest import Engines, Look
from tests.runtime.readers import claimed, reading
from tests.runtime.streams import Shop, shop
from tests.runtime.toy import Toy
from tests.runtime.waiting import at_once, eventually
from tests.support.servers import MakeTopic

from aftersales.runtime import failpoints, unsent
from aftersales.runtime.engine import Engine
from aftersales.runtime.fence import Partition
from aftersales.runtime.lanes import LANES
from aftersales.runtime.partitions import Partitions
from aftersales.runtime.postgres import Pool
from aftersales.runtime.relay import LEASE, TAKE

READ = "select min(read_until) from consumer_fence where topic = $1 and partition = any($2)"


async def read_until(see: Look, topic: str, *partitions: int) -> datetime:
    found: datetime = await see.one(READ, topic, list(partitions))
    return found


async def read_on(see: Look, topic: str, *partitions: int) -> None:
    """Wait until these are read until now."""
    now = datetime.now(UTC)
    await eventually(lambda: see.one(f"select ({READ}) > $3", topic, list(partitions), now), within=5)


async def all_read(see: Look) -> None:
    await eventually(lambda: see.one("select count(*) = 3 from consumer_fence where read_until > 'epoch'"))


async def in_flight(engine: Engine) -> bool:
    return bool(engine.receive.in_flight.tasks)


async def test_idle_partitions_are_read_on_though_traffic_elsewhere_never_ends(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look
) -> None:
    await engines.start()
    await all_read(see)

    async def talk() -> None:
        while True:
            await marketplace.say(kafka_words.deposited(account="a", amount=10), partition=0)

    talking = asyncio.create_task(talk())
    try:
        await eventually(lambda: see.one("select count(*) > 20 from inbox"))
        await read_on(see, kafka_words.commands, 1, 2)
    finally:
        talking.cancel()


async def test_while_one_partition_is_being_committed_only_the_others_count_as_read(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look
) -> None:
    engine = await engines.start()
    await all_read(see)
    with failpoints.armed("C7:delay=4"):
        await marketplace.say(kafka_words.deposited(account="a", amount=10), partition=0)
        said_at = datetime.now(UTC)
        await eventually(lambda: in_flight(engine))
        await read_on(see, kafka_words.commands, 1, 2)
        assert await in_flight(engine)
        assert await read_until(see, kafka_words.commands, 0) <= said_at


async def test_what_was_taken_and_then_forgotten_does_not_count_as_read(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look
) -> None:
    engine = await engines.start()
    await all_read(see)
    partitions = engine.receive.partitions
    with failpoints.armed("C1:delay=0.5"):
        await marketplace.say(kafka_words.deposited(account="a", amount=10), partition=0)
        said_at = datetime.now(UTC)
        await eventually(lambda: taken(partitions))
        partitions.forget()
        engine.receive._looked = float("-inf")
        read, decided = said_at, False
        while not decided:
            assert read <= said_at
            read = await read_until(see, kafka_words.commands, 0)
            decided = await see.one("select exists (select from inbox)")


async def taken(partitions: Partitions) -> bool:
    left, _ = await partitions.unread()
    return left == 0 and partitions._consumer is not None


async def test_a_backlog_is_read_for_all_lanes_at_once(pool: Pool, kafka: str, make_topic: MakeTopic) -> None:
    facts, commands = await make_topic(2), await make_topic()
    async with shop(kafka) as marketplace:
        for partition in (0, 1):
            for _ in range(60):
                await marketplace.raw(facts, b"o", b"{}", {}, partition=partition)
        async with reading(pool, kafka, facts, commands) as partitions:
            # The one that waits takes what comes first; by then both partitions are here.
            [first, second] = [await asyncio.wait_for(partitions.read(20, at_once()), 10) for _ in range(2)]
    shares = Counter(record.place.partition % LANES for record in second)
    assert len(first) == 20 // LANES
    assert shares == dict.fromkeys(range(LANES), 20 // LANES)


async def test_commands_held_when_all_was_forgotten_are_read_again(
    pool: Pool, kafka: str, make_topic: MakeTopic
) -> None:
    facts, commands = await make_topic(), await make_topic()
    async with shop(kafka) as marketplace, reading(pool, kafka, facts, commands) as partitions:
        await marketplace.raw(commands, b"o", b"{}", {})
        # As if a fact before it could not be had yet.
        partitions._facts.wait_for({Partition(facts, 0): 1_000})
        waiting = asyncio.create_task(partitions.read(50, at_once()))
        await eventually(lambda: holds(partitions))
        left, read = await partitions.unread()
        assert left > 0
        assert Partition(commands, 0) not in read
        waiting.cancel()
        partitions.forget()
        await claimed(partitions, pool)
        [record] = await asyncio.wait_for(partitions.read(50, at_once()), 10)
        assert record.place.topic == commands


async def holds(partitions: Partitions) -> bool:
    return partitions._facts.holding


@asynccontextmanager
async def transacting(kafka: str) -> AsyncIterator[Shop]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=f"shop-{id(object())}")
    await producer.start()
    try:
        yield Shop(producer)
    finally:
        await producer.stop()


ISOLATIONS = pytest.mark.parametrize("isolation", ["read_uncommitted", "read_committed"])


@ISOLATIONS
async def test_a_gap_that_is_a_marker_is_no_loss_and_leaves_nothing_unread(
    engines: Engines, kafka_words: Toy, kafka: str, see: Look, isolation: str
) -> None:
    engine = await engines.start(isolation=isolation)
    async with transacting(kafka) as marketplace:
        for _ in range(3):
            async with marketplace.producer.transaction():
                await marketplace.say(kafka_words.deposited(account="a", amount=10), partition=0)
    # Behind the last record lies a marker: one that counts records to the end would wait for ever.
    await eventually(lambda: see.one("select balance = 30 from account"))
    await read_on(see, kafka_words.commands, 0, 1, 2)
    assert engine.receive.lag == 0
    assert not engine.failed


@pytest.mark.parametrize(("isolation", "balance"), [("read_uncommitted", 40), ("read_committed", 10)])
async def test_what_was_taken_back_counts_only_where_it_is_to_be_read(
    engines: Engines, kafka_words: Toy, kafka: str, see: Look, isolation: str, balance: int
) -> None:
    engine = await engines.start(isolation=isolation)
    async with transacting(kafka) as marketplace:
        await marketplace.producer.begin_transaction()
        await marketplace.say(kafka_words.deposited(account="a", amount=30), partition=0)
        await marketplace.producer.abort_transaction()
        async with marketplace.producer.transaction():
            await marketplace.say(kafka_words.deposited(account="a", amount=10), partition=0)
    await eventually(lambda: see.one("select balance = $1 from account", balance))
    assert not engine.failed


async def test_a_transaction_left_open_upstream_freezes_nobody(
    engines: Engines, kafka_words: Toy, kafka: str, marketplace: Shop, see: Look
) -> None:
    await engines.start()
    async with transacting(kafka) as hanging:
        await hanging.producer.begin_transaction()
        await hanging.say(kafka_words.deposited(account="a", amount=10), partition=0)
        await marketplace.say(kafka_words.deposited(account="b", amount=10), partition=0)
        await eventually(lambda: see.one("select balance = 10 from account where id = 'b'"))
        await read_on(see, kafka_words.commands, 0)
        await hanging.producer.abort_transaction()


async def test_an_open_transaction_holds_back_only_its_own_partition_where_committed_records_are_read(
    engines: Engines, kafka_words: Toy, kafka: str, marketplace: Shop, see: Look
) -> None:
    engine = await engines.start(isolation="read_committed")
    async with transacting(kafka) as hanging:
        await hanging.producer.begin_transaction()
        await hanging.say(kafka_words.deposited(account="a", amount=10), partition=0)
        opened = datetime.now(UTC)
        await marketplace.say(kafka_words.deposited(account="b", amount=10), partition=1)
        await eventually(lambda: see.one("select balance = 10 from account where id = 'b'"))
        await read_on(see, kafka_words.commands, 1)
        # It may be committed yet, and reached us before anything that falls due now.
        assert await read_until(see, kafka_words.commands, 0) <= opened
        await hanging.producer.commit_transaction()
    await eventually(lambda: see.one("select balance = 10 from account where id = 'a'"))
    assert not engine.failed


@ISOLATIONS
async def test_a_command_waits_for_no_fact_that_cannot_be_read(
    pool: Pool, kafka: str, make_topic: MakeTopic, isolation: str
) -> None:
    facts, commands = await make_topic(), await make_topic()
    async with (
        shop(kafka) as marketplace,
        transacting(kafka) as hanging,
        reading(pool, kafka, facts, commands, isolation) as partitions,
    ):
        async with hanging.producer.transaction():
            await hanging.raw(facts, b"o", b"{}", {})
        await hanging.producer.begin_transaction()
        await hanging.raw(facts, b"o", b"{}", {})
        await marketplace.raw(commands, b"o", b"{}", {})
        topics: list[str] = []
        async with asyncio.timeout(10):
            while commands not in topics:
                topics += [each.place.topic for each in await partitions.read(50, at_once())]
        assert topics == [facts] * (2 if isolation == "read_uncommitted" else 1) + [commands]
        await hanging.producer.abort_transaction()


async def test_reception_pauses_while_too_much_is_unsent_and_goes_on_after_it(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look, pool: Pool
) -> None:
    async with pool.acquire() as elsewhere:
        assert await elsewhere.fetchval(TAKE, LEASE)
        await elsewhere.execute(
            "insert into outbox (event_id, topic, key, type, subject, headers, body) "
            "select gen_random_uuid(), 'nowhere', 'k', 't', 's', '{}', '' from generate_series(1, $1)",
            unsent.MOST + 1,
        )
        engine = await engines.start()
        await eventually(lambda: claimed_by(engine))
        await marketplace.say(kafka_words.deposited(account="a", amount=10))
        await eventually(lambda: paused(engine))
        assert await see.counts("inbox") == {"inbox": 0}
        assert await unsent.unsent(pool) == unsent.MOST + 1
        await pool.execute("update outbox set sent_at = now()")
        await eventually(lambda: see.one("select balance = 10 from account"))


async def claimed_by(engine: Engine) -> bool:
    return engine.receive.partitions.held


async def paused(engine: Engine) -> bool:
    return engine.receive._backlog._too_long
