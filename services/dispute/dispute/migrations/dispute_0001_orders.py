"""Orders with their disputes, sellers' accounts, the journal, resolutions and statements."""

from alembic import op

revision = "dispute_0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    # A row whose columns are null is an order that was spoken of and not placed yet. The cap is a rule, and a wall.
    """
    create table orders (
        id text primary key,
        version bigint not null,
        state jsonb,
        buyer text,
        seller text,
        source text,
        placed_at timestamptz,
        currency text,
        paid bigint,
        refunded bigint not null default 0,
        status text,
        constraint refunded_within_paid check (refunded >= 0 and refunded <= paid)
    ) with (fillfactor = 80)
    """,
    "create index orders_by_buyer on orders (buyer)",
    "create index orders_by_seller on orders (seller)",
    """
    create table sellers (
        id text primary key,
        version bigint not null,
        state jsonb,
        deposit bigint not null default 0,
        deposit_currency text,
        debt jsonb
    ) with (fillfactor = 80)
    """,
    """
    create table dispute_names (
        id text primary key,
        version bigint not null,
        state jsonb,
        order_id text
    )
    """,
    # The key names the order: whoever used a name that is taken must not write over the other's row.
    """
    create table disputes (
        order_id text not null,
        dispute text not null,
        buyer text not null,
        seller text not null,
        source text not null,
        currency text not null,
        state text not null,
        reason text not null,
        step integer not null,
        opened_at timestamptz not null,
        since timestamptz not null,
        deadline timestamptz,
        escalates_at timestamptz,
        closed_at timestamptz,
        agreement text,
        rule text,
        liable text,
        counts_for_seller boolean,
        refund bigint not null,
        compensation bigint not null,
        freight bigint not null,
        escrow bigint not null,
        deposit bigint not null,
        platform_fund bigint not null,
        service_fund bigint not null,
        seller_debt bigint not null,
        carrier_claim bigint not null,
        trouble text,
        primary key (order_id, dispute),
        constraint dispute_id_once unique (dispute)
    ) with (fillfactor = 80)
    """,
    "create index disputes_by_buyer on disputes (buyer, opened_at, dispute)",
    "create index disputes_by_seller on disputes (seller, opened_at, dispute)",
    "create index disputes_by_opening on disputes (opened_at, dispute)",
    "create index disputes_in_trouble on disputes (since) where trouble is not null",
    # One open dispute a line: there is one place for its name.
    """
    create table dispute_lines (
        order_id text not null,
        line text not null,
        open_dispute text,
        primary key (order_id, line)
    )
    """,
    """
    create table resolution (
        dispute text primary key,
        order_id text not null,
        agreement text not null,
        rule text,
        liable text,
        refund bigint not null check (refund >= 0),
        compensation bigint not null check (compensation >= 0),
        freight bigint not null check (freight >= 0),
        at timestamptz not null,
        cause uuid not null
    )
    """,
    """
    create table journal (
        id bigint generated always as identity primary key,
        journal_id text not null,
        order_id text not null,
        dispute text not null,
        account text not null check (account in (
            'buyer', 'seller', 'seller_escrow', 'seller_deposit', 'seller_debt',
            'platform_fund', 'service_fund', 'carrier_recourse')),
        currency text not null check (currency ~ '^[A-Z]{3}$'),
        amount bigint not null check (amount <> 0),
        at timestamptz not null,
        cause uuid not null
    )
    """,
    "create index journal_by_journal on journal (journal_id)",
    "create index journal_by_order on journal (order_id)",
    """
    create table statement (
        id bigint generated always as identity primary key,
        order_id text not null,
        dispute text not null,
        party text not null check (party in ('buyer', 'seller')),
        said text not null,
        at timestamptz not null,
        words text,
        evidence text[] not null,
        cause uuid not null
    )
    """,
    "create index statement_by_dispute on statement (order_id, dispute, id)",
    # Looked at when the transaction ends: until then a journal may be half written.
    """
    create function journal_balanced() returns trigger language plpgsql as $$
    begin
        if exists (
            select from journal where journal_id = new.journal_id group by currency having sum(amount) <> 0
        ) then
            raise exception 'journal % does not balance', new.journal_id using errcode = 'check_violation';
        end if;
        return null;
    end $$
    """,
    """
    create constraint trigger journal_balanced after insert on journal
    deferrable initially deferred for each row execute function journal_balanced()
    """,
    """
    create function append_only() returns trigger language plpgsql as $$
    begin
        raise exception 'rows of % are never changed or deleted', tg_table_name using errcode = 'check_violation';
    end $$
    """,
    *(
        f"""
        create trigger {table}_append_only before update or delete or truncate on {table}
        for each statement execute function append_only()
        """
        for table in ("journal", "resolution", "statement")
    ),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
