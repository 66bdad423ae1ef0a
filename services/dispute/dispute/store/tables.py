"""The tables as reads see them; the migrations make them."""

from typing import Final

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

METADATA: Final = MetaData()
INSTANT: Final = DateTime(timezone=True)

ORDERS: Final = Table(
    "orders",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("state", JSONB),
    Column("buyer", Text),
    Column("seller", Text),
    Column("source", Text),
    Column("placed_at", INSTANT),
    Column("currency", Text),
    Column("paid", BigInteger),
    Column("refunded", BigInteger, nullable=False),
    Column("status", Text),
    Column("frozen_at", INSTANT),
)

SELLERS: Final = Table(
    "sellers",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("state", JSONB),
    Column("deposit", BigInteger, nullable=False),
    Column("deposit_currency", Text),
    Column("debt", JSONB),
)

NAMES: Final = Table(
    "dispute_names",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("state", JSONB),
    Column("order_id", Text),
)

DISPUTES: Final = Table(
    "disputes",
    METADATA,
    Column("order_id", Text, primary_key=True),
    Column("dispute", Text, primary_key=True),
    Column("buyer", Text, nullable=False),
    Column("seller", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("opened_at", INSTANT, nullable=False),
    Column("since", INSTANT, nullable=False),
    Column("deadline", INSTANT),
    Column("escalates_at", INSTANT),
    Column("closed_at", INSTANT),
    Column("agreement", Text),
    Column("rule", Text),
    Column("liable", Text),
    Column("counts_for_seller", Boolean),
    Column("refund", BigInteger, nullable=False),
    Column("compensation", BigInteger, nullable=False),
    Column("freight", BigInteger, nullable=False),
    Column("escrow", BigInteger, nullable=False),
    Column("deposit", BigInteger, nullable=False),
    Column("platform_fund", BigInteger, nullable=False),
    Column("service_fund", BigInteger, nullable=False),
    Column("seller_debt", BigInteger, nullable=False),
    Column("carrier_claim", BigInteger, nullable=False),
    Column("trouble", Text),
)

DISPUTE_LINES: Final = Table(
    "dispute_lines",
    METADATA,
    Column("order_id", Text, primary_key=True),
    Column("line", Text, primary_key=True),
    Column("open_dispute", Text),
)

RESOLUTION: Final = Table(
    "resolution",
    METADATA,
    Column("dispute", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("rule", Text),
    Column("liable", Text),
    Column("refund", BigInteger, nullable=False),
    Column("compensation", BigInteger, nullable=False),
    Column("freight", BigInteger, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("cause", Uuid, nullable=False),
)

APPEAL_OUTCOME: Final = Table(
    "appeal_outcome",
    METADATA,
    Column("dispute", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("refund", BigInteger, nullable=False),
    Column("reversed", BigInteger, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("cause", Uuid, nullable=False),
)

JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("journal_id", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("dispute", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("cause", Uuid, nullable=False),
)

STATEMENT: Final = Table(
    "statement",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("dispute", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("words", Text),
    Column("evidence", ARRAY(Text), nullable=False),
    Column("cause", Uuid, nullable=False),
)

SELLER_FACT: Final = Table(
    "seller_fact",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("seller", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("dispute", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("carrier_service", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("seconds", BigInteger),
    Column("cause", Uuid, nullable=False),
)

SELLER_MARK: Final = Table(
    "seller_mark",
    METADATA,
    Column("order_id", Text, primary_key=True),
    Column("thing", Text, primary_key=True),
    Column("seller", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", INSTANT),
    Column("good", Boolean, nullable=False),
    Column("carrier_service", Text, nullable=False),
    Column("destination", Text, nullable=False),
)
