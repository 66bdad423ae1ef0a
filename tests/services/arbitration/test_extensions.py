"""More time over HTTP: granted by a supervisor, said once, and what dispute made of it."""

from datetime import UTC, datetime, timedelta

import pytest

from aftersales.contracts import dispute as said
from aftersales.contracts.extension import DisputeExtended, ExtensionRefused
from aftersales.runtime.postgres import Pool
from aftersales.runtime.unit import Unit
from tests.rules.arbitration.spoken import a_step
from tests.services.arbitration.conftest import Desk
from tests.services.arbitration.test_deadlines import at

REVIEW_AT = datetime(2025, 5, 7, 9, tzinfo=UTC)
DAY = timedelta(days=1)
OF_DISPUTE = {"order": "O1", "dispute": "D1", "days": 10}
OF_LANE = {"lane": {"carrier_service": "EMS", "destination": "US"}, "days": 10}


async def spoken(pool: Pool) -> list[tuple[str, str]]:
    rows = await pool.fetch("select type, key from outbox where topic = 'arbitration.extensions' order by id")
    return [(row["type"], row["key"]) for row in rows]


def extended(extension: str, *parcels: str, state: str = "HELD_IN_TRANSIT") -> DisputeExtended:
    return a_step(DisputeExtended, step=5, state=state, extension=extension, days=10, parcels=parcels)


async def granted(desk: Desk) -> str:
    answer = await desk.post("/extensions", OF_DISPUTE, role="supervisor")
    assert (answer.status_code, answer.json()["status"]) == (201, "sent")
    return str(answer.json()["extension"])


async def test_a_lanes_extension_is_said_once_however_often_it_is_asked_for(desk: Desk, pool: Pool) -> None:
    answers = [await desk.post("/extensions", OF_LANE, role="supervisor", key="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert await spoken(pool) == [("arbitration.lane_extended.v1", "EMS:US")]


async def test_a_disputes_is_sent_executed_and_its_parcels_named(desk: Desk, pool: Pool) -> None:
    extension = await granted(desk)
    await desk.hears(extended(extension, "P1"), extended(extension, "P1"))
    read = (await desk.get(f"/extensions/{extension}")).json()
    assert (read["status"], read["dispute"], read["days"], read["why"]) == ("executed", "D1", 10, None)
    assert await spoken(pool) == [("arbitration.dispute_extended.v1", "O1"), ("arbitration.parcels_extended.v1", "O1")]


async def test_what_dispute_refuses_says_why(desk: Desk, pool: Pool) -> None:
    extension = await granted(desk)
    await desk.hears(
        ExtensionRefused(
            order="O1", dispute="D1", extension=extension, slug="dispute-closed", sentence="It is closed.", state=None
        )
    )
    read = (await desk.get(f"/extensions/{extension}")).json()
    assert (read["status"], read["why"]) == ("refused", "dispute-closed: It is closed.")
    assert len(await spoken(pool)) == 1


async def test_the_dates_of_a_review_move_with_the_dispute(desk: Desk, pool: Pool, unit: Unit) -> None:
    await pool.execute(
        "insert into consumer_fence (topic, partition, epoch, next_offset, read_until, cluster_id) "
        "values ('dispute.disputes', 0, 1, 0, $1, 'test')",
        REVIEW_AT,
    )
    await desk.has_in_review()
    await at(pool, unit, REVIEW_AT)
    await desk.hears(extended(await granted(desk), state="ARBITRATION_REVIEW"))
    await desk.post("/cases/D1/take")
    await at(pool, unit, REVIEW_AT + 17 * DAY - timedelta(seconds=1))
    case = (await desk.get("/cases/D1")).json()
    assert (case["agent"], case["due"], case["status"]) == ("kim", "2025-05-24T09:00:00Z", "review")
    await at(pool, unit, REVIEW_AT + 24 * DAY - timedelta(seconds=1))
    case = (await desk.get("/cases/D1")).json()
    assert (case["agent"], case["due"], case["status"]) == (None, "2025-05-31T09:00:00Z", "review")
    await at(pool, unit, REVIEW_AT + 24 * DAY)
    assert (await desk.get("/cases/D1")).json()["status"] == "ruling_sent"


async def test_the_evidence_window_moves_with_the_dispute(desk: Desk) -> None:
    escalated = a_step(said.DisputeEscalated, step=3, state="ARBITRATION_EVIDENCE", how="by_hand", deadline=REVIEW_AT)
    await desk.hears(escalated)
    await desk.hears(extended(await granted(desk), state="ARBITRATION_EVIDENCE"))
    assert (await desk.get("/cases/D1")).json()["evidence_until"] == "2025-05-17T09:00:00Z"


async def test_a_lanes_extension_of_a_dispute_names_no_parcels_again(desk: Desk, pool: Pool) -> None:
    answer = await desk.post("/extensions", OF_LANE, role="supervisor")
    await desk.hears(extended(answer.json()["extension"]))
    assert len(await spoken(pool)) == 1
    assert (await desk.get(f"/extensions/{answer.json()['extension']}")).json()["status"] == "published"


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": 10},
        {**OF_LANE, **OF_DISPUTE},
        {"days": 10, "dispute": "D1"},
        {**OF_LANE, "order": "O1"},
        {**OF_LANE, "days": 0},
        {**OF_LANE, "days": 366},
        {**OF_LANE, "days": 1.5},
    ],
)
async def test_refused_without_one_thing_and_a_number_of_days(desk: Desk, wrong: dict[str, object]) -> None:
    assert (await desk.post("/extensions", wrong, role="supervisor")).status_code == 422
