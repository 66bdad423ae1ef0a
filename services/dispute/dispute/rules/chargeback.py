"""A chargeback: the buyer's bank takes the money back, or does not; meanwhile disputes stand still (transition 27)."""

from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from aftersales.contracts.appeal import DisputeFrozen, DisputeResumed
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import (
    AppealMade,
    ChargebackLost,
    ChargebackOpened,
    ChargebackWon,
    ComplaintMade,
)
from aftersales.decision import Decision, Given, refused
from aftersales.explanation import instant
from dispute.domain import states, transitions
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.rules import returns
from dispute.rules.draft import Draft, No
from dispute.rules.payment import arm_payment
from dispute.rules.settle import ALARM_AFTER, close
from dispute.rules.shift import shift, stood


def against(order: Order, what: type[Event]) -> No | None:
    """What a chargeback forbids: everything but an appeal while it is open, complaints for good where it was lost."""
    if order.chargeback_at is not None and what is not AppealMade:
        since = instant(order.chargeback_at)
        return No("chargeback-open", f"The buyer's bank examines the payment since {since}. Wait for what it decides.")
    if order.chargeback_lost and what is ComplaintMade:
        return No("chargeback-lost", "The buyer's bank has taken the payment of this order back; it decides, not we.")
    return None


def opened(order: Order, said: ChargebackOpened, given: Given) -> Decision:
    """From now on no timer of the order's open disputes fires and nothing but an appeal can be said (rulebook 8.20)."""
    if order.frozen:
        return refused("chargeback-open-already", "A chargeback of this order is open already.")
    draft = Draft(replace(order, chargeback_at=given.now, chargeback=said.amount), given)
    draft.facts.update(opened_at=said.opened_at.isoformat(), amount=said.amount)
    for dispute in _open(draft):
        draft.tell(DisputeFrozen, dispute)
    return draft.decision(draft.because("27"))


def won(order: Order, said: ChargebackWon, given: Given) -> Decision:
    """The payment stands: every deadline moves by the time that it stood still."""
    since = order.chargeback_at
    if since is None:
        return _none_open()
    draft = Draft(replace(order, chargeback_at=None), given)
    draft.facts.update(frozen_at=since.isoformat(), ended_at=said.ended_at.isoformat())
    for dispute in tuple(draft.order.disputes.values()):
        if dispute.is_open:
            _go_on(draft, dispute, since)
        elif dispute.state in states.ENDED and dispute.closed_at is not None:
            moved = draft.now - max(since, dispute.closed_at)
            draft.keep(replace(dispute, appeal_moved=dispute.appeal_moved + moved))
    return draft.decision(draft.because("27"))


def lost(order: Order, said: ChargebackLost, given: Given) -> Decision:
    """The bank took the payment back: what is not being paid or in appeal ends here, and nothing new begins."""
    since = order.chargeback_at
    if since is None:
        return _none_open()
    taken = order.charged_back + order.chargeback
    draft = Draft(replace(order, chargeback_at=None, chargeback_lost=True, charged_back=taken), given)
    draft.facts.update(frozen_at=since.isoformat(), ended_at=said.ended_at.isoformat())
    for dispute in _open(draft):
        if dispute.state in transitions.TAKEN_OVER:
            close(draft, dispute, states.CLOSED_EXTERNAL, "27")
        else:
            _told(draft, dispute, "lost", since)
    return draft.decision(draft.because("27"))


def _open(draft: Draft) -> tuple[Dispute, ...]:
    return tuple(dispute for dispute in draft.order.disputes.values() if dispute.is_open)


def _go_on(draft: Draft, dispute: Dispute, since: datetime) -> None:
    """What was armed during the chargeback moves by the time since then only."""
    by = stood(dispute, since, draft.now)
    clock_by = draft.now - max(since, dispute.clock_at or since)
    _told(draft, shift(draft, dispute, by, clock_by=clock_by, from_too=True), "won", since)
    returns.catch_up(draft, draft.order.disputes[dispute.id])


def _told(draft: Draft, dispute: Dispute, how: Literal["won", "lost"], since: datetime) -> None:
    pending = dispute.pending
    if dispute.state == states.REFUND_PENDING and pending is not None:
        arm_payment(draft, dispute, pending)
        alarm_at = pending.ordered_at + ALARM_AFTER
        draft.arm(transitions.REFUND_ALARM, alarm_at, dispute, party=False, instruction=pending.instruction)
    draft.tell(DisputeResumed, dispute, chargeback=how, frozen_at=since)


def _none_open() -> Decision:
    return refused("no-chargeback", "No chargeback of this order is open.")
