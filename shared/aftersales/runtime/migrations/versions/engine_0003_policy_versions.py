"""Which policy versions this database has been judged by: a version never changes once it was used."""

from alembic import op

revision = "engine_0003"
down_revision = "engine_0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table policy_version (
        name text not null,
        version integer not null,
        identity text not null,
        primary key (name, version)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the engine's tables are never taken back: restore the database instead")
