"""Which defects there are, in which scenario each shows, and which invariant the checker must then name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aftersales_local.planted import breaking, scenarios
from aftersales_local.planted.scenarios import Scenario

UNBROKEN: Final = "none"


@dataclass(frozen=True, slots=True)
class Defect:
    """breaks: the invariant that must be named. sql: what of the database's own guards is taken away with it."""

    says: str
    breaks: str
    scenario: Scenario
    plant: Callable[[], None]
    sql: tuple[str, ...] = ()


DEFECTS: Final[dict[str, Defect]] = {
    "no-inbox": Defect(
        "a cause is not looked up before it is applied",
        "I7",
        scenarios.REPEATED,
        breaking.no_inbox,
        ("alter table inbox drop constraint inbox_pkey",),
    ),
    "no-fence": Defect(
        "whoever has a batch runs it, and reading goes on where the group says",
        "I8",
        scenarios.TWO_OWNERS,
        breaking.no_fence,
    ),
    "mark-before-acknowledgement": Defect(
        "an event counts as sent before Kafka has it",
        "I6",
        scenarios.KILLED_BEFORE_SENDING,
        breaking.marked_before_acknowledged,
    ),
    "fence-before-transaction": Defect(
        "the offset is committed before the transaction",
        "I1",
        scenarios.KILLED_BEFORE_COMMIT,
        breaking.fence_before_transaction,
    ),
    "timer-before-lock": Defect(
        "a timer's row is gone before its subject is locked",
        "I9",
        scenarios.KILLED_IN_A_TIMER,
        breaking.timer_deleted_before_lock,
    ),
    "sum-then-insert": Defect(
        "what is left to pay is read without a lock",
        "I3",
        scenarios.REFUNDS_AT_ONCE,
        breaking.sum_then_insert,
        ("alter table history drop constraint history_pkey",),
    ),
    "notice-outside-unit": Defect(
        "notices are written after the unit",
        "I4",
        scenarios.NOTIFICATION_KILLED,
        breaking.notice_outside_unit,
    ),
    "relay-by-last-id": Defect(
        "the relay looks only behind the last id it sent",
        "I6",
        scenarios.LATE_COMMIT,
        breaking.relayed_by_last_id,
    ),
    "ids-drawn": Defect(
        "the id of a cause is drawn, not derived",
        "I7",
        scenarios.REPEATED,
        breaking.ids_drawn,
    ),
    "fired-when-due": Defect(
        "a deadline does not wait for what arrived before it",
        "I9",
        scenarios.UNREAD_ANSWER,
        breaking.fired_when_due,
    ),
    "journal-without-contra": Defect(
        "a journal has one side only",
        "I3",
        scenarios.REPEATED,
        breaking.journal_without_contra,
        ("drop trigger journal_balanced on journal",),
    ),
    "refusals-without-history": Defect(
        "refusals are not written into the history",
        "I5",
        scenarios.REPEATED,
        breaking.refusals_without_history,
    ),
    "outbox-after-commit": Defect(
        "events are written after the commit",
        "I6",
        scenarios.KILLED_AFTER_COMMIT,
        breaking.outbox_after_commit,
    ),
    "dead-letters-swallowed": Defect(
        "what cannot be read is dropped",
        "I8",
        scenarios.REPEATED,
        breaking.dead_letters_swallowed,
    ),
}
