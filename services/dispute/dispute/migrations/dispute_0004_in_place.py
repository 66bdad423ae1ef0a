"""Rows of orders and disputes are updated in place: room on the page, no index on what every step moves."""

from alembic import op

revision = "dispute_0004"
down_revision = "dispute_0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    # A state fills a quarter of a page.
    "alter table orders set (fillfactor = 50)",
    "drop index disputes_in_trouble",
    # As lists are ordered; `since` moves with every step.
    "create index disputes_in_trouble on disputes (opened_at, dispute) where trouble is not null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table orders set (fillfactor = 80)")
    op.execute("drop index disputes_in_trouble")
    op.execute("create index disputes_in_trouble on disputes (since) where trouble is not null")
