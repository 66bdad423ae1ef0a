"""What the marketplace says of an order: placed, cancelled, received, sent elsewhere."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from aftersales.contracts.marketplace import (
    AddressChanged,
    OrderCancelled,
    OrderPlaced,
    ParcelShipped,
    ReceiptConfirmed,
)
from aftersales.decision import Because, Decision, Given, Outcome, Rule, nothing, refused
from order_tracking.domain.order import Destination, Order, Placed, Waiting
from order_tracking.domain.parcel import Parcel
from order_tracking.domain.refs import parcel_ref
from order_tracking.rules.early import foreign, known_order, waited
from order_tracking.rules.shipments import ship, unshipped

MOST_DESTINATIONS: Final = 50


def place(state: Order | None, event: OrderPlaced, given: Given) -> Decision:
    """Know the order and pin its policy; then hear what came before it, in the order of its arrival."""
    policy = given.policies.in_force(event.placed_at).identity
    placed = _placed(event, given.source or "", policy)
    if state is not None and state.placed is not None:
        return _placed_again(state.placed, placed, event, given)
    early = state.waiting if state is not None else ()
    because = Because("order placed", {"waited": len(early)}, policy_version=policy)
    decision = Decision(state=Order(placed=placed), because=because)
    for waiting in early:
        decision = _then(decision, waiting, given)
    return decision


def cancel(state: Order | None, event: OrderCancelled, given: Given) -> Decision:
    """Recorded; what was shipped travels on."""
    known = known_order(state, event, given)
    if isinstance(known, Decision):
        return known
    order, _ = known
    if order.cancelled_at is not None:
        return nothing("order-cancelled", f"Order {event.order} is cancelled already.")
    return Decision(state=replace(order, cancelled_at=event.cancelled_at))


def confirm_receipt(state: Order | None, event: ReceiptConfirmed, given: Given) -> Decision:
    """Noted on the order and on each of its parcels, where it counts as delivery toward the promise (rulebook 8.25).

    It is no scan: the facts of the parcels stay as the carrier told them.
    """
    known = known_order(state, event, given)
    if isinstance(known, Decision):
        return known
    order, placed = known
    if event.buyer != placed.buyer:
        return refused("not-the-buyer", f"Order {event.order} was not bought by {event.buyer}.")
    if order.received_at is not None:
        return nothing("receipt-known", f"The receipt of order {event.order} was confirmed before.")
    if unshipped(order, placed):
        return refused("not-shipped", f"Order {event.order} has not been shipped completely.")
    others: dict[Any, Parcel] = {}
    for shipped in order.parcels:
        ref = parcel_ref(shipped.carrier, shipped.number)
        parcel: Parcel = others.get(ref) or given.others[ref]
        shipments = tuple(
            replace(each, received_at=event.confirmed_at) if each.order == event.order else each
            for each in parcel.shipments
        )
        others[ref] = replace(parcel, shipments=shipments)
    return Decision(state=replace(order, received_at=event.confirmed_at), others=others, because=Because("8.25"))


def change_address(state: Order | None, event: AddressChanged, given: Given) -> Decision:
    """What is shipped from then on goes elsewhere; the promise of shipped parcels stays."""
    known = known_order(state, event, given)
    if isinstance(known, Decision):
        return known
    order, _ = known
    change = Destination(event.changed_at, event.destination)
    if change in order.destinations:
        return nothing("address-known", f"This change of order {event.order} is known.")
    if len(order.destinations) >= MOST_DESTINATIONS:
        return refused("too-many-changes", f"Order {event.order} changed its address {MOST_DESTINATIONS} times.")
    return Decision(state=replace(order, destinations=(*order.destinations, change)))


EARLY: Final[Mapping[str, Rule]] = {
    ParcelShipped.TYPE: ship,
    OrderCancelled.TYPE: cancel,
    ReceiptConfirmed.TYPE: confirm_receipt,
    AddressChanged.TYPE: change_address,
}


def _then(so_far: Decision, waiting: Waiting, given: Given) -> Decision:
    """The decision so far and what follows from a fact that waited. A refused one is dropped; `because` counts it."""
    now = replace(given, source=waiting.source, others={**given.others, **so_far.others})
    more = EARLY[waiting.type](so_far.state, waited(waiting), now)
    if more.outcome is not Outcome.APPLIED:
        return _dropped(so_far, waiting, more)
    return replace(
        so_far,
        state=more.state,
        events=so_far.events + more.events,
        timers=so_far.timers + more.timers,
        moves=so_far.moves + more.moves,
        others={**so_far.others, **more.others},
    )


def _dropped(so_far: Decision, waiting: Waiting, more: Decision) -> Decision:
    because = so_far.because or Because("order placed")
    dropped = [*because.facts.get("dropped", ()), {"type": waiting.type, "slug": more.slug, "sentence": more.sentence}]
    return replace(so_far, because=replace(because, facts={**because.facts, "dropped": dropped}))


def _placed(event: OrderPlaced, source: str, policy: str) -> Placed:
    return Placed(
        source=source,
        buyer=event.buyer,
        seller=event.seller,
        placed_at=event.placed_at,
        destination=event.destination,
        carrier_service=event.carrier_service,
        promise_days=event.promise_days,
        category=event.category,
        lines={line.line: line.quantity for line in event.lines},
        policy=policy,
    )


def _placed_again(known: Placed, again: Placed, event: OrderPlaced, given: Given) -> Decision:
    if given.source != known.source:
        return foreign(event, given)
    if replace(again, policy=known.policy) == known:
        return nothing("order-known", f"Order {event.order} is known.")
    return refused("order-differs", f"Order {event.order} was placed before with other content. The first one stands.")
