"""The tables as reads see them; the migrations make them."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, DateTime, MetaData, Table, Text, Uuid
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


ORDERS: Final = _subjects("orders")
PARCELS: Final = _subjects("parcels")
LANES: Final = _subjects("lanes")

SHIPMENT: Final = Table(
    "shipment",
    METADATA,
    Column("order_id", Text, primary_key=True),
    Column("parcel", Text, primary_key=True),
    Column("parcel_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("buyer", Text, nullable=False),
    Column("seller", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("shipped_at", INSTANT, nullable=False),
    Column("carrier_service", Text),
    Column("destination", Text),
    Column("promise_ends_at", INSTANT),
)

SCAN: Final = Table(
    "scan",
    METADATA,
    Column("parcel_id", Text, primary_key=True),
    Column("scanned_at", INSTANT, primary_key=True),
    Column("status", Text, primary_key=True),
    Column("place", Text),
    Column("ahead", Boolean, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    Column("cause_id", Uuid, nullable=False),
)
