"""What became of a ruling that was sent: dispute executed it, or was past it."""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from aftersales.contracts import dispute as said
from aftersales.decision import Because, Decision, Given, nothing
from arbitration.domain.case import Case, CaseStatus
from arbitration.domain.ruling import RulingStatus
from arbitration.rules import appeal, service
from arbitration.rules.dispute_steps import FALLBACK, lapsed, review_timer
from arbitration.rules.moves import changed, moved
from arbitration.rules.offers import settled

# The fallback ruling is not repeated at once on facts that it has just failed on.
FALLBACK_AGAIN: Final = timedelta(days=1)


def executed(case: Case | None, event: said.DisputeRuled, given: Given) -> Decision:
    ruling = None if case is None else case.ruling(event.ruling)
    if case is None or ruling is None:
        return _unknown(event.ruling)
    if ruling.status is RulingStatus.EXECUTED:
        return nothing("already-heard", f"Ruling {ruling.id} was executed already.")
    settled = replace(ruling, status=RulingStatus.EXECUTED, settled_at=event.at)
    case = lapsed(case.with_ruling(settled), given.now, "Another ruling was executed.").with_round(event.at, "ruled")
    state, moves = moved(case, "executed", step=max(case.step, event.step))
    return Decision(state=state, moves=moves, because=Because(event.rule, {"ruling": ruling.id}, title=ruling.title))


def overtaken(case: Case | None, event: said.RulingOvertaken, given: Given) -> Decision:
    """The desk's word changed nothing. A case that is in review still gets its fallback deadline anew."""
    if case is not None and case.sent_offer is not None and case.sent_offer.id == event.ruling:
        return _offer_overtaken(case, event, given)
    if case is not None and case.appeal is not None and case.appeal.id == event.ruling:
        return appeal.overtaken(case, event)
    ruling = None if case is None else case.ruling(event.ruling)
    if case is None or ruling is None:
        return _unknown(event.ruling)
    if ruling.status is not RulingStatus.SENT:
        return nothing("already-heard", f"Ruling {ruling.id} is {ruling.status}.")
    why = f"{event.slug}: {event.sentence}"
    case = case.with_ruling(replace(ruling, status=RulingStatus.OVERTAKEN, settled_at=given.now, why=why))
    because = Because("transition 17", facts={"ruling": ruling.id, "slug": event.slug, "state": event.state})
    if case.status is CaseStatus.RULING_SENT and event.state not in ("ARBITRATION_REVIEW", "PLATFORM_PROPOSED"):
        state, moves = moved(case.with_round(given.now, event.sentence), "withdrawn")
        return Decision(state=state, moves=moves, because=because)
    if case.status not in (CaseStatus.RULING_SENT, CaseStatus.REVIEW):
        return Decision(state=changed(case), because=because)
    return _in_review_again(case, given.now + (FALLBACK_AGAIN if ruling.agent is None else timedelta(0)), because)


def _offer_overtaken(case: Case, event: said.RulingOvertaken, given: Given) -> Decision:
    why = f"{event.slug}: {event.sentence}"
    number = "23" if case.status is CaseStatus.SERVICE else "16"
    state = changed(settled(case, RulingStatus.OVERTAKEN, given.now, why))
    facts = {"decision": event.ruling, "slug": event.slug, "state": event.state}
    return Decision(
        state=state, timers=service.service_timers(state, given.now), because=Because(f"transition {number}", facts)
    )


def _in_review_again(case: Case, not_before: datetime, because: Because) -> Decision:
    fallback_at = max(not_before, case.fallback_at or not_before)
    late = case.reassigned or (case.reassign_at is not None and not_before >= case.reassign_at)
    news = {"fallback_at": fallback_at, "reassigned": late}
    if case.status is CaseStatus.RULING_SENT:
        state, moves = moved(case, "overtaken", **news)
    else:
        state, moves = changed(case, **news), ()
    return Decision(state=state, moves=moves, timers=(review_timer(FALLBACK, fallback_at, state),), because=because)


def _unknown(ruling: str) -> Decision:
    return nothing("unknown-ruling", f"The desk has made no ruling {ruling}.")
