"""What became of appeals, and since when a chargeback stops an order's disputes."""

from alembic import op

revision = "dispute_0002"
down_revision = "dispute_0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table orders add column frozen_at timestamptz",
    # One decided appeal a dispute: the primary key refuses a second.
    """
    create table appeal_outcome (
        dispute text primary key,
        order_id text not null,
        decision text not null,
        party text not null check (party in ('buyer', 'seller')),
        outcome text not null check (outcome in ('upheld', 'overturned', 'undecided')),
        refund bigint not null check (refund >= 0),
        reversed bigint not null check (reversed >= 0),
        at timestamptz not null,
        cause uuid not null
    )
    """,
    """
    create trigger appeal_outcome_append_only before update or delete or truncate on appeal_outcome
    for each statement execute function append_only()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table appeal_outcome")
    op.execute("alter table orders drop column frozen_at")
