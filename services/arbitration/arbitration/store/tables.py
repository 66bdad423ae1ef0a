"""The desk's tables as its reads see them; the migrations make them."""

from typing import Final

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

METADATA: Final = MetaData()
INSTANT: Final = DateTime(timezone=True)

CASES: Final = Table(
    "cases",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("state", JSONB),
    Column("order_id", Text),
    Column("buyer", Text),
    Column("seller", Text),
    Column("status", Text),
    Column("agent", Text),
    Column("reason", Text),
    Column("currency", Text),
    Column("amount", BigInteger),
    Column("opened_at", INSTANT),
    Column("due", INSTANT),
    Column("urgency", INSTANT),
)

NUMBERS: Final = Table(
    "case_numbers",
    METADATA,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("number", Text, primary_key=True),
)

NOTES: Final = Table(
    "case_notes",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("agent", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("written_at", INSTANT, nullable=False),
)

EXTENSIONS: Final = Table(
    "extensions",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("state", JSONB),
)
