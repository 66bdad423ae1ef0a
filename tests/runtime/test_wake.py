"""The looks for due timers: many at once, and without spinning where nothing can fire."""

import time
from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs
from tests.runtime.conftest import Engines, Hand, Look
from tests.runtime.test_timers import NOON, P0, P1, SECOND, ago, all_rounds, promised, read_until
from tests.runtime.toy import RAISES, Toy
from tests.runtime.waiting import eventually

from aftersales.runtime import clock, outage
from aftersales.runtime.postgres import Pool
from aftersales.runtime.unit import Unit
from aftersales.runtime.wake import BATCH, Wake


async def test_a_crowd_of_subjects_fires_together_under_a_simulated_clock(
    unit: Unit, hand: Hand, words: Toy, pool: Pool, see: Look
) -> None:
    async with pool.acquire() as connection:
        await clock.step(connection, NOON)
        due = NOON + timedelta(days=5)
        await unit.run([hand.cause(words.promised(account=f"a{number}", until=due)) for number in range(BATCH)])
        await clock.step(connection, due)
        await read_until(pool, due)
    began = time.monotonic()
    wake = Wake(unit)
    assert await wake.round() == 0
    took = time.monotonic() - began
    assert await see.one("select count(*) = $1 from standing where overdue", BATCH)
    assert await see.column("select distinct kind from timers") == ["dunning"]
    assert await wake.round() == 0
    assert await wake.round() > 0
    # Generous, for a busy machine: one transaction a subject would take several times as long.
    assert took < 2


async def test_where_read_until_stands_still_it_is_asked_for_once(
    unit: Unit, hand: Hand, words: Toy, pool: Pool
) -> None:
    asked: list[int] = []
    wake = Wake(unit, ask=lambda: asked.append(1))
    await promised(unit, hand, words, "a", ago(5))
    await read_until(pool, ago(1), P0)
    await read_until(pool, ago(10), P1)
    for _ in range(3):
        await all_rounds(wake)
    assert len(asked) == 1
    await read_until(pool, ago(8), P1)
    await all_rounds(wake)
    assert len(asked) == 2


async def test_a_timer_of_a_parked_subject_keeps_nobody_busy(engines: Engines, kafka_words: Toy, see: Look) -> None:
    engine = await engines.start()
    unit, mine = engine.unit, Hand(kafka_words)
    await promised(unit, mine, kafka_words, "a", datetime.now(UTC) + SECOND)
    await unit.run(mine.deposits("a", RAISES))
    await eventually(lambda: see.one("select exists (select from timers where due < now() - interval '1 s')"))
    looks = 0
    look_at_ends = engine.receive._look_at_ends

    async def counted() -> None:
        nonlocal looks
        looks += 1
        await look_at_ends()

    engine.receive._look_at_ends = counted  # type: ignore[method-assign]
    since = await see.one("select now()")
    await eventually(lambda: see.one("select min(read_until) > $1 from consumer_fence", since + 2 * SECOND))
    assert looks < 12


async def test_before_anything_was_read_nobody_is_paged(pool: Pool) -> None:
    with capture_logs() as said:
        async with pool.acquire() as connection:
            for seconds in range(120):
                now = datetime.now(UTC) + seconds * SECOND
                assert not await outage.is_open(connection, now, datetime(1970, 1, 1, tzinfo=UTC))
    assert said == []
