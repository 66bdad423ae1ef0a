"""Buyers are told of their parcels without asking (rulebook M6): each thing once a parcel."""

from typing import Final

from msgspec.structs import replace

from aftersales.contracts.tracking import (
    ParcelAnomalous,
    ParcelDelivered,
    ParcelEvent,
    ParcelReturned,
    ParcelTracked,
    PromiseBroken,
    PromiseExtended,
)
from aftersales.decision import Because, Decision, Given, Rule, nothing
from notification.domain.notice import About, Wording
from notification.domain.thread import BUYER, Thread
from notification.rules.notices import reader, tell

THINGS: Final = {
    ParcelTracked: "tracked",
    ParcelDelivered: "delivered",
    ParcelReturned: "returned",
    PromiseBroken: "promise_broken",
    PromiseExtended: "promise_extended",
}
# The worst order has a hundred parcels, each with some eight things to say; more is not remembered.
MOST_PARCELS: Final = 100


def tell_parcel(words: Wording) -> Rule:
    """The rule that says news of a parcel in these words."""

    def tell_buyer(state: Thread | None, event: ParcelEvent, given: Given) -> Decision:
        thread = replace(state or Thread(event.order), buyer=event.buyer, seller=event.seller)
        if isinstance(event, PromiseBroken | PromiseExtended) and event.delivered_at is not None:
            return nothing("delivered", f"Parcel {event.parcel} was delivered; its promise is no news to the buyer.")
        thing = _thing(event)
        before = thread.told.get(event.parcel, ())
        if thing in before:
            return nothing("told-before", f"The buyer was told of parcel {event.parcel}: {thing}.")
        if len(thread.told) >= MOST_PARCELS and not before:
            return nothing("too-many-parcels", f"The buyer is told of {MOST_PARCELS} parcels an order.")
        thread = replace(thread, told={**thread.told, event.parcel: (*before, thing)})
        about = About(event.name(), f"{event.name()}/{event.parcel}/{thing}", parcel=event.parcel)
        reads = reader(thread, BUYER, given.policies.named(event.policy), given)
        because = Because("M6", {"parcel": event.parcel, "thing": thing})
        return replace(tell(thread, about, {BUYER: words(event, reads)}, given), because=because)

    return tell_buyer


def _thing(event: ParcelEvent) -> str:
    """Several anomalies of one parcel are several things; so is the end of a promise that was extended."""
    if isinstance(event, ParcelAnomalous):
        return str(event.status)
    times = len(event.extensions) if isinstance(event, PromiseBroken | PromiseExtended) else 0
    return f"{THINGS[type(event)]} {times}" if times else THINGS[type(event)]
