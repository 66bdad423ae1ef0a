"""What retention looks for: causes by age, and whether a subject has a timer."""

from alembic import op

revision = "engine_0002"
down_revision = "engine_0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    # Rows come by age, so a block range index finds the old ones at the cost of a few pages.
    "create index inbox_received on inbox using brin (received_at) with (autosummarize = on)",
    "create index timers_subject on timers (subject)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the engine's tables are never taken back: restore the database instead")
