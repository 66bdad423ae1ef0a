"""Extensions for force majeure, of disputes and of lanes."""

from alembic import op

revision = "arbitration_0002_extensions"
down_revision = "arbitration_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create table extensions (id text primary key, version bigint not null, state jsonb)")


def downgrade() -> None:
    op.execute("drop table extensions")
