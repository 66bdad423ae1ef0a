"""The engine's tables, in every service's database, as SQLAlchemy sees them: for reads, HTTP queries and operators.

The migrations in `migrations/versions` make them; a test compares the two. Instants are `timestamptz`; a `subject` is
written `kind/id`.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Float, Integer, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

METADATA: Final = MetaData()
INSTANT: Final = DateTime(timezone=True)

# The log of causes. `name` is the ce_id, the Idempotency-Key or the timer's kind; `answer` is what a command was told,
# so that the same pair gets the same words over either door; `body` is kept for commands, which no other table keeps.
INBOX: Final = Table(
    "inbox",
    METADATA,
    Column("cause_id", Uuid, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("slug", Text),
    Column("answer", JSONB),
    Column("body", JSONB),
    Column("topic", Text),
    Column("partition", Integer),
    Column("record_offset", BigInteger),
)

# Every decision: one row per cause and written subject.
HISTORY: Final = Table(
    "history",
    METADATA,
    Column("subject", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("cause_id", Uuid, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("arrived_at", INSTANT, nullable=False),
    Column("moves", JSONB, nullable=False),
    Column("explanation", JSONB, nullable=False),
)

CONSUMER_FENCE: Final = Table(
    "consumer_fence",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("read_until", INSTANT, nullable=False),
    Column("cluster_id", Text, nullable=False),
)

# Partitioned by the day of `created_at`, which is real time also under a simulated clock: it serves house-keeping only.
OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", INSTANT, primary_key=True),
    Column("sent_at", INSTANT),
)

RELAY_LEASE: Final = Table(
    "relay_lease",
    METADATA,
    Column("one", Boolean, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", INSTANT, nullable=False),
)

TIMERS: Final = Table(
    "timers",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("due", INSTANT, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("party", Boolean, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("armed_by", Uuid, nullable=False),
)

# `headers` is a list of [name, "text" | "base64", value]: a stranger's header may be any bytes.
DEAD_LETTER: Final = Table(
    "dead_letter",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("record_offset", BigInteger, nullable=False),
    Column("appended_at", INSTANT),
    Column("key", LargeBinary),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary),
    Column("reason", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("replayed_at", INSTANT),
)

PARKED: Final = Table(
    "parked",
    METADATA,
    Column("subject", Text, primary_key=True),
    Column("since", INSTANT, nullable=False),
    Column("reason", Text, nullable=False),
    Column("cause", Uuid, nullable=False),
)

# What waits behind a parked subject, in order, with its arrival. `role` and `sub` are the caller's where it came over
# HTTP.
PARKED_CAUSE: Final = Table(
    "parked_cause",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("cause_id", Uuid, nullable=False),
    Column("arrived_at", INSTANT, nullable=False),
    Column("type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("role", Text),
    Column("sub", Text),
    Column("trace", Text),
    Column("topic", Text),
    Column("partition", Integer),
    Column("record_offset", BigInteger),
)

OUTAGE: Final = Table(
    "outage",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("since", INSTANT, nullable=False),
    Column("until", INSTANT, nullable=False),
    Column("what", Text, nullable=False),
)

BREAKER: Final = Table(
    "breaker",
    METADATA,
    Column("one", Boolean, primary_key=True),
    Column("tripped_at", INSTANT),
    Column("reason", Text),
    Column("released_by", Text),
)

# The last sign of life: `clock` for the jump breaker, `kafka` and `http` for the doors.
TICK: Final = Table(
    "tick",
    METADATA,
    Column("what", Text, primary_key=True),
    Column("at", INSTANT, nullable=False),
    Column("monotonic", Float),
    Column("boot_id", Text),
    Column("usual", Integer, nullable=False),
)

HTTP_REQUEST: Final = Table(
    "http_request",
    METADATA,
    Column("actor", Text, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("answer", JSONB),
    Column("at", INSTANT, nullable=False),
)

SIMULATED_CLOCK: Final = Table(
    "simulated_clock",
    METADATA,
    Column("one", Boolean, primary_key=True),
    Column("instant", INSTANT, nullable=False),
)
