"""Deadlines move by an explicit event and are armed anew; the timers they had are outlived (rulebook 8.20, 8.21)."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from dispute.domain import states
from dispute.domain.dispute import NOT_MOVED, Dispute
from dispute.rules.draft import Draft


def shift(
    draft: Draft, dispute: Dispute, by: timedelta, *, clock_by: timedelta | None = None, from_too: bool = False
) -> Dispute:
    """The state's deadline, automatic escalation and the end of the manual window, `by` later and armed anew.

    clock_by: for escalation and the manual window, where that differs. from_too: the manual window begins later too.
    The caller tells of it. Where no escalation clock runs the manual window stays as it is.
    """
    clock_by = by if clock_by is None else clock_by
    moved = replace(
        dispute,
        deadline=dispute.deadline and dispute.deadline + by,
        review_fallback_at=dispute.review_fallback_at and dispute.review_fallback_at + by,
        auto_at=dispute.auto_at and dispute.auto_at + clock_by,
    )
    if dispute.clock_at is not None:
        since = dispute.manual_from_moved + (clock_by if from_too else NOT_MOVED)
        moved = replace(moved, manual_from_moved=since, manual_to_moved=dispute.manual_to_moved + clock_by)
    draft.arm_deadline(moved)
    if moved.state in states.AWAITING:
        draft.arm_escalation(moved)
    return draft.keep(moved)


def stood(dispute: Dispute, since: datetime, now: datetime) -> timedelta:
    """How long the state's deadline has not run because of a chargeback since then; armed meanwhile, since that."""
    return now - max(since, dispute.armed_at or dispute.since)
