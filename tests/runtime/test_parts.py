"""The small parts: migrations, clients' settings, failpoints, watchdog, house-keeping, the clock's hints."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import create_async_engine
from tests.runtime.conftest import Look
from tests.runtime.waiting import eventually

from aftersales.errors import Failure
from aftersales.runtime import clock, failpoints, housekeeping, watchdog
from aftersales.runtime.kafka import Kafka, stop
from aftersales.runtime.listen import CLOCK, listen
from aftersales.runtime.migrate import config_of, migrate
from aftersales.runtime.postgres import Pool
from aftersales.runtime.revisions import chains, pending
from aftersales.runtime.tables import METADATA


async def test_migrated_from_nothing_and_again_without_effect(database: str) -> None:
    assert await asyncio.to_thread(pending, "toy", database) == ["engine_0001", "engine_0002", "engine_0003"]
    await asyncio.to_thread(migrate, "toy", database)
    await asyncio.to_thread(migrate, "toy", database)
    assert await asyncio.to_thread(pending, "toy", database) == []


async def test_two_that_migrate_at_once_do_it_once(database: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate, "toy", database) for _ in range(2)))
    assert await asyncio.to_thread(pending, "toy", database) == []


async def test_a_database_of_a_newer_version_is_refused(toy_database: str) -> None:
    connection = await asyncpg.connect(toy_database)
    await connection.execute("update alembic_version_engine set version_num = 'engine_9999'")
    await connection.close()
    with pytest.raises(Failure, match="Install the newer version"):
        await asyncio.to_thread(pending, "toy", toy_database)


async def test_the_migrations_make_the_tables_that_the_code_knows(toy_database: str) -> None:
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(toy_database))
    async with engine.connect() as connection:
        found = await connection.run_sync(
            lambda sync: {
                table: {(c["name"], str(c["type"]), c["nullable"]) for c in inspect(sync).get_columns(table)}
                for table in METADATA.tables
            }
        )
        known = await connection.run_sync(
            lambda sync: {
                table.name: {(c.name, c.type.compile(sync.dialect).split(" ")[0], c.nullable) for c in table.columns}
                for table in METADATA.tables.values()
            }
        )
    await engine.dispose()
    assert {t: {(name, nullable) for name, _, nullable in columns} for t, columns in found.items()} == {
        t: {(name, nullable) for name, _, nullable in columns} for t, columns in known.items()
    }


async def test_every_client_is_built_safely() -> None:
    kafka = Kafka("127.0.0.1:1", "toy")
    consumer, producer = kafka.consumer("group"), kafka.producer()
    assert consumer._enable_auto_commit is False
    assert consumer._auto_offset_reset == "earliest"
    assert consumer._group_instance_id is None
    assert [each.name for each in consumer._partition_assignment_strategy] == ["range"]
    assert consumer._isolation_level == "read_uncommitted"
    assert (consumer._key_deserializer, consumer._value_deserializer) == (None, None)
    assert producer._sender._acks == -1
    assert producer._txn_manager is not None
    assert producer._txn_manager.transactional_id is None
    for client in (consumer, producer):
        await stop(client)


@pytest.mark.parametrize("text", ["C5", "X1:kill", "C5:burn", "C5:kill:often", "C5:delay=long", ","])
def test_a_failpoint_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Failure, match="AFTERSALES_FAILPOINT"):
        failpoints.install(text, production=False)


def test_failpoints_are_refused_in_production() -> None:
    with pytest.raises(Failure, match="refused in production"):
        failpoints.install("C5:kill", production=True)
    failpoints.install(None, production=True)


async def test_a_failpoint_happens_as_often_as_it_says() -> None:
    with failpoints.armed("C5:raise:0"):
        await failpoints.reached("C5")
    with failpoints.armed("C5:raise,C6:delay=0"):
        await failpoints.reached("C6")
        with pytest.raises(failpoints.FailpointReached):
            await failpoints.reached("C5")
    await failpoints.reached("C5")


class Watched:
    def __init__(self, lag: int, progress: float, rebalanced: float | None = 0.0) -> None:
        self.lag, self.progress, self.rebalanced = lag, progress, rebalanced


@pytest.mark.parametrize(
    ("watched", "without_since", "ends"),
    [
        (Watched(0, 0.0), None, False),
        (Watched(5, 80.0), None, False),
        (Watched(5, 69.0), None, True),
        (Watched(0, 0.0, None), 50.0, False),
        (Watched(0, 0.0, None), 39.0, True),
    ],
)
def test_what_ends_a_process_that_does_not_work(watched: Watched, without_since: float | None, ends: bool) -> None:
    assert (watchdog.verdict(watched, 100.0, without_since) is not None) == ends


async def test_days_of_the_outbox_are_made_ahead_and_dropped_when_old_and_sent(pool: Pool, see: Look) -> None:
    today = datetime.now(UTC).date()
    async with pool.acquire() as connection:
        for old in (today - timedelta(days=40), today - timedelta(days=30)):
            await housekeeping.keep_days(connection, old)
        await connection.execute(
            "insert into outbox (event_id, topic, key, type, subject, headers, body, created_at) "
            "values (gen_random_uuid(), 't', 'k', 't', 's', '{}', '', $1)",
            datetime.now(UTC) - timedelta(days=30),
        )
        await housekeeping.keep_days(connection)
        await housekeeping.keep_days(connection)
        days = await housekeeping._days(connection)
    assert sorted(days) == [today - timedelta(days=30), *(today + timedelta(days=n) for n in range(8))]


async def test_a_day_that_the_default_partition_has_begun_goes_on_there(pool: Pool, see: Look) -> None:
    insert = (
        "insert into outbox (event_id, topic, key, type, subject, headers, body) "
        "values (gen_random_uuid(), 't', 'k', 't', 's', '{}', '')"
    )
    await pool.execute(insert)
    async with pool.acquire() as connection:
        await housekeeping.keep_days(connection)
    await pool.execute(insert)
    assert await see.one("select count(*) from outbox_default") == 2


async def test_a_step_of_the_clock_is_heard_at_once(toy_database: str, pool: Pool) -> None:
    heard = asyncio.Event()
    listening = asyncio.create_task(listen(toy_database, {CLOCK: heard.set}))
    await asyncio.wait_for(heard.wait(), 5)
    heard.clear()
    async with pool.acquire() as connection:
        await clock.step(connection, datetime(2025, 5, 6, tzinfo=UTC))
        assert await clock.app_now(connection) == datetime(2025, 5, 6, tzinfo=UTC)
    await asyncio.wait_for(heard.wait(), 5)
    listening.cancel()


async def test_hints_are_heard_again_after_the_connection_was_lost(toy_database: str, pool: Pool) -> None:
    heard = asyncio.Event()
    listening = asyncio.create_task(listen(toy_database, {CLOCK: heard.set}))
    await asyncio.wait_for(heard.wait(), 5)
    heard.clear()
    ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'listen'"
    await eventually(lambda: pool.fetchval(ended + " and datname = current_database()"))
    await asyncio.wait_for(heard.wait(), 20)
    listening.cancel()


def test_a_name_of_a_day_is_read_back() -> None:
    assert housekeeping._name(date(2026, 1, 2)) == "outbox_2026_01_02"


@pytest.mark.parametrize("service", ["order_tracking", "dispute", "arbitration", "notification"])
def test_the_revisions_and_their_order_are_those_that_alembic_finds(service: str) -> None:
    for chain in chains(service):
        scripts = ScriptDirectory.from_config(config_of(chain)).walk_revisions()
        assert {script.revision: script.down_revision for script in scripts} == chain.known()
        assert list(chain.known()) == chain.pending([])
        newest = list(chain.known())[-1]
        assert newest not in chain.pending([newest])
