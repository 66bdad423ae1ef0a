"""Deadlines: in order, once, never ahead of unread commands, never by a clock that leapt."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.runtime.conftest import Hand, Look
from tests.runtime.toy import RAISES, Toy

from aftersales.errors import Failure
from aftersales.runtime import breaker, clock, failpoints, fence, outage
from aftersales.runtime.breaker import Reading
from aftersales.runtime.failpoints import FailpointReached
from aftersales.runtime.fence import Claim, Partition
from aftersales.runtime.postgres import Pool
from aftersales.runtime.unit import Unit
from aftersales.runtime.wake import Wake

P0 = Partition("toy.commands", 0)
P1 = Partition("toy.commands", 1)
SECOND = timedelta(seconds=1)


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


async def read_until(pool: Pool, at: datetime, *partitions: Partition) -> Claim:
    """The fence as if everything before `at` had been read."""
    each = partitions or (P0,)
    async with pool.acquire() as connection:
        held = await fence.claim(connection, each, dict.fromkeys(each, 0), "cluster")
        claim = Claim({partition: row.epoch for partition, row in held.items()})
        await fence.caught_up(connection, claim, each, at)
    return claim


@pytest.fixture
def wake(unit: Unit) -> Wake:
    return Wake(unit)


async def all_rounds(wake: Wake) -> None:
    while await wake.round() == 0:
        pass


async def promised(unit: Unit, hand: Hand, words: Toy, account: str, due: datetime) -> None:
    await unit.run([hand.cause(words.promised(account=account, until=due))])


async def test_fires_once_it_is_due_and_everything_before_it_is_read(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    due = ago(5)
    await promised(unit, hand, words, "a", due)
    await read_until(pool, due - SECOND)
    await all_rounds(wake)
    assert await see.one("select overdue from standing where account = 'a'") is False
    await read_until(pool, due)
    await all_rounds(wake)
    assert await see.one("select overdue from standing where account = 'a'") is True
    assert await see.counts("timers") == {"timers": 0}


async def test_waits_for_the_partition_that_is_read_least(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    due = ago(5)
    await promised(unit, hand, words, "a", due)
    await read_until(pool, ago(1), P0)
    await read_until(pool, due - SECOND, P1)
    asked = []
    await all_rounds(Wake(unit, ask=lambda: asked.append(1)))
    assert await see.counts("timers") == {"timers": 1}
    assert asked


async def test_before_any_partition_is_known_no_party_timer_fires(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, see: Look
) -> None:
    await promised(unit, hand, words, "a", ago(5))
    await all_rounds(wake)
    assert await see.counts("timers") == {"timers": 1}


async def test_a_reply_that_arrived_before_the_deadline_counts_though_it_is_read_after_it(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    due = ago(5)
    await promised(unit, hand, words, "a", due)
    claim = await read_until(pool, due - 10 * SECOND)
    await all_rounds(wake)
    reply = hand.cause(words.deposited(account="a", amount=50), at=due - SECOND)
    await unit.run([reply], claim)
    await read_until(pool, ago(0))
    await all_rounds(wake)
    assert await see.one("select overdue from standing where account = 'a'") is False
    assert await see.column("select slug from inbox where type = 'timer:deadline'") == ["came-in-time"]


async def test_a_reply_at_the_deadline_is_late(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    due = ago(5)
    await promised(unit, hand, words, "a", due)
    await unit.run([hand.cause(words.deposited(account="a", amount=50), at=due)])
    await read_until(pool, ago(0))
    await all_rounds(wake)
    assert await see.one("select overdue from standing where account = 'a'") is True


async def test_what_a_timer_arms_for_now_fires_in_the_next_round(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    await promised(unit, hand, words, "a", ago(5))
    await read_until(pool, ago(0))
    assert await wake.round() == 0
    assert await see.column("select kind from timers") == ["dunning"]
    assert await wake.round() == 0
    assert await wake.round() > 0
    assert await see.column("select rule from history order by version") == ["promise", "deadline", "dunning"]


async def test_of_one_subject_they_fire_in_order_of_their_instants(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    dues = {seconds: ago(seconds) for seconds in (3, 9, 6)}
    for due in dues.values():
        await promised(unit, hand, words, "a", due)
    await read_until(pool, ago(0))
    await wake.round()
    # The dunning that the first one armed is due now, after the two others.
    assert await see.column("select due from timers where kind = 'deadline' order by due") == [dues[6], dues[3]]
    await wake.round()
    assert await see.column("select due from timers where kind = 'deadline' order by due") == [dues[3]]


@pytest.mark.parametrize("step", ["T1", "T2", "T3"])
async def test_ended_before_commit_it_fires_again(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look, step: str
) -> None:
    await promised(unit, hand, words, "a", ago(5))
    await read_until(pool, ago(0))
    with failpoints.armed(f"{step}:raise"), pytest.raises(FailpointReached):
        await wake.round()
    assert await see.column("select kind from timers") == ["deadline"]
    await all_rounds(wake)
    assert await see.one("select overdue from standing where account = 'a'") is True


async def test_ended_after_commit_it_has_fired_once(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    await promised(unit, hand, words, "a", ago(5))
    await read_until(pool, ago(0))
    with failpoints.armed("T4:raise"), pytest.raises(FailpointReached):
        await wake.round()
    await all_rounds(wake)
    assert await see.one("select count(*) from history where rule = 'deadline'") == 1


async def test_two_wakers_fire_it_once(unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look) -> None:
    await promised(unit, hand, words, "a", ago(5))
    until = ago(0)
    await read_until(pool, until)
    async with pool.acquire() as connection:
        [first] = await wake._due(connection, until, until)
        [second] = await wake._due(connection, until, until)
    await unit.run([first])
    await unit.run([second])
    assert await see.one("select count(*) from history where rule = 'deadline'") == 1


async def test_of_a_parked_subject_it_waits(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    await promised(unit, hand, words, "a", ago(5))
    await unit.run(hand.deposits("a", RAISES))
    await read_until(pool, ago(0))
    await all_rounds(wake)
    assert await see.counts("timers") == {"timers": 1}


async def test_it_moves_by_the_outage_it_fell_into(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    due = ago(100)
    await promised(unit, hand, words, "a", due)
    async with pool.acquire() as connection:
        await outage.record(connection, due - 60 * SECOND, due + 540 * SECOND, "http")
    await read_until(pool, ago(0))
    await all_rounds(wake)
    assert await see.column("select due from timers") == [due + 600 * SECOND]


async def test_a_gap_in_what_was_read_is_an_outage_before_anything_fires(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    await promised(unit, hand, words, "a", ago(200))
    async with pool.acquire() as connection:
        await outage.beat(connection, outage.KAFKA, ago(400))
    await read_until(pool, ago(399))
    await all_rounds(wake)
    assert await see.counts("outage", "timers") == {"outage": 0, "timers": 1}
    await read_until(pool, ago(0))
    await all_rounds(wake)
    [length] = await see.column("select until - since from outage where what = 'kafka'")
    assert timedelta(seconds=398) < length < timedelta(seconds=410)
    assert await see.one("select due > now() from timers") is True


async def test_short_gaps_are_no_outage(pool: Pool, see: Look) -> None:
    async with pool.acquire() as connection:
        for seconds in (100, 45, 0):
            await outage.beat(connection, outage.HTTP, ago(seconds))
    assert await see.counts("outage") == {"outage": 0}


async def test_after_a_jump_of_the_clock_nothing_fires_until_a_supervisor_releases(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    await all_rounds(wake)
    await see.pool.execute("update tick set monotonic = monotonic - 40, at = at - interval '1 hour'")
    await promised(unit, hand, words, "a", ago(5))
    await read_until(pool, ago(0))
    await all_rounds(wake)
    assert "jumped by" in await see.one("select reason from breaker")
    assert await see.counts("timers", "outage") == {"timers": 1, "outage": 0}
    async with pool.acquire() as connection:
        assert await breaker.release(connection, "kim")
        assert not await breaker.release(connection, "kim")
    await all_rounds(wake)
    assert await see.counts("timers") == {"timers": 0}
    assert await see.one("select released_by from breaker") == "kim"


NOON = datetime(2025, 5, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reading", "tripped"),
    [
        (Reading(NOON + 10 * SECOND, 10.0, 0), False),
        (Reading(NOON + 39 * SECOND, 10.0, 0), False),
        (Reading(NOON + 41 * SECOND, 10.0, 0), True),
        (Reading(NOON - 3600 * SECOND, 10.0, 0), True),
        (Reading(NOON + 600 * SECOND, 600.0, 0), False),
        (Reading(NOON, 0.0, 5_000), False),
        (Reading(NOON, 0.0, 5_001), True),
    ],
)
def test_what_trips_the_breaker(reading: Reading, tripped: bool) -> None:
    assert (breaker.why(reading, NOON, 0.0, 100) is not None) == tripped


def test_a_crowd_is_measured_by_the_usual() -> None:
    assert breaker.why(Reading(NOON, 0.0, 9_000), NOON, 0.0, 2_000) is None
    assert breaker.why(Reading(NOON, 0.0, 10_001), NOON, 0.0, 2_000) is not None


def test_a_clock_that_differs_from_kafkas_trips_the_breaker() -> None:
    just_now = time.monotonic()
    reading = Reading(NOON, 0.0, 0, (NOON - 50 * SECOND, just_now))
    assert breaker.why(reading, None, 0.0, 0) is None
    assert breaker.why(replace(reading, appended=(NOON - 70 * SECOND, just_now)), None, 0.0, 0) is not None
    assert breaker.why(replace(reading, appended=(NOON + 70 * SECOND, just_now)), None, 0.0, 0) is not None


async def test_under_a_simulated_clock_arrival_is_now_and_no_breaker_watches(
    unit: Unit, hand: Hand, words: Toy, wake: Wake, pool: Pool, see: Look
) -> None:
    async with pool.acquire() as connection:
        await clock.step(connection, NOON)
        await promised(unit, hand, words, "a", NOON + timedelta(days=5))
        assert await see.column("select arrived_at from history") == [NOON]
        await read_until(pool, NOON)
        await all_rounds(wake)
        await clock.step(connection, NOON + timedelta(days=5))
    await all_rounds(wake)
    assert await see.one("select overdue from standing") is False
    await read_until(pool, NOON + timedelta(days=5))
    await all_rounds(wake)
    assert await see.one("select overdue from standing") is True
    assert await see.counts("outage") == {"outage": 0}
    assert await see.one("select tripped_at from breaker") is None


async def test_production_refuses_a_simulated_clock(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await clock.refuse_simulated(connection)
        await clock.step(connection, NOON)
        with pytest.raises(Failure, match="simulated clock"):
            await clock.refuse_simulated(connection)
