"""Reads a service's tables by plain SQL, in one snapshot."""

import asyncio
import json
from collections.abc import Mapping
from typing import Final

import asyncpg

from aftersales_checker.folder import CannotCheck
from aftersales_checker.found import Database

ENGINE: Final[Mapping[str, str]] = {
    "inbox": """
        select cause_id, subject, type, source, name, received_at, outcome, slug, topic, partition, record_offset,
            body ->> 'dispute' as dispute
        from inbox order by received_at
    """,
    "history": """
        select subject, version, cause_id, event_type, outcome, at, arrived_at, moves, explanation -> 'facts' as facts
        from history order by subject, version
    """,
    "outbox": "select id, event_id, topic, key, type, subject, sent_at from outbox order by id",
    "consumer_fence": "select topic, partition, next_offset from consumer_fence order by topic, partition",
    "timers": "select id, kind, subject, due, party, due <= app_now() as is_due from timers order by due, id",
    "dead_letter": """
        select topic, partition, record_offset, reason, sentence, replayed_at from dead_letter order by id
    """,
    "parked": "select subject, reason from parked order by since, subject",
    "parked_cause": "select cause_id, subject from parked_cause order by id",
    "outage": "select since, until from outage order by since",
}
# The kinds of subject of each service, and the table of each.
SUBJECTS: Final[Mapping[str, Mapping[str, str]]] = {
    "order_tracking": {"order": "orders", "parcel": "parcels"},
    "dispute": {"order": "orders", "seller": "sellers", "name": "dispute_names"},
    "arbitration": {"case": "cases"},
    "notification": {"thread": "threads", "party": "parties"},
}
OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "order_tracking": {},
    "arbitration": {},
    "dispute": {
        "orders": "select id, currency, paid, refunded, status, frozen_at from orders order by id",
        "sellers": "select id, deposit, deposit_currency, debt from sellers order by id",
        "disputes": """
            select order_id, dispute, state, reason, step, since, deadline, escalates_at, agreement, rule, liable,
                refund, compensation, freight, escrow, deposit, platform_fund, service_fund, seller_debt, carrier_claim
            from disputes order by dispute
        """,
        "resolution": """
            select dispute, order_id, agreement, refund, compensation, freight, cause from resolution order by dispute
        """,
        "appeal_outcome": """
            select dispute, order_id, outcome, refund, reversed from appeal_outcome order by dispute
        """,
        "journal": """
            select journal_id, order_id, dispute, account, currency, amount, cause from journal order by id
        """,
    },
    "notification": {
        "notice": "select id, order_id, dispute, parcel, step, party, channel, type from notice order by number",
        "delivery": "select notice, failure from delivery",
        "to_send": "select notice from to_send",
    },
}


async def read(databases: Mapping[str, str]) -> dict[str, Database]:
    """Every service's tables; CannotCheck where a database does not let us in or lacks a table."""
    found = await asyncio.gather(*(_read(service, dsn) for service, dsn in databases.items()))
    return dict(zip(databases, found, strict=True))


async def _read(service: str, dsn: str) -> Database:
    if service not in SUBJECTS:
        raise CannotCheck(f"run.json names a service {service}, which is none of {', '.join(SUBJECTS)}.")
    try:
        connection = await asyncpg.connect(dsn, timeout=10)
        try:
            return await _snapshot(connection, service)
        finally:
            await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError) as problem:
        raise CannotCheck(f"The database of {service} cannot be read ({type(problem).__name__}: {problem}).") from None


async def _snapshot(connection: "asyncpg.Connection[asyncpg.Record]", service: str) -> Database:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        clock = await connection.fetchrow("select app_now() as now, exists (select from simulated_clock) as simulated")
        assert clock is not None
        queries = {**ENGINE, "subjects": _subjects(service), **OWN[service]}
        tables = {name: [dict(row) for row in await connection.fetch(query)] for name, query in queries.items()}
    return Database(clock["now"], clock["simulated"], tables)


def _subjects(service: str) -> str:
    """Every subject's version, whatever its kind."""
    return " union all ".join(
        f"select '{kind}/' || id as subject, version from {table}"  # noqa: S608 - both are written above
        for kind, table in SUBJECTS[service].items()
    )
