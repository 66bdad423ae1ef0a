"""The platform's own deadlines: a stalled arbiter never stalls the case (rulebook section 4 and 8.22)."""

from datetime import datetime

from aftersales.decision import Because, Decision, Given, Timer, TimerFired, nothing
from aftersales.policy.parameters import iso_duration
from arbitration.domain.case import IN_REVIEW, Case
from arbitration.rules.assignment import assigned
from arbitration.rules.dispute_steps import FALLBACK, REASSIGN, REASSIGN_AFTER, lapsed, review_timer, span
from arbitration.rules.moves import changed
from arbitration.rules.recommend import recommend
from arbitration.rules.ruling import sent, written


def reassign(case: Case | None, fired: TimerFired, given: Given) -> Decision:
    """Back to the queue, with an alert, also where nobody had taken it."""
    if not _waits(case, fired):
        return _outlived()
    assert case is not None
    later = _moved_by_outage(REASSIGN, case, fired, given)
    if later is not None:
        return Decision(timers=(later,))
    state = changed(case, agent=None, reassigned=True)
    policy = given.policies.named(case.policy)
    assert case.review_at is not None
    after = iso_duration(span(policy, REASSIGN_AFTER, case.review_at, case.seller, case.file))
    return Decision(
        state=state,
        events=(assigned(state, None, "reassigned", given),),
        because=Because(
            "transition 31",
            facts={"agent": case.agent, "review_at": case.review_at.isoformat(), "deadline": fired.due.isoformat()},
            policy={REASSIGN_AFTER: after},
            policy_version=case.policy,
        ),
    )


def rule_by_fallback(case: Case | None, fired: TimerFired, given: Given) -> Decision:
    """The table on the filed facts, without findings; where it needs a promise that still runs, at its end.

    Rulebook 8.22 and 8.38.
    """
    if not _waits(case, fired):
        return _outlived()
    assert case is not None
    later = _moved_by_outage(FALLBACK, case, fired, given)
    if later is not None:
        return Decision(timers=(later,))
    policy = given.policies.named(case.policy)
    recommended = recommend(case.file, case.reason, {}, policy, given.now)
    if recommended.waits_until is not None:
        until = recommended.waits_until
        return Decision(
            state=changed(case, fallback_at=until),
            timers=(review_timer(FALLBACK, until, case),),
            because=Because("transition 31", facts={"promise_ends_at": until.isoformat()}),
        )
    ruling = written(case, recommended, recommended, policy, given, agent=None, findings={})
    return sent(lapsed(case, given.now, "The fallback ruling came first."), ruling, policy, given, "ruled")


def _waits(case: Case | None, fired: TimerFired) -> bool:
    """Whether the timer was armed for the review that the case is in now, and for the date as it stands now."""
    if case is None or case.review_at is None or case.status not in IN_REVIEW or case.sent_ruling is not None:
        return False
    if case.proposed_until is not None:
        return False
    now_due = case.reassign_at if fired.kind == REASSIGN else case.fallback_at
    if case.frozen_at is not None or (now_due is not None and fired.due < now_due):
        return False
    return datetime.fromisoformat(fired.data["review_at"]) == case.review_at


def _moved_by_outage(kind: str, case: Case, fired: TimerFired, given: Given) -> Timer | None:
    """A deadline that fell due while our own system was down moves by the length of the outage (rulebook 8.19)."""
    due = given.extended(fired.due)
    return review_timer(kind, due, case) if due > given.now else None


def _outlived() -> Decision:
    return nothing("outlived", "The case is no longer in the review that this deadline was for.")
