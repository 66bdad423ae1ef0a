"""Lanes, and the parcels that travel on them while their promise runs."""

from alembic import op

revision = "order_tracking_0003"
down_revision = "order_tracking_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create table lanes (id text primary key, version bigint not null, state jsonb)")
    # Null: shipped before lanes were known; no extension of a lane finds it.
    op.execute(
        "alter table shipment add column carrier_service text, add column destination text, "
        "add column promise_ends_at timestamptz"
    )
    op.execute("create index shipment_lane on shipment (carrier_service, destination, order_id, promise_ends_at)")


def downgrade() -> None:
    op.execute("alter table shipment drop column carrier_service, drop column destination, drop column promise_ends_at")
    op.execute("drop table lanes")
