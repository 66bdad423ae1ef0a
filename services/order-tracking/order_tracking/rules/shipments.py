"""A parcel was handed to a carrier; its promise starts (rulebook M1, 8.15, 8.33, 8.34)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from aftersales.contracts.envelope import YEARS
from aftersales.contracts.marketplace import ParcelShipped
from aftersales.contracts.tracking import ParcelEvent, ParcelTracked
from aftersales.decision import Because, Decision, Given, Move, nothing, refused
from aftersales.policy.promise import promise_end
from order_tracking.domain.order import Order, Placed, Shipped, numbers, spans
from order_tracking.domain.parcel import Facts, Parcel, Shipment
from order_tracking.domain.refs import parcel_ref
from order_tracking.rules.early import known_order
from order_tracking.rules.facts import facts_of, told, word_for
from order_tracking.rules.promise import promise_timer

# With the longest of names an order's row still holds them all; dispute takes as many parcels.
MOST_PARCELS: Final = 100
MOST_SPANS: Final = 300
MOST_SHIPMENTS: Final = 20


def ship(state: Order | None, event: ParcelShipped, given: Given) -> Decision:
    """Follow the parcel from now on; what carriers said of its number before is told at once."""
    known = known_order(state, event, given)
    if isinstance(known, Decision):
        return known
    order, placed = known
    shipped = _shipped(event)
    known_as = order.parcel(event.parcel)
    if known_as is not None and known_as.declared == shipped:
        return nothing("parcel-known", f"Parcel {event.parcel} of order {event.order} is known.")
    ref = parcel_ref(event.carrier, event.number)
    parcel: Parcel = given.others[ref] or Parcel()
    ends_at = _promise_end(order, placed, event.shipped_at, given)
    if (refusal := _refusal(order, placed, shipped, parcel, ends_at)) is not None:
        return refusal
    shipment = _shipment(event, placed, ends_at)
    shipped = replace(shipped, promised=(ends_at - event.shipped_at).days)
    facts = facts_of(parcel.scans, shipment)
    return Decision(
        state=replace(order, parcels=(*order.parcels, shipped)),
        others={ref: replace(parcel, shipments=(*parcel.shipments, shipment))},
        events=_said(shipment, facts),
        timers=(promise_timer(shipment, ref),),
        moves=(Move(f"parcel {shipment.order}/{shipment.parcel}", None, facts.status or "shipped", "8.15"),),
        because=Because(
            "M1",
            {"shipped_at": event.shipped_at.isoformat(), "promise_ends_at": ends_at.isoformat()},
            {"destination": order.destination(placed, event.shipped_at), "promise_days": placed.promise_days},
            policy_version=placed.policy,
        ),
    )


def unshipped(order: Order, placed: Placed) -> bool:
    """Whether a unit of the order is in no parcel yet."""
    sent = [_units(shipped, placed.lines) for shipped in order.parcels]
    return any(
        set(range(1, quantity + 1)) - set().union(*(units.get(line, set()) for units in sent))
        for line, quantity in placed.lines.items()
    )


def _said(shipment: Shipment, facts: Facts) -> tuple[ParcelEvent, ...]:
    tracked = told(ParcelTracked, shipment, facts)
    return (tracked, told(word_for(facts), shipment, facts)) if facts.status is not None else (tracked,)


def _promise_end(order: Order, placed: Placed, shipped_at: datetime, given: Given) -> datetime:
    return promise_end(
        given.policies.named(placed.policy),
        carrier_service=placed.carrier_service,
        destination=order.destination(placed, shipped_at),
        promise_days=placed.promise_days,
        shipped_at=shipped_at,
        scope={"seller": placed.seller, "category": placed.category},
    )


def _refusal(order: Order, placed: Placed, shipped: Shipped, parcel: Parcel, ends_at: datetime) -> Decision | None:
    if order.parcel(shipped.parcel) is not None:
        sentence = f"Parcel {shipped.parcel} was shipped before, with other content. The first one stands."
        return refused("parcel-differs", sentence)
    if ends_at.year not in YEARS:
        return refused("instant-implausible", f"A promise that ends in the year {ends_at.year} is none.")
    if len(order.parcels) >= MOST_PARCELS or len(parcel.shipments) >= MOST_SHIPMENTS:
        sentence = f"An order has at most {MOST_PARCELS} parcels, and a number at most {MOST_SHIPMENTS} of them."
        return refused("too-many-parcels", sentence)
    if _pieces((*order.parcels, shipped)) > MOST_SPANS:
        sentence = f"The units of an order's parcels come in at most {MOST_SPANS} runs of numbers, such as 1 to 5."
        return refused("too-many-pieces", sentence)
    return _units_refused(order, placed.lines, shipped)


def _units_refused(order: Order, lines: Mapping[str, int], shipped: Shipped) -> Decision | None:
    """Unit numbers are counted from 1; shipping one twice is refused (rulebook 8.34)."""
    wanted = _units(shipped, lines)
    for line, units in wanted.items():
        if line not in lines or max(units, default=0) > lines[line]:
            return refused("no-such-unit", f"Line {line} has {lines.get(line, 0)} units; no more can be shipped.")
    for before in order.parcels:
        taken = _units(before, lines)
        for line in wanted:
            if both := wanted[line] & taken.get(line, set()):
                sentence = f"Unit {min(both)} of line {line} was shipped before, in parcel {before.parcel}."
                return refused("units-shipped-twice", sentence)
    return None


def _units(shipped: Shipped, lines: Mapping[str, int]) -> dict[str, set[int]]:
    if shipped.units is None:
        return {line: set(range(1, quantity + 1)) for line, quantity in lines.items()}
    return {line: numbers(of) for line, of in shipped.units.items()}


def _pieces(parcels: Iterable[Shipped]) -> int:
    return sum(len(of) for shipped in parcels for of in (shipped.units or {}).values())


def _shipped(event: ParcelShipped) -> Shipped:
    units = None if event.units is None else {line: spans(of) for line, of in event.units.items()}
    return Shipped(event.parcel, event.carrier, event.number, event.shipped_at, units)


def _shipment(event: ParcelShipped, placed: Placed, promise_ends_at: datetime) -> Shipment:
    return Shipment(
        order=event.order,
        parcel=event.parcel,
        buyer=placed.buyer,
        seller=placed.seller,
        carrier=event.carrier,
        number=event.number,
        placed_at=placed.placed_at,
        shipped_at=event.shipped_at,
        promise_ends_at=promise_ends_at,
        policy=placed.policy,
    )
