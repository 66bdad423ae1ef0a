"""What the caller may do with a case now, from when and until when."""

from dataclasses import dataclass
from datetime import datetime

from aftersales.identity import Actor, Role
from arbitration.domain.case import IN_APPEAL, IN_REVIEW, OVER, Case, CaseStatus
from arbitration.rules.guards import is_kept_off, is_party


@dataclass(frozen=True, slots=True)
class Action:
    """until None: as long as the case stays as it is."""

    name: str
    since: datetime
    until: datetime | None


def allowed_actions(case: Case, actor: Actor) -> tuple[Action, ...]:
    """Empty for a party of the order, and for who decided what is appealed against.

    `rule` is listed ahead of the review, with its latest start."""
    if is_party(case, actor.sub) or is_kept_off(case, actor.sub):
        return ()
    actions = [Action("note", case.opened_at, None)]
    if case.status in OVER:
        return tuple(actions)
    steps_in = actor.role is Role.SUPERVISOR
    until = case.due if case.status in IN_APPEAL else case.service_until or case.fallback_at
    if case.agent != actor.sub and (case.agent is None or steps_in):
        actions.append(Action("take", case.opened_at, until))
    if case.agent is not None and (case.agent == actor.sub or steps_in):
        actions.append(Action("hand_back", case.opened_at, until))
    if case.frozen_at is None and (case.agent in (None, actor.sub) or steps_in):
        actions += [*_service(case), *_propose(case), *_rule(case), *_appeal(case)]
    waiting = case.waiting_ruling
    if case.frozen_at is None and waiting is not None and waiting.agent != actor.sub:
        actions.append(Action("second", waiting.made_at, case.fallback_at))
    return tuple(actions)


def _appeal(case: Case) -> list[Action]:
    if case.status is not CaseStatus.APPEAL or case.appeal is None or case.frozen_at is not None:
        return []
    return [Action("appeal", case.appeal.made_at, case.appeal.until)]


def _service(case: Case) -> list[Action]:
    waits = case.status is CaseStatus.SERVICE and case.sent_offer is None
    return [Action("service", case.opened_at, case.service_until)] if waits else []


def _propose(case: Case) -> list[Action]:
    waits = case.status in IN_REVIEW and case.sent_ruling is None and case.review_at is not None
    if not waits or case.review_at is None or case.proposed:
        return []
    return [Action("propose", case.review_at, case.fallback_at)]


def _rule(case: Case) -> list[Action]:
    if case.status is CaseStatus.EVIDENCE and case.evidence_until is not None:
        return [Action("rule", case.evidence_until, None)]
    if case.status in IN_REVIEW and case.sent_ruling is None and case.review_at is not None:
        return [Action("rule", case.review_at, case.proposed_until or case.fallback_at)]
    return []
