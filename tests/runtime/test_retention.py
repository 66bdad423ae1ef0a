"""What is forgotten, after how long, and what never is."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.runtime.conftest import Hand, Look
from tests.runtime.toy import RAISES, Toy
from tests.runtime.waiting import eventually

from aftersales.runtime import clock, housekeeping, retention
from aftersales.runtime.postgres import Pool
from aftersales.runtime.retention import CAUSES_KEPT, DEAD_LETTERS_KEPT, KEYS_KEPT, OUTBOX_KEPT, TOPICS_KEPT
from aftersales.runtime.topics import declared
from aftersales.runtime.unit import Unit
from aftersales_local.places import TOPICS

DAY = timedelta(days=1)
AGES = (
    "update inbox set received_at = received_at - $1::interval",
    "update history set at = at - $1::interval",
)


async def aged(see: Look, by: timedelta) -> None:
    """As if all that was decided so far had been decided so much earlier."""
    for statement in AGES:
        await see.pool.execute(statement, by)


async def forgotten(pool: Pool) -> bool:
    async with pool.acquire() as connection:
        return await retention.forget(connection)


def test_the_log_of_causes_outlives_whatever_could_bring_a_cause_again() -> None:
    assert min(CAUSES_KEPT - kept for kept in (TOPICS_KEPT, OUTBOX_KEPT, DEAD_LETTERS_KEPT, KEYS_KEPT)) >= 7 * DAY
    longest = max(int(topic.config["retention.ms"]) for topic in declared(TOPICS))
    assert timedelta(milliseconds=longest) <= TOPICS_KEPT
    assert KEYS_KEPT >= 7 * DAY


async def test_causes_of_what_is_over_are_forgotten_when_old(unit: Unit, hand: Hand, pool: Pool, see: Look) -> None:
    await unit.run(hand.deposits("old", 5))
    await aged(see, CAUSES_KEPT + DAY)
    await unit.run(hand.deposits("young", 5))
    await forgotten(pool)
    assert await see.column("select subject from inbox") == ["account/young"]
    assert await see.counts("history", "account") == {"history": 2, "account": 2}


async def test_causes_are_kept_as_long_as_they_could_come_again(unit: Unit, hand: Hand, pool: Pool, see: Look) -> None:
    causes = hand.deposits("a", 5)
    await unit.run(causes)
    await aged(see, CAUSES_KEPT - DAY)
    await forgotten(pool)
    await unit.run(causes)
    assert await see.balance("a") == 5


async def test_all_causes_of_a_subject_that_is_still_open_stay_with_it(
    unit: Unit, hand: Hand, words: Toy, pool: Pool, see: Look
) -> None:
    for account in ("waits", "parked", "decided", "over"):
        await unit.run(hand.deposits(account, 5))
    await unit.run([hand.cause(words.promised(account="waits", until=datetime.now(UTC) + 200 * DAY))])
    await unit.run(hand.deposits("parked", RAISES))
    await aged(see, CAUSES_KEPT + DAY)
    await unit.run(hand.deposits("decided", 7))
    await forgotten(pool)
    assert await see.column("select distinct subject from inbox order by subject") == [
        "account/decided",
        "account/parked",
        "account/waits",
    ]
    assert await see.counts("inbox") == {"inbox": 6}


async def test_a_chunk_at_a_time(
    unit: Unit, hand: Hand, pool: Pool, see: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    await unit.run(hand.deposits("old", 5, 6, 7))
    await aged(see, CAUSES_KEPT + DAY)
    assert await forgotten(pool)
    assert await see.counts("inbox") == {"inbox": 1}
    assert not await forgotten(pool)
    assert await see.counts("inbox") == {"inbox": 0}


async def test_dead_letters_and_keys_have_their_time(pool: Pool, see: Look) -> None:
    for name, days in (("young", 0), ("old", 2)):
        await pool.execute(
            "insert into dead_letter (topic, partition, record_offset, headers, reason, sentence, at) "
            "values ($1, 0, 0, '[]', 'r', 's', now() - $2::interval)",
            *(name, DEAD_LETTERS_KEPT - DAY + days * DAY),
        )
        await pool.execute(
            "insert into http_request (actor, route, key, fingerprint, at) "
            "values ('a', 'r', $1, '', now() - $2::interval)",
            *(name, KEYS_KEPT - DAY + days * DAY),
        )
    await forgotten(pool)
    assert await see.column("select topic from dead_letter") == ["young"]
    assert await see.column("select key from http_request") == ["young"]


async def test_under_a_simulated_clock_nothing_is_forgotten(unit: Unit, hand: Hand, pool: Pool, see: Look) -> None:
    await unit.run(hand.deposits("a", 5))
    async with pool.acquire() as connection:
        await clock.step(connection, datetime.now(UTC) + 2 * CAUSES_KEPT)
    await forgotten(pool)
    assert await see.counts("inbox") == {"inbox": 1}


@pytest.mark.parametrize("leads", [True, False])
async def test_of_several_processes_one_alone_forgets(
    unit: Unit, hand: Hand, pool: Pool, see: Look, leads: bool
) -> None:
    await unit.run(hand.deposits("old", 5))
    await aged(see, CAUSES_KEPT + DAY)
    asked = asyncio.Event()

    def leading() -> bool:
        asked.set()
        return leads

    keeping = asyncio.create_task(housekeeping.keep_house(pool, leading))
    await asyncio.wait_for(asked.wait(), 10)
    await eventually(lambda: see.one("select count(*) = $1 from inbox", 0 if leads else 1))
    keeping.cancel()
