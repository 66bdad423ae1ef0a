"""What buyers are told of their parcels."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aftersales.contracts import tracking as said
from notification.domain.notice import Reader, Words
from notification.wording.phrases import sentences, when

HAPPENED: Final = {
    "customs_hold": ("Your parcel is held by customs", "is held by customs"),
    "returning": ("Your parcel is on its way back", "is on its way back to the seller"),
    "lost": ("Your parcel was lost", "was lost, the carrier says"),
    "not_found": ("Your parcel is not known to the carrier", "is not known to the carrier under its number"),
}
MAY_COMPLAIN: Final = "If you do not receive it, you may open a dispute on this order."


def tracked(parcel: said.ParcelTracked, reader: Reader) -> Words:
    # Of a shipment that is told late the delivery may be known already; it is told next.
    promised = f"It is promised to arrive before {when(parcel.promise_ends_at, reader)}; we tell you if it does not."
    shipped = f"It was handed to {parcel.carrier} with the number {parcel.number} at {when(parcel.shipped_at, reader)}."
    return Words("Your parcel is on its way", sentences(shipped, promised if parcel.delivered_at is None else ""))


def delivered(parcel: said.ParcelDelivered, reader: Reader) -> Words:
    at = f" at {when(parcel.delivered_at, reader)}" if parcel.delivered_at is not None else ""
    late = ""
    if parcel.delivered_at is not None and parcel.delivered_at >= parcel.promise_ends_at:
        promised = when(parcel.promise_ends_at, reader)
        late = f"It was promised before {promised}; you may ask for compensation for the delay by opening a dispute."
    complaint = "If something is wrong with it, or you do not have it, you may open a dispute on this order."
    return Words("Your parcel was delivered", sentences(f"The carrier delivered it{at}.", late, complaint))


def anomalous(parcel: said.ParcelAnomalous, _reader: Reader) -> Words:
    title, what = HAPPENED.get(str(parcel.status), ("News of your parcel", "needs attention"))
    return Words(title, sentences(f"It {what}.", MAY_COMPLAIN))


def returned(_parcel: said.ParcelReturned, _reader: Reader) -> Words:
    return Words("Your parcel went back", sentences("The carrier returned it to the seller.", MAY_COMPLAIN))


def promise_broken(parcel: said.PromiseBroken, reader: Reader) -> Words:
    text = f"It was promised to arrive before {when(parcel.promise_ends_at, reader)}, and no delivery is known."
    # Not "now": a promise may be shorter than the days that must have passed since the dispatch (rulebook 2).
    remedy = "If it does not come, you may open a dispute on this order and ask for your money."
    return Words("Your parcel is late", sentences(text, remedy))


def promise_extended(parcel: said.PromiseExtended, reader: Reader) -> Words:
    text = "Because of events nobody can help, it is now promised to arrive before"
    return Words("Your parcel takes longer", f"{text} {when(parcel.promise_ends_at, reader)}.")


PARCELS: Final[Mapping[type[said.ParcelEvent], Callable[[Any, Reader], Words]]] = {
    said.ParcelTracked: tracked,
    said.ParcelDelivered: delivered,
    said.ParcelAnomalous: anomalous,
    said.ParcelReturned: returned,
    said.PromiseBroken: promise_broken,
    said.PromiseExtended: promise_extended,
}


def parcel_words(parcel: said.ParcelEvent, reader: Reader) -> Words:
    words = PARCELS[type(parcel)](parcel, reader)
    return Words(words.title, sentences(f"Parcel {parcel.parcel} of order {parcel.order}.", words.text))
