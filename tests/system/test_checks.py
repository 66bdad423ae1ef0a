"""The closing checks: they hold over what is healthy, and each one names the violation planted for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from aftersales.runtime.migrate import migrate
from aftersales_local.checks import Check, delivery, history, money, rest, run, topics
from aftersales_local.checks.topics import Seen
from tests.support.servers import MakeTopic
from tests.system import healthy
from tests.system.healthy import COMPLAINT, RECORDS, Databases

SERVICES = ("order_tracking", "dispute", "arbitration", "notification")
MakeDatabase = Callable[[], Awaitable[str]]


@pytest.fixture
async def dsns(make_database: MakeDatabase) -> dict[str, str]:
    made = {service: await make_database() for service in SERVICES}
    for service, dsn in made.items():
        await asyncio.to_thread(migrate, service, dsn)
    return made


@pytest.fixture
async def databases(dsns: dict[str, str]) -> AsyncIterator[Databases]:
    connections = {service: await asyncpg.connect(dsn) for service, dsn in dsns.items()}
    filled = Databases(connections)
    await healthy.fill(filled)
    yield filled
    for connection in connections.values():
        await connection.close()


async def checked(databases: Databases, records: Sequence[Seen] = RECORDS) -> list[Check]:
    at = databases.connections
    return [
        await delivery.every_record_known(at, records),
        delivery.every_event_published(await delivery.outgoing(at), records),
        *[await check(at) for check in (rest.nothing_unsent, rest.nothing_due, rest.nothing_parked, rest.one_notice)],
        *[await check(at) for check in (money.journals_balanced, money.refunds_within_paid, money.one_resolution)],
        *[await check(at) for check in (history.without_gaps, history.moves_legal, rest.no_deadline_passed)],
    ]


async def broken(databases: Databases, records: Sequence[Seen] = RECORDS) -> dict[str, str]:
    return {check.name: check.detail for check in await checked(databases, records) if not check.held}


async def test_everything_held_when_healthy(databases: Databases) -> None:
    assert await broken(databases) == {}


async def test_record_that_no_log_knows_named(databases: Databases) -> None:
    lost = replace(COMPLAINT, offset=1, id="complaint-2")
    found = await broken(databases, [*RECORDS, lost])
    assert list(found) == ["every record known"]
    assert "dispute does not know marketplace.complaints/0@1 (marketplace complaint-2)" in found["every record known"]


async def test_repeated_record_and_dead_letter_known(databases: Databases) -> None:
    await databases.dispute.execute(
        "insert into dead_letter (topic, partition, record_offset, headers, reason, sentence, at) "
        "values ('marketplace.complaints', 0, 2, '[]', 'no-key', 's', now())"
    )
    again, rubbish = replace(COMPLAINT, offset=1), replace(COMPLAINT, offset=2, source="", id="")
    assert await broken(databases, [*RECORDS, again, rubbish]) == {}


async def test_event_that_is_in_no_topic_named(databases: Databases) -> None:
    found = await broken(databases, RECORDS[:-1])
    assert list(found) == ["every event published in order"]
    assert f"{healthy.LATER} of dispute is not in dispute.settlements" in found["every event published in order"]


async def test_events_in_another_order_named(databases: Databases) -> None:
    complaint, first, second = RECORDS
    found = await broken(databases, [complaint, replace(second, offset=0), replace(first, offset=1)])
    assert "stands before an earlier event of order/o-1" in found["every event published in order"]


async def test_event_sent_again_later_held(databases: Databases) -> None:
    assert await broken(databases, [*RECORDS, replace(RECORDS[1], offset=2)]) == {}


async def test_unsent_event_named(databases: Databases) -> None:
    await databases.dispute.execute("update outbox set sent_at = null where id = 2")
    assert await broken(databases) == {"nothing unsent": "1 of 2; wrong: t 2 of dispute"}


async def test_due_timer_named(databases: Databases) -> None:
    await healthy.timer(databases.dispute, "escalation_due", "-1 second")
    found = await broken(databases)
    assert "escalation_due of order/o-1 in dispute" in found["no timer left behind"]


async def test_parked_subject_named(databases: Databases) -> None:
    await databases.dispute.execute("insert into parked values ('order/o-9', now(), 'KeyError', $1)", uuid4())
    assert await broken(databases) == {"nothing parked": "1 subjects; wrong: order/o-9 in dispute: KeyError"}


async def test_unbalanced_journal_named(databases: Databases) -> None:
    await healthy.entry(databases.dispute, "platform_fund", 5)
    assert (await broken(databases))["journals balanced"] == "1 journals; wrong: j-1 is off by 5 USD"


async def test_refund_above_what_was_paid_named(databases: Databases) -> None:
    await databases.dispute.execute("alter table orders drop constraint refunded_within_paid")
    await databases.dispute.execute("update orders set paid = 1999")
    found = await broken(databases)
    assert "o-1 was paid 1999 and refunds 2000" in found["refunds within what was paid"]


async def test_second_resolution_named(databases: Databases) -> None:
    await databases.dispute.execute("alter table resolution drop constraint resolution_pkey")
    await healthy.resolution(databases.dispute)
    found = await broken(databases)
    assert "d-1 is CLOSED_REFUNDED with 2 resolutions" in found["one resolution a dispute"]


async def test_money_of_an_open_dispute_named(databases: Databases) -> None:
    await databases.dispute.execute("update disputes set state = 'AWAITING_SELLER'")
    found = await broken(databases)
    assert "d-1 is AWAITING_SELLER with 1 resolutions" in found["one resolution a dispute"]


async def test_a_second_journal_is_named_unless_it_collects_a_debt(databases: Databases) -> None:
    cause = await databases.dispute.fetchval("select cause_id from history where version = 3")
    await healthy.entry(databases.dispute, "seller_debt", -5, "j-2", cause)
    await healthy.entry(databases.dispute, "platform_fund", 5, "j-2", cause)
    found = await broken(databases)
    assert "d-1 is CLOSED_REFUNDED with 2 journals" in found["one resolution a dispute"]
    await databases.dispute.execute("update history set rule = '8.41' where cause_id = $1", cause)
    assert not await broken(databases)


async def test_second_notice_named(databases: Databases) -> None:
    await drop_unique(databases.notification, "notice")
    await healthy.notice(databases.notification)
    found = await broken(databases)
    assert "dispute.opened/1 of d-1 to the seller over inbox: 2" in found["nobody told twice"]


async def test_gap_in_history_named(databases: Databases) -> None:
    await databases.dispute.execute("update history set version = 4 where version = 3")
    found = await broken(databases)
    assert "order/o-1 in dispute is at version 3 and has 3 of the versions 1 to 4" in found["history without gaps"]


async def test_version_without_history_named(databases: Databases) -> None:
    await databases.dispute.execute("update orders set version = 4")
    assert "order/o-1 in dispute is at version 4" in (await broken(databases))["history without gaps"]


async def test_step_out_of_a_closed_state_named(databases: Databases) -> None:
    await databases.dispute.execute("update orders set version = 4")
    await healthy.decision(databases.dispute, 4, "CLOSED_REFUNDED", "REFUND_PENDING", "17")
    found = await broken(databases)
    assert "CLOSED_REFUNDED to REFUND_PENDING by 17 is no step of the rulebook" in found["every step legal"]


async def test_step_from_a_state_it_was_not_in_named(databases: Databases) -> None:
    await databases.dispute.execute("delete from history where version = 2")
    found = await broken(databases)
    assert "REFUND_PENDING to CLOSED_REFUNDED by 22, but it was AWAITING_SELLER" in found["every step legal"]


async def test_passed_deadline_named(databases: Databases) -> None:
    await databases.dispute.execute("update disputes set state = 'AWAITING_SELLER', deadline = now() - interval '1 s'")
    found = await broken(databases)
    assert "d-1 is AWAITING_SELLER since its deadline" in found["no deadline passed unheeded"]


async def test_topics_read_from_their_beginning(kafka: str, make_topic: MakeTopic) -> None:
    topic, empty = await make_topic(partitions=2), await make_topic()
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        headers = [("ce_source", b"shop"), ("ce_id", b"1"), ("ce_sequence", b"7")]
        await producer.send_and_wait(topic, b"{}", key=b"k", partition=1, headers=headers)
        await producer.send_and_wait(topic, b"rubbish", partition=0)
    read = await topics.read(kafka, [topic, empty, "no.such.topic"])
    assert read == [Seen(topic, 0, 0, "", "", ""), Seen(topic, 1, 0, "shop", "1", "7")]


async def test_every_check_runs_over_empty_databases(kafka: str, dsns: dict[str, str]) -> None:
    found = await run(dsns, kafka)
    assert [check.name for check in found if not check.held] == []
    assert len({check.name for check in found}) == 12


async def drop_unique(connection: asyncpg.Connection, table: str) -> None:
    """Every index of the table that would keep a second row away."""
    rows = await connection.fetch(
        "select c.conname from pg_constraint c where c.conrelid = $1::text::regclass and c.contype in ('u', 'p')", table
    )
    for row in rows:
        await connection.execute(f"alter table {table} drop constraint {row['conname']} cascade")
    for row in await connection.fetch(
        "select i.indexrelid::regclass::text as name from pg_index i where i.indrelid = $1::text::regclass "
        "and i.indisunique",
        table,
    ):
        await connection.execute(f"drop index {row['name']}")
