"""Force majeure: promises end later (rulebook transition 28, 8.21 and 8.43).

A lane concerns any number of orders. The lane's own timer wakes those on it a page at a time, each by a timer of its
own, so that no transaction holds more than a page and a crash in between repeats nothing.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from aftersales.contracts.arbitration import LaneExtended, ParcelsExtended
from aftersales.contracts.envelope import YEARS
from aftersales.contracts.tracking import PromiseExtended
from aftersales.decision import Because, Decision, Given, SubjectRef, Timer, TimerFired, nothing
from order_tracking.domain.lane import Granted, Lane
from order_tracking.domain.order import Order, Shipped
from order_tracking.domain.parcel import Extended, Parcel, Shipment
from order_tracking.domain.refs import parcel_ref
from order_tracking.rules.facts import facts_of, told
from order_tracking.rules.promise import promise_timer

NEXT_PAGE: Final = "lane_page"
ON_A_LANE: Final = "lane_extended"
MOST_REMEMBERED: Final = 100
# A parcel's row holds them; dispute takes as many.
MOST_EXTENSIONS: Final = 5

Wanted = Callable[[Shipped, Parcel, Shipment], bool]


def extend_lane(state: Lane | None, event: LaneExtended, given: Given) -> Decision:
    """Remember the extension and begin to wake the orders on the lane."""
    lane = state or Lane(event.carrier_service.upper(), event.destination)
    if any(known.extension == event.extension for known in lane.granted):
        return nothing("extension-known", f"Extension {event.extension} is known.")
    granted = Granted(event.extension, event.days, event.at)
    first = {
        "extension": event.extension,
        "days": str(event.days),
        "at": event.at.isoformat(),
        "carrier_service": lane.carrier_service,
        "destination": lane.destination,
        "beyond": "",
    }
    return Decision(
        state=replace(lane, granted=(*lane.granted, granted)[-MOST_REMEMBERED:]),
        timers=(Timer(NEXT_PAGE, given.now, data=first),),
        because=Because("transition 28", {"extension": event.extension, "days": event.days}),
    )


def wake_orders(_state: Lane, event: TimerFired, given: Given) -> Decision:
    """One cause an order, and the next page after them; an empty page is the last."""
    because = Because("transition 28", {**event.data, "orders": len(given.found)})
    if not given.found:
        return Decision(because=because)
    woken = (Timer(ON_A_LANE, given.now, data=event.data, subject=order) for order in given.found)
    further = Timer(NEXT_PAGE, given.now, data={**event.data, "beyond": given.found[-1].id})
    return Decision(timers=(*woken, further), because=because)


def on_a_lane(state: Order, event: TimerFired, given: Given) -> Decision:
    """Every parcel of the order on the lane that was neither delivered nor past its promise when it was granted."""
    at, said = datetime.fromisoformat(event.data["at"]), event.data
    lane = (said["carrier_service"], said["destination"])

    def wanted(shipped: Shipped, parcel: Parcel, shipment: Shipment) -> bool:
        runs = not shipment.broken and at < shipment.promise_ends_at
        arrived = shipment.received_at or facts_of(parcel.scans, shipment).delivered_at
        return state.lane(shipped) == lane and runs and not arrived

    return _extended(event.subject.id, state, Extended(said["extension"], int(said["days"])), wanted, given)


def extend_parcels(state: Order | None, event: ParcelsExtended, given: Given) -> Decision:
    """The parcels of a dispute that was extended while it was held, delivered or not."""

    def wanted(shipped: Shipped, _parcel: Parcel, _shipment: Shipment) -> bool:
        return shipped.parcel in event.parcels

    return _extended(event.order, state or Order(), Extended(event.extension, event.days), wanted, given)


def _extended(name: str, order: Order, extension: Extended, wanted: Wanted, given: Given) -> Decision:
    others: dict[SubjectRef, Parcel] = {}
    moved: list[tuple[SubjectRef, Parcel, Shipment]] = []
    for shipped in order.parcels:
        ref = parcel_ref(shipped.carrier, shipped.number)
        parcel: Parcel = others.get(ref) or given.others[ref]
        shipment = parcel.shipment(name, shipped.parcel)
        if shipment is None or not wanted(shipped, parcel, shipment) or not _possible(shipment, extension):
            continue
        longer = shipment.extended(extension)
        shipments = tuple(longer if each is shipment else each for each in parcel.shipments)
        others[ref] = replace(parcel, shipments=shipments)
        moved.append((ref, parcel, longer))
    if not moved:
        return nothing("nothing-to-extend", "No parcel of the order is concerned by this extension, or it knows it.")
    facts = {"extension": extension.extension, "days": extension.days, "parcels": [each.parcel for _, _, each in moved]}
    return Decision(
        state=_listed(order, [longer for _, _, longer in moved]),
        others=others,
        events=tuple(told(PromiseExtended, longer, facts_of(parcel.scans, longer)) for _, parcel, longer in moved),
        timers=tuple(promise_timer(longer, ref) for ref, _, longer in moved),
        because=Because("transition 28", facts),
    )


def _possible(shipment: Shipment, extension: Extended) -> bool:
    """Once each, and never beyond what an instant may be."""
    known = any(each.extension == extension.extension for each in shipment.extensions)
    ends_at = shipment.extended(extension).promise_ends_at
    return not known and len(shipment.extensions) < MOST_EXTENSIONS and ends_at.year in YEARS


def _listed(order: Order, moved: Iterable[Shipment]) -> Order:
    """With the new ends in the order's own row, by which lanes find it."""
    promised = {shipment.parcel: (shipment.promise_ends_at - shipment.shipped_at).days for shipment in moved}
    parcels = (replace(each, promised=promised.get(each.parcel, each.promised)) for each in order.parcels)
    return replace(order, parcels=tuple(parcels))
