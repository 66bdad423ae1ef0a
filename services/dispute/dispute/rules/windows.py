"""When a dispute may be opened, what holds it, and when it may be escalated (rulebook 2, 8.12-8.14, 8.24)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import EvidenceAdded
from dispute.domain import reasons, states
from dispute.domain.dispute import Dispute
from dispute.domain.parcel import Parcel
from dispute.rules.draft import Draft

Units = Mapping[str, tuple[int, ...]]
PARTIES_DEADLINES: Final = (
    *states.AWAITING,
    states.ARBITRATION_EVIDENCE,
    states.PLATFORM_PROPOSED,
    states.RETURN_AWAITING_SHIPMENT,
    states.RETURN_IN_TRANSIT,
)
# A promise shorter than this lets the buyer complain at once; a note of `open.earliest_after_ship`.
SHORT_PROMISE: Final = timedelta(days=5)


def opens_at(draft: Draft, units: Units) -> datetime:
    """The first instant at which shipped units may be disputed: the latest of their parcels still under way counts."""
    order = draft.order
    waited_for = [
        parcel
        for parcel in order.parcels_of(units)
        if not parcel.ever_decided and order.receipt_at is None and parcel.shipped
    ]
    return max((_earliest(draft, parcel) for parcel in waited_for), default=order.known.placed_at)


def _earliest(draft: Draft, parcel: Parcel) -> datetime:
    assert parcel.shipped is not None
    shipped_at = draft.know("shipped_at", parcel.shipped.shipped_at, "marketplace.parcel_shipped")
    promised = parcel.promise_ends_at - shipped_at if parcel.promise_ends_at else SHORT_PROMISE
    if promised < SHORT_PROMISE:
        return shipped_at
    return shipped_at + draft.length("open.earliest_after_ship", shipped_at)


def closes_at(draft: Draft, units: Units) -> datetime:
    """The instant at which shipped units can no longer be disputed.

    A receipt confirmed when the window had already ended changes nothing.
    """
    return closes_after(draft, draft.order.parcels_of(units))


def closes_after(draft: Draft, parcels: tuple[Parcel, ...]) -> datetime:
    """The same, of the parcels that carry the units."""
    order = draft.order
    known = [at for parcel in parcels for at in (parcel.promise_ends_at, parcel.delivered_at) if at is not None]
    last = max(known, default=order.known.placed_at)
    _know_last(draft, parcels, last)
    end = last + draft.length("open.latest", last)
    receipt = order.receipt_at
    if receipt is None or not last < receipt < end:
        return end
    draft.know("receipt_at", receipt, "marketplace.receipt_confirmed")
    return max(end, receipt + draft.length("open.latest", receipt))


def _know_last(draft: Draft, parcels: tuple[Parcel, ...], last: datetime) -> None:
    if any(parcel.delivered_at == last for parcel in parcels):
        draft.know("delivered_at", last, "carrier.parcel_scanned")
    elif parcels:
        know_promise(draft, last, parcels)
    else:
        draft.know("placed_at", last, "marketplace.order_placed")


def know_promise(draft: Draft, until: datetime, parcels: Iterable[Parcel]) -> datetime:
    """A promise begins with the shipment of its parcel."""
    shipped = (parcel.shipped.shipped_at for parcel in parcels if parcel.promise_ends_at == until and parcel.shipped)
    return draft.know("promise_ends_at", until, "marketplace.parcel_shipped", next(shipped, None))


def not_shipped_from(draft: Draft) -> datetime:
    """From when units that were never shipped may be disputed as such."""
    placed_at = draft.know("placed_at", draft.order.known.placed_at, "marketplace.order_placed")
    return placed_at + draft.length("ship.within", placed_at)


def held_until(draft: Draft, units: Units, reason: str) -> datetime | None:
    """The latest running promise of a disputed parcel under way; None where nothing holds the dispute (8.24).

    What was shipped during a dispute over never shipped units holds nothing up (8.38).
    """
    if not reasons.is_not_received(reason) or reason == reasons.NOT_SHIPPED:
        return None
    order = draft.order
    running = [
        parcel.promise_ends_at
        for parcel in order.parcels_of(units)
        if order.under_way(parcel) and parcel.promise_ends_at and parcel.promise_runs(draft.arrived_at)
    ]
    return know_promise(draft, max(running), order.parcels_of(units)) if running else None


def awaited_until(draft: Draft, dispute: Dispute) -> datetime | None:
    """Until when nobody may escalate by hand: a disputed parcel's promise runs and nothing decided it (8.24)."""
    if not reasons.is_not_received(dispute.reason) or dispute.reason == reasons.NOT_SHIPPED:
        return None
    order = draft.order
    running = [
        parcel.promise_ends_at
        for parcel in order.parcels_of(dispute.units)
        if parcel.promise_ends_at and parcel.promise_runs(draft.arrived_at) and not order.decided(parcel)
    ]
    return know_promise(draft, max(running), order.parcels_of(dispute.units)) if running else None


def automatic_at(draft: Draft, dispute: Dispute, clock_at: datetime) -> datetime:
    """When a dispute escalates by itself; of a NOT_RECEIVED one never before the promise of its parcels ends (8.14)."""
    due = clock_at + draft.length("escalate.auto_at", clock_at)
    if not reasons.is_not_received(dispute.reason) or dispute.reason == reasons.NOT_SHIPPED:
        return due
    promises = [p.promise_ends_at for p in draft.order.parcels_of(dispute.units) if p.promise_ends_at is not None]
    latest = max(promises, default=due)
    return know_promise(draft, latest, draft.order.parcels_of(dispute.units)) if latest > due else due


def ends(dispute: Dispute, what: type[Event]) -> tuple[datetime, ...]:
    """The deadlines that end the time for a command in the present state.

    A hold's end is no party's deadline, and evidence is taken on both sides of an escalation.
    """
    if dispute.state in states.AWAITING and what is EvidenceAdded:
        return ()
    deadline = dispute.deadline if dispute.state in PARTIES_DEADLINES else None
    return tuple(at for at in (deadline, dispute.escalates_at) if at is not None)


def appealable_until(draft: Draft, dispute: Dispute) -> datetime | None:
    """The end of the window to appeal, None where the dispute has not ended; who may appeal is another question."""
    if dispute.state not in states.ENDED or dispute.closed_at is None:
        return None
    return dispute.closed_at + draft.length("appeal.window", dispute.closed_at) + dispute.appeal_moved


def manual_window(draft: Draft, dispute: Dispute) -> tuple[datetime, datetime] | None:
    """From and until when the buyer may escalate; None where the policy has no escalation by hand, or no clock runs."""
    if dispute.clock_at is None:
        return None
    draft.know("clock_at", dispute.clock_at, f"state {states.AWAITING_SELLER}")
    opens = draft.parameter("escalate.manual_from", dispute.clock_at)
    closes = draft.parameter("escalate.manual_to", dispute.clock_at)
    if opens is None or closes is None:
        return None
    since, until = opens + dispute.manual_from_moved, closes + dispute.manual_to_moved
    return dispute.clock_at + since, dispute.clock_at + until
