"""What is learnt of an order: placed, paid, shipped, moved, received, and how its parcels travel.

Facts may come in any order and any number of times and lead to the same order; what is known already changes nothing.
"""

from msgspec.structs import replace

from aftersales.contracts.envelope import YEARS
from aftersales.contracts.marketplace import (
    AddressChanged,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    ParcelShipped,
    ReceiptConfirmed,
)
from aftersales.contracts.tracking import ParcelEvent
from aftersales.decision import Decision, Given, nothing, refused
from aftersales.policy.book import PolicyBook
from dispute.domain import states
from dispute.domain.dispute import Dispute
from dispute.domain.order import Address, Order
from dispute.domain.parcel import Parcel, Shipment
from dispute.domain.terms import Terms
from dispute.rules import windows
from dispute.rules.draft import Draft
from dispute.rules.extension import promise_moved
from dispute.rules.hold import parcels_changed, tell_desk
from dispute.rules.promise import promised
from dispute.rules.settle import close

# As in order-tracking. An order's row stays small; nobody sends one order in more parcels, or moves house more often.
MOST_PARCELS = 100
MOST_ADDRESSES = 50


def placed(order: Order, said: OrderPlaced, source: str, policies: PolicyBook) -> Order:
    """The order with its terms: frozen units, and the policy in force when it was placed, for good."""
    policy = policies.in_force(said.placed_at).identity
    return promised(replace(order, terms=Terms.of(said, source, policy)), policies)


def order_paid(order: Order, said: OrderPaid, given: Given) -> Decision:
    paid_at = min(said.paid_at, order.paid_at or said.paid_at)
    return _learnt(
        order, replace(order, paid_at=paid_at), given, {"paid_at": paid_at.isoformat(), "amount": said.amount}
    )


def order_cancelled(order: Order, said: OrderCancelled, given: Given) -> Decision:
    cancelled_at = min(said.cancelled_at, order.cancelled_at or said.cancelled_at)
    return _learnt(order, replace(order, cancelled_at=cancelled_at), given, {"cancelled_at": cancelled_at.isoformat()})


def address_changed(order: Order, said: AddressChanged, given: Given) -> Decision:
    known = {*order.addresses, Address(said.changed_at, said.destination)}
    if len(known) > MOST_ADDRESSES:
        return refused("too-many-addresses", f"An order's address can change {MOST_ADDRESSES} times.")
    addresses = tuple(sorted(known, key=lambda address: (address.changed_at, address.destination)))
    moved = promised(replace(order, addresses=addresses), given.policies)
    return _implausible(moved) or _learnt(order, moved, given, {"destination": said.destination})


def parcel_shipped(order: Order, said: ParcelShipped, given: Given) -> Decision:
    """A shipment. Shipping units twice is impossible (rulebook 8.34), as is shipping what was not ordered."""
    shipment = Shipment.of(said)
    parcel = order.parcels.get(said.parcel, Parcel(said.parcel))
    if parcel.shipped == shipment:
        return nothing("known", f"Parcel {said.parcel} is known.")
    if parcel.shipped is not None:
        return refused("shipped-twice", f"Parcel {said.parcel} was shipped already, with other contents.")
    if len(order.parcels) >= MOST_PARCELS:
        return refused("too-many-parcels", f"An order can be sent in {MOST_PARCELS} parcels.")
    problem = _impossible(order, shipment)
    if problem is not None:
        return problem
    learnt = replace(order, parcels={**order.parcels, parcel.id: replace(parcel, shipped=shipment)})
    learnt = promised(learnt, given.policies)
    return _implausible(learnt) or _parcel_learnt(order, learnt, parcel.id, given)


def _implausible(order: Order) -> Decision | None:
    ends = (parcel.promise_ends_at for parcel in order.parcels.values() if parcel.promise_ends_at)
    year = next((end.year for end in ends if end.year not in YEARS), None)
    return refused("instant-implausible", f"A promise that ends in the year {year} is none.") if year else None


def _impossible(order: Order, shipment: Shipment) -> Decision | None:
    quantities = order.known.quantities()
    for line, spans in (shipment.units or {}).items():
        if not spans or spans[-1].last > quantities.get(line, 0):
            return refused("no-such-unit", f"The order has no such units of line {line}; they cannot be shipped.")
    sent = ((unit.line, unit.number) for unit in order.known.every_unit() if shipment.carries(unit.line, unit.number))
    twice = next((unit for unit in sent if order.parcel_of(*unit)), None)
    if twice is not None:
        return refused("shipped-twice", f"Unit {twice[1]} of line {twice[0]} was shipped already.")
    return None


def parcel_told(order: Order | None, told: ParcelEvent, given: Given) -> Decision:
    """Order-tracking told of a parcel; it may do so before the marketplace told us of the order."""
    order = order or Order(told.order)
    before = order.parcels.get(told.parcel, Parcel(told.parcel))
    if before.id not in order.parcels and len(order.parcels) >= MOST_PARCELS:
        return refused("too-many-parcels", f"An order can be sent in {MOST_PARCELS} parcels.")
    parcel = before.merged(told)
    learnt = replace(order, parcels={**order.parcels, parcel.id: parcel})
    if parcel.extensions != before.extensions and order.terms is not None:
        learnt = promised(learnt, given.policies)
    if parcel == order.parcels.get(parcel.id):
        return nothing("known", f"This is known of parcel {parcel.id}.")
    return _parcel_learnt(order, learnt, parcel.id, given)


def _parcel_learnt(before: Order, order: Order, parcel: str, given: Given) -> Decision:
    draft = Draft(order, given)
    draft.facts.update(parcel=parcel, status=order.parcels[parcel].status)
    if order.terms is not None:
        promise_moved(draft, before, order.parcels[parcel])
        parcels_changed(draft, before, order.parcels[parcel])
    return draft.decision(draft.why())


def receipt_confirmed(order: Order, said: ReceiptConfirmed, given: Given) -> Decision:
    """The buyer has everything: once, after every unit was shipped; it ends holds and the wait after (8.25, 8.44)."""
    if said.buyer != order.known.buyer:
        return refused("stranger", "Only the buyer of the order can confirm its receipt.")
    if order.receipt_at is not None:
        return refused("confirmed-already", "The receipt was confirmed already.")
    if not order.everything_shipped:
        return refused("not-shipped", "The receipt can be confirmed once every unit was shipped.")
    draft = Draft(replace(order, receipt_at=said.confirmed_at), given)
    draft.facts["receipt_at"] = said.confirmed_at.isoformat()
    before = Draft(order, given)
    for dispute in tuple(order.disputes.values()):
        if dispute.state in states.AT_THE_DESK:
            tell_desk(draft, order, dispute)
        elif said.confirmed_at < windows.closes_at(before, dispute.units) and _waits_for_it(dispute):
            close(draft, dispute, states.CLOSED_CANCELLED, "11")
    return draft.decision(draft.why())


def _waits_for_it(dispute: Dispute) -> bool:
    return dispute.state == states.HELD_IN_TRANSIT or dispute.confirming


def _learnt(before: Order, after: Order, given: Given, facts: dict[str, object]) -> Decision:
    if before == after:
        return nothing("known", "This is known.")
    draft = Draft(after, given)
    draft.facts.update(facts)
    return draft.decision(draft.why())
