"""The engine's tables: causes, decisions, outbox, timers, and what guards them."""

from alembic import op

revision = "engine_0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table simulated_clock (
        one boolean primary key default true check (one),
        instant timestamptz not null
    )
    """,
    # clock_timestamp(), not now(): that one is frozen when the transaction begins and may be seconds old under a lock.
    """
    create function app_now() returns timestamptz language sql volatile
    as $$ select coalesce((select instant from simulated_clock), clock_timestamp()) $$
    """,
    """
    create table inbox (
        cause_id uuid not null,
        subject text not null,
        hash bytea not null,
        type text not null,
        source text not null,
        name text not null,
        received_at timestamptz not null,
        outcome text not null,
        slug text,
        answer jsonb,
        body jsonb,
        topic text,
        partition integer,
        record_offset bigint,
        constraint inbox_pkey primary key (cause_id, subject)
    )
    """,
    """
    create table history (
        subject text not null,
        version bigint not null,
        cause_id uuid not null,
        event_type text not null,
        rule text not null,
        outcome text not null,
        at timestamptz not null,
        arrived_at timestamptz not null,
        moves jsonb not null,
        explanation jsonb not null,
        primary key (subject, version)
    )
    """,
    # Updated with every batch: room on the page lets Postgres update in place.
    """
    create table consumer_fence (
        topic text not null,
        partition integer not null,
        epoch bigint not null default 0,
        next_offset bigint not null,
        read_until timestamptz not null default 'epoch',
        cluster_id text not null,
        primary key (topic, partition)
    ) with (fillfactor = 50)
    """,
    # Cache 1: ids are drawn under the subject's lock and must not come from a block that a connection took earlier.
    "create sequence outbox_id cache 1",
    """
    create table outbox (
        id bigint not null default nextval('outbox_id'),
        event_id uuid not null,
        topic text not null,
        key text not null,
        type text not null,
        subject text not null,
        headers jsonb not null,
        body bytea not null,
        created_at timestamptz not null default now(),
        sent_at timestamptz,
        primary key (id, created_at),
        constraint outbox_body_size check (octet_length(body) <= 204800)
    ) partition by range (created_at)
    """,
    "create index outbox_unsent on outbox (id) where sent_at is null",
    # What no day's partition takes, should house-keeping ever be late; normally empty.
    "create table outbox_default partition of outbox default with (autovacuum_vacuum_scale_factor = 0.01)",
    """
    create table relay_lease (
        one boolean primary key default true check (one),
        holder text not null,
        until timestamptz not null
    )
    """,
    """
    create table timers (
        id uuid primary key,
        kind text not null,
        subject text not null,
        due timestamptz not null,
        rank integer not null,
        party boolean not null,
        data jsonb not null,
        armed_by uuid not null
    ) with (autovacuum_vacuum_scale_factor = 0.01)
    """,
    "create index timers_due on timers (due, rank, id)",
    """
    create table dead_letter (
        id bigint generated always as identity primary key,
        topic text not null,
        partition integer not null,
        record_offset bigint not null,
        appended_at timestamptz,
        key bytea,
        headers jsonb not null,
        body bytea,
        reason text not null,
        sentence text not null,
        at timestamptz not null,
        replayed_at timestamptz
    )
    """,
    """
    create table parked (
        subject text primary key,
        since timestamptz not null,
        reason text not null,
        cause uuid not null
    )
    """,
    """
    create table parked_cause (
        id bigint generated always as identity primary key,
        subject text not null,
        cause_id uuid not null,
        arrived_at timestamptz not null,
        type text not null,
        source text not null,
        name text not null,
        hash bytea not null,
        body bytea not null,
        role text,
        sub text,
        trace text,
        topic text,
        partition integer,
        record_offset bigint,
        unique (subject, cause_id)
    )
    """,
    """
    create table outage (
        id bigint generated always as identity primary key,
        since timestamptz not null,
        until timestamptz not null,
        what text not null,
        check (since < until),
        unique (what, since)
    )
    """,
    """
    create table breaker (
        one boolean primary key default true check (one),
        tripped_at timestamptz,
        reason text,
        released_by text
    )
    """,
    """
    create table tick (
        what text primary key,
        at timestamptz not null,
        monotonic double precision,
        boot_id text,
        usual integer not null default 0
    ) with (fillfactor = 50)
    """,
    """
    create table http_request (
        actor text not null,
        route text not null,
        key text not null,
        fingerprint bytea not null,
        status integer,
        answer jsonb,
        at timestamptz not null,
        primary key (actor, route, key)
    )
    """,
    "insert into breaker (one) values (true)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the engine's tables are never taken back: restore the database instead")
