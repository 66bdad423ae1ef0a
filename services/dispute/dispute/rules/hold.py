"""What the facts of a parcel do to the disputes over what it carries (transitions 9, 10 and 11, rulebook 8.24)."""

from typing import Literal

from msgspec.structs import replace

from aftersales.contracts.carrier import ScanStatus
from aftersales.contracts.dispute import DisputeFactsChanged, DisputeHoldEnded
from dispute.domain import reasons, states
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.domain.parcel import Parcel
from dispute.rules.draft import Draft
from dispute.rules.escalate import escalate
from dispute.rules.file import file
from dispute.rules.negotiate import await_seller


def parcels_changed(draft: Draft, before: Order, changed: Parcel) -> None:
    """Every open dispute over what the parcel carries takes notice, the first opened first."""
    for dispute in tuple(draft.order.disputes.values()):
        if changed not in draft.order.parcels_of(dispute.units):
            continue
        if dispute.state == states.HELD_IN_TRANSIT:
            _held(draft, dispute, changed, news=changed.status != _status(before, changed.id))
        elif dispute.state in states.AT_THE_DESK:
            tell_desk(draft, before, dispute)


def tell_desk(draft: Draft, before: Order, dispute: Dispute) -> None:
    """The desk has the dispute before it: it is told when something in its file is no longer so."""
    now = file(draft.order, dispute)
    if now != file(before, dispute):
        draft.tell(DisputeFactsChanged, dispute, file=now)


def _held(draft: Draft, dispute: Dispute, changed: Parcel, *, news: bool) -> None:
    parcels = draft.order.parcels_of(dispute.units)
    draft.facts.update(parcel=changed.id, status=changed.status)
    if news and changed.status in reasons.RECLASSIFIED:
        _anomaly(draft, dispute, reasons.RECLASSIFIED[changed.status])
    elif not any(parcel.under_way for parcel in parcels):
        _arrived(draft, dispute, parcels)
    elif _promise_over(draft, dispute, parcels):
        escalate(draft, dispute, "promise_broken", "9")


def _status(order: Order, parcel: str) -> ScanStatus | None:
    known = order.parcels.get(parcel)
    return known.status if known else None


def _anomaly(draft: Draft, dispute: Dispute, reason: str) -> None:
    """Something happened to the parcel: the reason says what, and the seller is asked (transition 10)."""
    draft.facts["reason"] = reason
    _ended(draft, await_seller(draft, replace(dispute, reason=reason), "10"), "anomaly")


def _arrived(draft: Draft, dispute: Dispute, parcels: tuple[Parcel, ...]) -> None:
    """Delivered while held: the buyer confirms or names another reason (transition 11). Too late is undelivered (9)."""
    late = not draft.order.frozen and any(
        parcel.delivered_at and dispute.deadline and parcel.delivered_at >= dispute.deadline for parcel in parcels
    )
    if late:
        escalate(draft, dispute, "promise_broken", "9")
        return
    confirm_by = draft.now + draft.length("held.confirm")
    _ended(draft, draft.move(dispute, states.AWAITING_BUYER, "11", confirm_by, confirming=True), "delivered")


def _promise_over(draft: Draft, dispute: Dispute, parcels: tuple[Parcel, ...]) -> bool:
    """The latest promise has ended and order-tracking has said so of every parcel still under way.

    Never during a chargeback: the hold's end moves with the other deadlines (rulebook 8.20).
    """
    if draft.order.frozen:
        return False
    reached = dispute.deadline is not None and draft.now >= dispute.deadline
    return reached and not any(parcel.unanswered(draft.now) for parcel in parcels)


def _ended(draft: Draft, dispute: Dispute, cause: Literal["delivered", "anomaly"]) -> None:
    draft.tell(DisputeHoldEnded, dispute, cause=cause)
