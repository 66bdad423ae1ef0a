"""A chargeback stops a case: nothing is decided and no deadline counts until it ends (rulebook 8.20)."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from aftersales.contracts.appeal import DisputeFrozen, DisputeResumed
from aftersales.decision import Because, Decision, Given, Timer, nothing
from arbitration.domain.case import IN_APPEAL, OVER, Case, CaseStatus
from arbitration.rules.appeal import appeal_timer
from arbitration.rules.dispute_steps import FALLBACK, REASSIGN, review_timer
from arbitration.rules.moves import changed
from arbitration.rules.service import service_timers


def freeze(case: Case | None, event: DisputeFrozen, _given: Given) -> Decision:
    if case is None or event.step <= case.step:
        return _heard()
    return Decision(state=changed(case, step=event.step, frozen_at=event.at), because=Because("transition 27"))


def resume(case: Case | None, event: DisputeResumed, _given: Given) -> Decision:
    """Won: both dates of the review move by the time that it stood still, and are armed anew. Lost: nothing moves."""
    if case is None or event.step <= case.step:
        return _heard()
    case = changed(case, step=event.step, frozen_at=None)
    if case.status in IN_APPEAL and case.appeal is not None and event.deadline is not None:
        # Won, it moved; lost, it may have passed meanwhile and counts only now.
        case = replace(case, appeal=replace(case.appeal, until=event.deadline))
        return Decision(state=case, timers=(appeal_timer(case),), because=Because("transition 27"))
    if event.chargeback == "lost" or case.status in OVER:
        return Decision(state=case, because=Because("transition 27"))
    moved = later(case, event.at - max(event.frozen_at, case.review_at or event.frozen_at), event.deadline)
    return Decision(state=moved, timers=deadlines(moved, event.at), because=Because("transition 27"))


def later(case: Case, by: timedelta, deadline: datetime | None) -> Case:
    """The case with everything that it waits for so much later; what dispute watches too ends at its `deadline`."""
    return changed(
        case,
        evidence_until=case.evidence_until and case.evidence_until + by,
        reassign_at=case.reassign_at and case.reassign_at + by,
        fallback_at=case.fallback_at and case.fallback_at + by,
        service_until=deadline if case.status is CaseStatus.SERVICE else case.service_until,
        proposed_until=deadline if case.proposed_until is not None else None,
    )


def deadlines(case: Case, at: datetime) -> tuple[Timer, ...]:
    """The timers for the dates as they stand `at` an instant; those for earlier dates are outlived."""
    if case.status is CaseStatus.EVIDENCE or case.reassign_at is None or case.fallback_at is None:
        return service_timers(case, at)
    reassign = () if case.reassigned else (review_timer(REASSIGN, case.reassign_at, case),)
    return (*reassign, review_timer(FALLBACK, case.fallback_at, case), *service_timers(case, at))


def _heard() -> Decision:
    return nothing("nothing-new", "The desk has no such case, or has heard a later step of its dispute.")
