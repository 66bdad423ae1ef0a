"""What a party may do with a dispute now, and until when; read from the table (rulebook 5, last sentence)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from aftersales.contracts.dispute import Party
from aftersales.contracts.marketplace import (
    AppealMade,
    ComplaintCancelled,
    ComplaintMade,
    EscalationRequested,
    EvidenceCompleted,
    PlanAccepted,
    PlanRefused,
)
from aftersales.decision import Given, Outage
from aftersales.policy.book import PolicyBook
from dispute.domain import states, transitions
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.domain.transitions import ACTIONS, Transition
from dispute.rules import appeal, chargeback, guards, windows
from dispute.rules.draft import Draft

NO_CAUSE: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Action:
    """`name` as in the addresses of the API; possible from `since` until before `until`, None without an end."""

    name: str
    since: datetime
    until: datetime | None


def allowed_actions(
    order: Order,
    dispute: Dispute,
    party: Party,
    *,
    now: datetime,
    policies: PolicyBook,
    outages: tuple[Outage, ...] = (),
) -> tuple[Action, ...]:
    """Every step this party may take, some of them only later."""
    given = Given(now=now, arrived_at=now, cause=NO_CAUSE, policies=policies, outages=outages)
    draft = Draft(order, given)
    possible = (_action(draft, dispute, row, party) for row in _rows(order, dispute, party))
    return tuple(action for action in possible if action and (action.until is None or now < action.until))


def _rows(order: Order, dispute: Dispute, party: Party) -> Iterator[Transition]:
    possible = [what for what in ACTIONS if chargeback.against(order, what) is None]
    for row in transitions.TRANSITIONS:
        if dispute.state in row.sources and party in row.by and row.what in possible:
            yield row


def _action(draft: Draft, dispute: Dispute, row: Transition, party: Party) -> Action | None:
    assert isinstance(row.what, type)
    name = ACTIONS[row.what]
    ends = [draft.given.extended(end) for end in windows.ends(dispute, row.what)]
    until = min(ends, default=None)
    if row.what is EscalationRequested:
        return _escalation(draft, dispute, name, until)
    if row.what is ComplaintMade:
        return _again(draft, dispute, name)
    if row.what is AppealMade:
        return _appeal(draft, dispute, name, party)
    if row.what is PlanAccepted and not _acceptable(dispute, party):
        return None
    if row.what is PlanRefused and dispute.state == states.PLATFORM_PROPOSED and not _unanswered(dispute, party):
        return None
    if row.what is ComplaintCancelled and (dispute.back is not None or dispute.ruling is not None):
        return None
    if row.what is EvidenceCompleted and party in dispute.done:
        return None
    return Action(name, dispute.since, until)


def _escalation(draft: Draft, dispute: Dispute, name: str, until: datetime | None) -> Action | None:
    window = windows.manual_window(draft, dispute)
    if window is None or not dispute.answered or dispute.confirming:
        return None
    since = max(window[0], windows.awaited_until(draft, dispute) or window[0])
    end = min(draft.given.extended(window[1]), until or window[1])
    return Action(name, since, end) if since < end else None


def _appeal(draft: Draft, dispute: Dispute, name: str, party: Party) -> Action | None:
    until = windows.appealable_until(draft, dispute)
    if until is None or dispute.closed_at is None or appeal.forbidden(draft, dispute, party) is not None:
        return None
    return Action(name, dispute.closed_at, draft.given.extended(until))


def _again(draft: Draft, dispute: Dispute, name: str) -> Action | None:
    """A withdrawn dispute may be opened again while the window is open; one over never shipped units has no end."""
    records = [draft.order.record_of(line) for line in dispute.units]
    if any(record.cancelled and record.reopened >= draft.parameter("reopen.max") for record in records):
        return None
    if guards.cancelled(draft, dispute.units):
        return None
    if draft.order.unshipped(dispute.units):
        return Action(name, dispute.since, None)
    since = max(dispute.since, windows.opens_at(draft, dispute.units))
    return Action(name, since, draft.given.extended(windows.closes_at(draft, dispute.units)))


def _unanswered(dispute: Dispute, party: Party) -> bool:
    """Whether the party has still to answer the platform's proposal."""
    return dispute.proposal is not None and party not in dispute.proposal.accepted


def _acceptable(dispute: Dispute, party: Party) -> bool:
    if dispute.state == states.PLATFORM_PROPOSED:
        return _unanswered(dispute, party)
    plan = dispute.plan_of("seller" if party == "buyer" else "buyer")
    return plan is not None and guards.remedy(dispute.reason, plan.plan()) is None
