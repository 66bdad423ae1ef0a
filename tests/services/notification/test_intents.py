"""One intent a dispute, step, party and channel, in the unit that heard of the step."""

import asyncpg
import pytest

from aftersales.contracts import dispute as said
from aftersales.contracts import tracking
from aftersales.contracts.marketplace import PartyChanged
from notification.store.tables import METADATA
from tests.rules.notification.builders import DAY, HOUR, MORE, NOW, SECOND, a_refusal, a_step, asks, news
from tests.support.served import Served

COLUMNS = "order_id, dispute, parcel, step, party, recipient, channel, type, title, words, at"
ONCE = """
    select max(count) from (select count(*) from notice group by order_id, dispute, parcel, step, party, channel) as c
"""


async def test_every_step_leaves_one_notice_a_party_and_channel(notification: Served) -> None:
    steps = [a_step(kind, step=number) for number, kind in enumerate(MORE, 1)]
    await notification.clock(NOW)
    await notification.hears(*steps, a_refusal(party="buyer"), news(tracking.PromiseBroken), source="dispute")
    assert await notification.one("select count(*) from notice where type like 'dispute.%'") == len(MORE) * 4 + 2
    assert await notification.one("select count(*) from notice where parcel = 'P1' and party = 'buyer'") == 2
    assert await notification.one(ONCE) == 1
    assert await notification.parked() == []


async def test_nothing_is_told_twice_when_everything_comes_again(notification: Served) -> None:
    await notification.clock(NOW)
    step = a_step(said.DisputeOpened, **asks("seller", "answer", NOW + DAY * 5))
    for _ in range(2):
        await notification.hears(step, source="dispute", name="e1")
        await notification.hears(news(tracking.ParcelTracked), source="order_tracking", name="e2")
        await notification.hears(news(tracking.ParcelTracked), source="order_tracking")
    assert await notification.one("select count(*) from notice") == 6
    assert len(await notification.said()) == 3
    assert await notification.parked() == []


async def test_the_table_itself_refuses_a_second_notice_of_a_step(notification: Served) -> None:
    await notification.clock(NOW)
    await notification.hears(a_step(said.DisputeOpened), source="dispute")
    with pytest.raises(asyncpg.UniqueViolationError, match="notice_once"):
        await notification.pool.execute(
            f"insert into notice (id, {COLUMNS}) select gen_random_uuid(), {COLUMNS} from notice limit 1"
        )


async def test_reminded_on_time_and_not_after_acting(notification: Served) -> None:
    until = NOW + DAY * 5
    reminders = "select count(*) from notice where type = 'notification.reminder' and channel = 'inbox'"
    await notification.clock(NOW)
    await notification.hears(a_step(said.DisputeOpened, **asks("seller", "answer", until)), source="dispute")
    await notification.clock(until - 48 * HOUR - SECOND)
    assert await notification.one(reminders) == 0
    await notification.clock(until - 48 * HOUR)
    assert await notification.one(reminders) == 1
    await notification.hears(a_step(said.DisputeAgreed, step=2, state="REFUND_PENDING"), source="dispute")
    await notification.clock(until)
    assert await notification.one(reminders) == 1
    assert await notification.one("select count(*) from timers") == 0


async def test_the_zone_is_read_from_the_row(notification: Served) -> None:
    await notification.clock(NOW)
    await notification.hears(PartyChanged(party="anna", role="buyer", zone="Asia/Tokyo"))
    await notification.hears(
        a_step(said.DisputeOpened, **asks("seller", "answer", NOW + DAY * 5)),
        a_step(said.DisputeEvidenceAdded, step=2, **asks("seller", "answer", NOW + DAY * 5)),
        source="dispute",
    )
    words = await notification.pool.fetch("select words from notice where party = 'buyer' and channel = 'inbox'")
    assert ["2025-05-06 18:00:00 (Asia/Tokyo)" in row["words"] for row in words] == [True, True]


async def test_the_tables_that_reads_see_are_those_that_migrations_make(notification: Served, database: str) -> None:
    connection = await asyncpg.connect(database)
    for table in METADATA.sorted_tables:
        columns = await connection.fetch(
            "select column_name, is_nullable from information_schema.columns where table_name = $1", table.name
        )
        made = {row["column_name"]: row["is_nullable"] == "YES" for row in columns}
        assert made == {column.name: bool(column.nullable) for column in table.columns}, table.name
    await connection.close()
