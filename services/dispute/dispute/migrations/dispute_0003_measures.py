"""What sellers are measured by: facts of disputes, which are only added, and marks of orders and parcels."""

from alembic import op

revision = "dispute_0003"
down_revision = "dispute_0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table seller_fact (
        id bigint generated always as identity primary key,
        seller text not null,
        kind text not null,
        at timestamptz not null,
        order_id text not null,
        dispute text not null,
        reason text not null,
        carrier_service text not null,
        destination text not null,
        seconds bigint,
        cause uuid not null
    )
    """,
    "create index seller_fact_by_seller on seller_fact (seller, at)",
    "create index seller_fact_by_dispute on seller_fact (dispute)",
    # thing: a parcel, or nothing for the order's receipt. at: when it counts, null where it does not.
    """
    create table seller_mark (
        order_id text not null,
        thing text not null,
        seller text not null,
        kind text not null check (kind in ('receipt', 'parcel')),
        at timestamptz,
        good boolean not null,
        carrier_service text not null,
        destination text not null,
        primary key (order_id, thing)
    ) with (fillfactor = 80)
    """,
    "create index seller_mark_by_seller on seller_mark (seller, at)",
    """
    create trigger seller_fact_append_only before update or delete or truncate on seller_fact
    for each statement execute function append_only()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table seller_fact")
    op.execute("drop table seller_mark")
