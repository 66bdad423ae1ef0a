"""The number of a notice comes from its sequence; an index to say so again has no reader."""

from alembic import op

revision = "notification_0002"
down_revision = "notification_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table notice drop constraint notice_number_key")


def downgrade() -> None:
    op.execute("alter table notice add constraint notice_number_key unique (number)")
