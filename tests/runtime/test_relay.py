"""The relay loses nothing, keeps each subject's order, and repeats at most with the same id."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from tests.runtime.conftest import Look
from tests.runtime.streams import everything_on, headers_of
from tests.runtime.waiting import eventually
from tests.support.servers import MakeTopic

from aftersales.runtime import batches, failpoints
from aftersales.runtime.failpoints import FailpointReached
from aftersales.runtime.kafka import Kafka
from aftersales.runtime.postgres import Connection, Pool
from aftersales.runtime.relay import BATCH, LEASE, READ, TAKE, Relay

INSERT = """
    insert into outbox (event_id, topic, key, type, subject, headers, body)
    select gen_random_uuid(), $1, $2, 'toy.said.v1', 'account/' || $2, '{"ce_id": "x"}', '{}'
    from generate_series(1, $3) returning id
"""


async def said(connection: Any, key: str, count: int = 1, topic: str = "toy.balances") -> list[int]:
    return [row["id"] for row in await connection.fetch(INSERT, topic, key, count)]


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(relay.run())
    try:
        yield task
    finally:
        relay.stop()
        await asyncio.wait({task})


async def nothing_unsent(see: Look) -> bool:
    return not await see.one("select exists (select from outbox where sent_at is null)")


def sequences(records: list[Any], key: str) -> list[int]:
    return [int(headers_of(record)["ce_sequence"]) for record in records if record.key == key.encode()]


async def test_everything_is_sent_in_order_with_its_sequence(
    pool: Pool, see: Look, kafka: str, make_topic: MakeTopic
) -> None:
    topic = await make_topic(partitions=3)
    ids = {key: await said(pool, key, 700, topic) for key in "abc"}
    async with running(Relay(pool, Kafka(kafka, "toy"))):
        await eventually(lambda: nothing_unsent(see))
    records = await everything_on(kafka, topic)
    for key, drawn in ids.items():
        assert sequences(records, key) == drawn


@pytest.mark.parametrize("step", ["R1", "R2", "R3", "R4", "R5"])
async def test_ended_at_a_step_nothing_is_lost_and_order_is_kept(
    pool: Pool, see: Look, kafka: str, make_topic: MakeTopic, step: str
) -> None:
    topic = await make_topic()
    ids = await said(pool, "a", 20, topic)
    with failpoints.armed(f"{step}:raise"), pytest.raises(FailpointReached):
        await Relay(pool, Kafka(kafka, "toy")).run()
    async with running(Relay(pool, Kafka(kafka, "toy"))):
        await eventually(lambda: nothing_unsent(see))
    sent = sequences(await everything_on(kafka, topic), "a")
    assert list(dict.fromkeys(sent)) == ids
    assert len(sent) == (40 if step in ("R3", "R4") else 20) or step == "R2"


async def test_a_row_that_commits_late_is_sent(pool: Pool, see: Look, kafka: str, make_topic: MakeTopic) -> None:
    topic = await make_topic()
    async with running(Relay(pool, Kafka(kafka, "toy"))), pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        [early] = await said(slow, "a", 1, topic)
        [late] = await said(pool, "b", 1, topic)
        await eventually(lambda: see.one("select sent_at is not null from outbox where id = $1", late))
        await transaction.commit()
        await eventually(lambda: see.one("select sent_at is not null from outbox where id = $1", early))


async def test_only_one_relay_leads_and_the_other_takes_over_at_once(
    pool: Pool, see: Look, kafka: str, make_topic: MakeTopic
) -> None:
    topic = await make_topic()
    first, second = Relay(pool, Kafka(kafka, "toy")), Relay(pool, Kafka(kafka, "toy"))

    async def leads(relay: Relay) -> bool:
        return relay.leads

    async with running(first):
        await eventually(lambda: leads(first))
        async with running(second):
            await said(pool, "a", 5, topic)
            second.wake()
            await eventually(lambda: nothing_unsent(see))
            assert not second.leads
            first.stop()
            await eventually(lambda: leads(second), within=5)
            await said(pool, "a", 5, topic)
            second.wake()
            await eventually(lambda: nothing_unsent(see))


async def test_a_lease_whose_session_has_ended_is_free(toy_database: str, pool: Pool) -> None:
    gone = await asyncpg.connect(toy_database)
    assert await gone.fetchval(TAKE, LEASE)
    assert not await pool.fetchval(TAKE, LEASE)
    await gone.close()
    await eventually(lambda: pool.fetchval(TAKE, LEASE), within=5)


async def test_while_kafka_is_away_rows_wait(pool: Pool, see: Look) -> None:
    await said(pool, "a", 1)
    relay = Relay(pool, Kafka("127.0.0.1:1", "toy"))
    async with running(relay) as task:
        await eventually(lambda: see.one("select exists (select from relay_lease)"))
        assert not task.done()
    assert not await nothing_unsent(see)


# -- designs measured to be wrong, each in the smallest interleaving that breaks it, and ours in the same --------------


class Story:
    """Transactions that overlap, and what a way of reading the outbox makes of them."""

    def __init__(self, connections: list[Connection]) -> None:
        self.open = connections

    async def begin(self, which: int) -> Connection:
        await self.open[which].execute("begin")
        await self.open[which].execute("select pg_current_xact_id()")
        return self.open[which]


@pytest.fixture
async def story(pool: Pool) -> AsyncIterator[Story]:
    async with pool.acquire() as one, pool.acquire() as two, pool.acquire() as three:
        yield Story([one, two, three])
        for each in (one, two, three):
            await each.execute("rollback" if each.is_in_transaction() else "select 1")


CURSOR = "select id from outbox where id > $1 order by id"
HORIZON = """
    select id from outbox where xmin::text::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint order by id
"""
SKIPPING = "select id from outbox where sent_at is null order by id limit 1 for update skip locked"


async def ours(pool: Pool, sent: list[int]) -> None:
    """One look of the relay: what it reads it sends, in that order, and marks."""
    for row in await pool.fetch(READ, BATCH):
        sent.append(row["id"])
        await pool.execute("update outbox set sent_at = now() where id = $1", row["id"])


async def test_a_cursor_loses_a_row_that_commits_late_and_ours_does_not(story: Story, pool: Pool) -> None:
    late = await story.begin(0)
    [first] = await said(late, "a")
    [second] = await said(pool, "b")
    by_cursor = [row["id"] for row in await pool.fetch(CURSOR, 0)]
    our_way: list[int] = []
    await ours(pool, our_way)
    await late.execute("commit")
    by_cursor += [row["id"] for row in await pool.fetch(CURSOR, by_cursor[-1])]
    await ours(pool, our_way)
    assert by_cursor == [second]
    assert our_way == [second, first]


async def test_a_horizon_of_transactions_inverts_one_subject_and_ours_does_not(story: Story, pool: Pool) -> None:
    # The older transaction writes the subject second, after the younger one has committed; a third holds the horizon
    # between.
    older = await story.begin(0)
    holding = await story.begin(1)
    [first] = await said(pool, "a")
    [second] = await said(older, "a")
    our_way: list[int] = []
    await ours(pool, our_way)
    await older.execute("commit")
    by_horizon = [row["id"] for row in await pool.fetch(HORIZON)]
    await ours(pool, our_way)
    await holding.execute("commit")
    assert by_horizon == [second]
    assert our_way == [first, second]


async def test_several_relays_that_skip_locked_rows_invert_one_subject_and_ours_does_not(
    story: Story, pool: Pool
) -> None:
    [first, second] = await said(pool, "a", 2)
    slow, quick = await story.begin(0), await story.begin(1)
    held = await slow.fetchval(SKIPPING)
    overtaking = await quick.fetchval(SKIPPING)
    assert [overtaking, held] == [second, first]
    await slow.execute("rollback")
    await quick.execute("rollback")
    assert await slow.fetchval(TAKE, LEASE)
    assert not await quick.fetchval(TAKE, LEASE)


async def test_a_zombie_does_not_send_under_a_lease_that_has_passed_on(pool: Pool, see: Look, kafka: str) -> None:
    async def leads(relay: Relay) -> bool:
        return relay.leads

    zombie = Relay(pool, Kafka(kafka, "toy"))
    async with running(zombie), pool.acquire() as successor:
        await eventually(lambda: leads(zombie))
        # As if it had stood still for longer than its lease, and another had taken over meanwhile.
        await successor.execute("update relay_lease set until = clock_timestamp() - interval '1 s'")
        assert await successor.fetchval(TAKE, LEASE)
        zombie._leased -= LEASE
        assert not zombie.leads
        await said(pool, "a", 5)
        zombie.wake()
        taken = "select holder from relay_lease"
        before = await see.one(taken)
        zombie.wake()
        await eventually(lambda: asked_again(zombie))
        assert not zombie.leads
        assert await see.one(taken) == before
        assert await see.one("select count(*) = 5 from outbox where sent_at is null")


async def asked_again(relay: Relay) -> bool:
    return relay._leased == float("-inf")


async def test_one_that_stood_still_sends_nothing_more_of_its_batch(pool: Pool, see: Look, kafka: str) -> None:
    relay = Relay(pool, Kafka(kafka, "toy"))
    relay._leased = float("-inf")
    await said(pool, "a", 5)
    async with pool.acquire() as connection:
        rows = await connection.fetch(READ, BATCH)
        await relay._send(connection, rows)
    assert await see.one("select count(*) = 5 from outbox where sent_at is null")


async def test_a_key_goes_where_the_clients_own_send_puts_it(kafka: str, make_topic: MakeTopic) -> None:
    topic = await make_topic(partitions=12)
    producer = Kafka(kafka, "toy").producer()
    await producer.start()
    try:
        for key in ("a", "S-17", "D-2041", "straße-7", "0195d0f0-7e1c-7000-8000-00000000002a"):
            put = await producer.send_and_wait(topic, value=b"{}", key=key.encode())
            assert put.partition == await batches.partition(producer, topic, key)
    finally:
        await producer.stop()


async def test_more_than_one_batch_of_a_partition_is_sent_in_order(
    pool: Pool, see: Look, kafka: str, make_topic: MakeTopic
) -> None:
    topic = await make_topic()
    ids = await said(pool, "a", 12, topic)
    # Half as much as fits into a batch, each.
    await pool.execute("update outbox set body = decode(repeat('20', 120000), 'hex')")
    async with running(Relay(pool, Kafka(kafka, "toy"))):
        await eventually(lambda: nothing_unsent(see))
    assert sequences(await everything_on(kafka, topic), "a") == ids
