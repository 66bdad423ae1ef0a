"""Orders, parcels, the shipments that lists read, and every scan."""

from alembic import op

revision = "order_tracking_0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    # Written again with every decision: room on the page lets Postgres update in place.
    "create table orders (id text primary key, version bigint not null, state jsonb) with (fillfactor = 70)",
    "create table parcels (id text primary key, version bigint not null, state jsonb) with (fillfactor = 70)",
    """
    create table shipment (
        order_id text not null,
        parcel text not null,
        parcel_id text not null,
        number text not null,
        buyer text not null,
        seller text not null,
        shipped_at timestamptz not null,
        primary key (order_id, parcel)
    )
    """,
    "create index shipment_parcel on shipment (parcel_id)",
    "create index shipment_number on shipment (number)",
    "create index shipment_name on shipment (parcel)",
    "create index shipment_buyer on shipment (buyer, order_id, parcel)",
    "create index shipment_seller on shipment (seller, order_id, parcel)",
    # Append-only. The key is the fact itself: one status at one instant of one parcel.
    """
    create table scan (
        parcel_id text not null,
        scanned_at timestamptz not null,
        status text not null,
        place text,
        ahead boolean not null,
        received_at timestamptz not null,
        cause_id uuid not null,
        primary key (parcel_id, scanned_at, status)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("scan", "shipment", "parcels", "orders"):
        op.execute(f"drop table {table}")
