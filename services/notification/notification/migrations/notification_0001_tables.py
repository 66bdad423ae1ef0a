"""Threads, parties, notices, and what became of each notice."""

from alembic import op

revision = "notification_0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    # Written again with every decision: room on the page lets Postgres update in place.
    "create table threads (id text primary key, version bigint not null, state jsonb) with (fillfactor = 70)",
    "create table parties (id text primary key, version bigint not null, state jsonb)",
    # Append-only: what was to be told, to whom, over which channel. `number` orders what was decided at one instant.
    """
    create table notice (
        id uuid primary key,
        number bigint generated always as identity unique,
        order_id text not null,
        dispute text,
        parcel text,
        step text not null,
        party text not null check (party in ('buyer', 'seller')),
        recipient text not null,
        channel text not null,
        type text not null,
        title text not null,
        words text not null,
        at timestamptz not null,
        check (dispute is not null or parcel is not null)
    )
    """,
    # Once per dispute (or parcel), step, party and channel, whatever the rules believe.
    """
    create unique index notice_once on notice
        (order_id, coalesce(dispute, ''), coalesce(parcel, ''), step, party, channel)
    """,
    "create index notice_inbox on notice (recipient, party, number) where channel = 'inbox'",
    "create index notice_order on notice (order_id, number)",
    # Append-only: a notice left over its channel, or was given up (failure says why).
    """
    create table delivery (
        notice uuid primary key references notice,
        channel text not null,
        attempts integer not null,
        failure text,
        at timestamptz not null
    )
    """,
    # Append-only: a notice of the inbox was read.
    """
    create table reading (
        notice uuid primary key references notice,
        at timestamptz not null
    )
    """,
    # The senders' own notes: who is at work on what until when, in real time. Gone once the delivery is recorded.
    """
    create table to_send (
        notice uuid primary key references notice,
        channel text not null,
        attempts integer not null default 0,
        leased_until timestamptz not null default '-infinity'
    ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01)
    """,
    "create index to_send_next on to_send (channel, leased_until)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("to_send", "reading", "delivery", "notice", "parties", "threads"):
        op.execute(f"drop table {table}")
