"""A shipment's source: a service reads the parcels of the orders that it placed, and no others."""

from alembic import op

revision = "order_tracking_0002"
down_revision = "order_tracking_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table shipment add column source text")
    op.execute(
        "update shipment set source = orders.state -> 'placed' ->> 'source' from orders where orders.id = order_id"
    )
    op.execute("alter table shipment alter column source set not null")
    op.execute("create index shipment_source on shipment (source, order_id, parcel)")


def downgrade() -> None:
    op.execute("alter table shipment drop column source")
