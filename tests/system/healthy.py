"""Four databases and their topics at rest after one small dispute: everything the checks look at is as it should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

import asyncpg

from aftersales_local.checks.delivery import CAUSES
from aftersales_local.checks.topics import Seen

ORDER, DISPUTE, SUBJECT = "o-1", "d-1", "order/o-1"
EVENT = UUID("00000000-0000-4000-8000-000000000001")
LATER = UUID("00000000-0000-4000-8000-000000000002")
COMPLAINT = Seen("marketplace.complaints", 0, 0, "marketplace", "complaint-1", "")
RECORDS = (
    COMPLAINT,
    Seen("dispute.settlements", 0, 0, "dispute", str(EVENT), "1"),
    Seen("dispute.settlements", 0, 1, "dispute", str(LATER), "2"),
)
MOVES = (
    ("AWAITING_SELLER", None, "1"),
    ("REFUND_PENDING", "AWAITING_SELLER", "3"),
    ("CLOSED_REFUNDED", "REFUND_PENDING", "22"),
)


@dataclass(frozen=True, slots=True)
class Databases:
    """Connections by service. Triggers are off: the tests plant what the database itself would refuse."""

    connections: Mapping[str, asyncpg.Connection]

    @property
    def dispute(self) -> asyncpg.Connection:
        return self.connections["dispute"]

    @property
    def notification(self) -> asyncpg.Connection:
        return self.connections["notification"]


async def fill(databases: Databases) -> None:
    for connection in databases.connections.values():
        await connection.execute("set session_replication_role = replica")
    dispute = databases.dispute
    await dispute.execute(
        "insert into orders (id, version, state, currency, paid, refunded, status) "
        "values ($1, 3, '{}', 'USD', 4198, 2000, 'placed')",
        ORDER,
    )
    await dispute.execute(DISPUTES, ORDER, DISPUTE)
    await cause(dispute, COMPLAINT)
    for version, (after, before, number) in enumerate(MOVES, start=1):
        await decision(dispute, version, before, after, number)
    await resolution(dispute)
    for account, amount in (("buyer", 2000), ("seller_escrow", -2000)):
        await entry(dispute, account, amount)
    for place, event in enumerate((EVENT, LATER), start=1):
        await outgoing(dispute, place, event)
    await timer(dispute, "answer_due", "1 day")
    await notice(databases.notification)


DISPUTES = """
    insert into disputes (
        order_id, dispute, buyer, seller, source, currency, state, reason, step, opened_at, since, agreement,
        refund, compensation, freight, escrow, deposit, platform_fund, service_fund, seller_debt, carrier_claim
    ) values (
        $1, $2, 'bob', 'sue', 'marketplace', 'USD', 'CLOSED_REFUNDED', 'SNAD_QUALITY', 3, now(), now(), 'consensus',
        2000, 0, 0, 2000, 0, 0, 0, 0, 0)
"""


async def cause(connection: asyncpg.Connection, record: Seen) -> None:
    await connection.execute(
        "insert into inbox (cause_id, subject, hash, type, source, name, received_at, outcome) "
        "values ($1, $2, '', 't', $3, $4, now(), 'applied')",
        *(uuid5(CAUSES, f"{record.source}\n{record.id}"), SUBJECT, record.source, record.id),
    )


async def decision(
    connection: asyncpg.Connection, version: int, before: str | None, after: str, number: str, subject: str = SUBJECT
) -> None:
    await connection.execute(
        "insert into history "
        "(subject, version, cause_id, event_type, rule, outcome, at, arrived_at, moves, explanation) "
        "values ($1, $2, $3, 't', 'r', 'applied', now(), now(), "
        "jsonb_build_array(jsonb_build_array($4::text, $5::text, $6::text, $7::text)), '{}')",
        *(subject, version, uuid4(), DISPUTE, before, after, number),
    )


async def resolution(connection: asyncpg.Connection, dispute: str = DISPUTE) -> None:
    await connection.execute(
        "insert into resolution (dispute, order_id, agreement, refund, compensation, freight, at, cause) "
        "values ($1, $2, 'consensus', 2000, 0, 0, now(), $3)",
        *(dispute, ORDER, uuid4()),
    )


async def entry(
    connection: asyncpg.Connection, account: str, amount: int, journal: str = "j-1", cause: UUID | None = None
) -> None:
    await connection.execute(
        "insert into journal (journal_id, order_id, dispute, account, currency, amount, at, cause) "
        "values ($1, $2, $3, $4, 'USD', $5, now(), $6)",
        *(journal, ORDER, DISPUTE, account, amount, cause or uuid4()),
    )


async def outgoing(connection: asyncpg.Connection, number: int, event: UUID) -> None:
    await connection.execute(
        "insert into outbox (id, event_id, topic, key, type, subject, headers, body, sent_at) "
        "values ($1, $2, 'dispute.settlements', $3, 't', $4, '{}', '', now())",
        *(number, event, ORDER, SUBJECT),
    )


async def timer(connection: asyncpg.Connection, kind: str, ahead: str) -> None:
    await connection.execute(
        "insert into timers (id, kind, subject, due, rank, party, data, armed_by) "
        "values ($1, $2, $3, now() + $4::text::interval, 10, true, '{}', $1)",
        *(uuid4(), kind, SUBJECT, ahead),
    )


async def notice(connection: asyncpg.Connection) -> None:
    await connection.execute(
        "insert into notice (id, order_id, dispute, step, party, recipient, channel, type, title, words, at) "
        "values ($1, $2, $3, 'dispute.opened/1', 'seller', 'sue', 'inbox', 'dispute.opened', 't', 'w', now())",
        *(uuid4(), ORDER, DISPUTE),
    )
