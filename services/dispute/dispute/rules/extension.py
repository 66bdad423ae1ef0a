"""Force majeure: the platform grants a dispute or a lane more time (transition 28, rulebook 8.21 and 8.43)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from aftersales.contracts.arbitration import DisputeExtensionGranted
from aftersales.contracts.dispute import DisputeState
from aftersales.contracts.envelope import YEARS
from aftersales.contracts.extension import DisputeExtended, ExtensionRefused
from aftersales.decision import Because, Decision, Given, Outcome
from dispute.domain import states
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.domain.parcel import Extended, Parcel
from dispute.rules import chargeback, windows
from dispute.rules.draft import Draft, No
from dispute.rules.promise import promised
from dispute.rules.shift import shift

# As in order-tracking, whose row of a number holds them.
MOST_EXTENSIONS: Final = 5


def extend_dispute(order: Order | None, said: DisputeExtensionGranted, given: Given) -> Decision:
    """Its state's timer, automatic escalation and manual window move; in a hold the promise of its parcels too."""
    dispute = order.disputes.get(said.dispute) if order else None
    if order is None or order.terms is None or dispute is None:
        return _refused(said, None, No("unknown-dispute", "The order has no such dispute."))
    draft, by = Draft(order, given), timedelta(days=said.days)
    draft.facts.update(dispute=dispute.id, extension=said.extension, days=said.days)
    no = _against(order, dispute, said, by)
    if no is not None:
        return _refused(said, dispute.state, no)
    held = order.parcels_of(dispute.units) if dispute.state == states.HELD_IN_TRANSIT else ()
    draft.order = _with_longer_promises(order, held, Extended(said.extension, said.days), given)
    moved = shift(draft, dispute, by)
    draft.tell(
        DisputeExtended, moved, extension=said.extension, days=said.days, parcels=tuple(parcel.id for parcel in held)
    )
    _others_wait_longer(draft, [parcel.id for parcel in held], said.extension, said.days)
    return draft.decision(draft.because("28"))


def promise_moved(draft: Draft, before: Order, parcel: Parcel) -> None:
    """Order-tracking said that a parcel's promise was extended: what waits for that promise waits longer."""
    known = before.parcels[parcel.id].extensions if parcel.id in before.parcels else ()
    for extended in parcel.extensions:
        if extended not in known:
            _others_wait_longer(draft, [parcel.id], extended.extension, extended.days)


def _against(order: Order, dispute: Dispute, said: DisputeExtensionGranted, by: timedelta) -> No | None:
    if not dispute.is_open:
        return No("dispute-closed", f"Dispute {dispute.id} is {dispute.state}; nothing of it can be extended.")
    if (frozen := chargeback.against(order, DisputeExtensionGranted)) is not None:
        return frozen
    if order.party(said.agent) is not None:
        return No("conflict-of-interest", f"{said.agent} is a party of the order. Somebody else must grant this.")
    if dispute.state == states.HELD_IN_TRANSIT and any(
        len(parcel.extensions) >= MOST_EXTENSIONS for parcel in order.parcels_of(dispute.units)
    ):
        return No("too-many-extensions", f"A parcel's promise can be extended {MOST_EXTENSIONS} times.")
    running = (at for at in (dispute.deadline, dispute.review_fallback_at, dispute.auto_at) if at is not None)
    if any((at + by).year not in YEARS for at in running):
        return No("instant-implausible", "A deadline that far out is none. Grant fewer days.")
    return None


def _with_longer_promises(order: Order, parcels: Iterable[Parcel], extended: Extended, given: Given) -> Order:
    longer = {parcel.id: parcel.knowing([extended]) for parcel in parcels}
    return promised(replace(order, parcels={**order.parcels, **longer}), given.policies)


def _others_wait_longer(draft: Draft, parcels: Iterable[str], extension: str, days: int) -> None:
    """Disputes over these parcels: a hold, and an escalation that must not come before the promise ends (8.14)."""
    names = frozenset(parcels)
    for dispute in tuple(draft.order.disputes.values()):
        if names.isdisjoint(parcel.id for parcel in draft.order.parcels_of(dispute.units)):
            continue
        longer = _waiting_longer(draft, dispute)
        if longer is not dispute:
            draft.arm_deadline(longer) if longer.deadline != dispute.deadline else draft.arm_escalation(longer)
            draft.tell(DisputeExtended, longer, extension=extension, days=days, parcels=())


def _waiting_longer(draft: Draft, dispute: Dispute) -> Dispute:
    """The dispute as it waits now; itself where nothing moves. No wait is ever shortened."""
    if dispute.state == states.HELD_IN_TRANSIT and dispute.deadline is not None:
        until = windows.held_until(draft, dispute.units, dispute.reason)
        return replace(dispute, deadline=until) if until is not None and until > dispute.deadline else dispute
    if dispute.escalates_at is None or dispute.clock_at is None:
        return dispute
    until = windows.automatic_at(draft, dispute, dispute.clock_at)
    return replace(dispute, auto_at=until) if until > dispute.escalates_at else dispute


def _refused(said: DisputeExtensionGranted, state: DisputeState | None, no: No) -> Decision:
    """The platform is told why; nothing changes."""
    answer = ExtensionRefused(
        order=said.order,
        dispute=said.dispute,
        extension=said.extension,
        slug=no.slug,
        sentence=no.sentence,
        state=state,
    )
    facts = {"dispute": said.dispute, "extension": said.extension, "state": state, "refused": no.slug}
    because = Because("transition 28", facts)
    return Decision(events=(answer,), outcome=Outcome.NOTHING, slug=no.slug, sentence=no.sentence, because=because)
