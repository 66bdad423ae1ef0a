"""Cases, the tracking numbers they are found by, and the agents' notes."""

from alembic import op

revision = "arbitration_0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    # A row whose columns are null is a dispute that was heard of and never came to the desk.
    """
    create table cases (
        id text primary key,
        version bigint not null,
        state jsonb,
        order_id text,
        buyer text,
        seller text,
        status text,
        agent text,
        reason text,
        currency text,
        amount bigint,
        opened_at timestamptz,
        due timestamptz,
        urgency timestamptz
    ) with (fillfactor = 80)
    """,
    "create index cases_by_urgency on cases (urgency, id) where status is not null",
    "create index cases_by_order on cases (order_id)",
    "create index cases_by_buyer on cases (buyer)",
    "create index cases_by_seller on cases (seller)",
    "create index cases_by_agent on cases (agent) where agent is not null",
    """
    create table case_numbers (
        case_id text not null references cases (id),
        number text not null,
        primary key (case_id, number)
    )
    """,
    "create index case_numbers_by_number on case_numbers (number)",
    """
    create table case_notes (
        id uuid primary key,
        case_id text not null references cases (id),
        agent text not null,
        words text not null,
        written_at timestamptz not null
    )
    """,
    "create index case_notes_by_case on case_notes (case_id, written_at, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
