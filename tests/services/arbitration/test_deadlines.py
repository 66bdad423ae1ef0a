"""The platform's own deadlines fire from the database, on the clock the database keeps."""

from datetime import UTC, datetime, timedelta

from aftersales.runtime.postgres import Pool
from aftersales.runtime.unit import Unit
from aftersales.runtime.wake import Wake
from tests.services.arbitration.conftest import Desk

REVIEW_AT = datetime(2025, 5, 7, 9, tzinfo=UTC)
DAY = timedelta(days=1)


async def at(pool: Pool, unit: Unit, instant: datetime) -> None:
    """The database's clock is at this instant, all that was said before it has been read, and due timers fire."""
    await pool.execute(
        "insert into simulated_clock (instant) values ($1) on conflict (one) do update set instant = excluded.instant",
        instant,
    )
    await pool.execute("update consumer_fence set read_until = $1", instant)
    wake = Wake(unit)
    while await wake.round() == 0:
        pass


async def test_back_to_the_queue_after_seven_days_and_ruled_after_fourteen(desk: Desk, pool: Pool, unit: Unit) -> None:
    await pool.execute(
        "insert into consumer_fence (topic, partition, epoch, next_offset, read_until, cluster_id) "
        "values ('dispute.disputes', 0, 1, 0, $1, 'test')",
        REVIEW_AT,
    )
    await desk.has_in_review()
    await desk.post("/cases/D1/take")
    await at(pool, unit, REVIEW_AT + 7 * DAY - timedelta(seconds=1))
    assert (await desk.get("/cases/D1")).json()["agent"] == "kim"
    await at(pool, unit, REVIEW_AT + 7 * DAY)
    case = (await desk.get("/cases/D1")).json()
    assert (case["agent"], case["due"]) == (None, "2025-05-21T09:00:00Z")
    await at(pool, unit, REVIEW_AT + 14 * DAY)
    case = (await desk.get("/cases/D1")).json()
    assert (case["status"], case["rulings"][0]["agent"], case["rulings"][0]["rule"]) == ("ruling_sent", None, "R16")
    alerts = await pool.fetchval("select count(*) from outbox where type = 'arbitration.case_assigned.v1'")
    assert alerts == 2
