"""The tables as reads see them; the migrations make them."""

from typing import Final

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

METADATA: Final = MetaData()
INSTANT: Final = DateTime(timezone=True)


def _subjects(name: str) -> Table:
    return Table(
        name,
        METADATA,
        Column("id", Text, primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("state", JSONB),
    )


THREADS: Final = _subjects("threads")
PARTIES: Final = _subjects("parties")

NOTICE: Final = Table(
    "notice",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("dispute", Text),
    Column("parcel", Text),
    Column("step", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
)

DELIVERY: Final = Table(
    "delivery",
    METADATA,
    Column("notice", Uuid, ForeignKey("notice.id"), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failure", Text),
    Column("at", INSTANT, nullable=False),
)

READING: Final = Table(
    "reading",
    METADATA,
    Column("notice", Uuid, ForeignKey("notice.id"), primary_key=True),
    Column("at", INSTANT, nullable=False),
)

TO_SEND: Final = Table(
    "to_send",
    METADATA,
    Column("notice", Uuid, ForeignKey("notice.id"), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("leased_until", INSTANT, nullable=False),
)
