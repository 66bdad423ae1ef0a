"""Goods that a buyer sends back travel under a number of their own (rulebook, transitions 18 to 21)."""

from typing import Final

from msgspec.structs import replace

from aftersales.contracts.dispute import ReturnSent
from aftersales.contracts.tracking import ReturnScanned
from aftersales.decision import Because, Decision, Given, nothing, refused
from order_tracking.domain.parcel import Facts, Parcel, WayBack
from order_tracking.rules.facts import facts_of

MOST_RETURNS: Final = 20


def follow(state: Parcel | None, event: ReturnSent, _given: Given) -> Decision:
    """Follow the goods from now on; what the carrier said of their number before is told at once.

    Who sends goods back may name the number days later: scans count from when the goods could be sent.
    """
    parcel = state or Parcel()
    back = WayBack(event.order, event.dispute, event.carrier, event.number, event.at, event.since)
    if any((each.order, each.dispute) == (back.order, back.dispute) for each in parcel.returns):
        return nothing("return-known", f"The goods of dispute {event.dispute} are followed already.")
    if len(parcel.returns) >= MOST_RETURNS:
        return refused("too-many-returns", f"At most {MOST_RETURNS} returns travel under one number.")
    return Decision(
        state=replace(parcel, returns=(*parcel.returns, back)),
        events=told(back, Facts(), facts_of(parcel.scans, back)),
        because=Because("transition 18", {"dispute": event.dispute, "number": event.number}),
    )


def told(back: WayBack, before: Facts, after: Facts) -> tuple[ReturnScanned, ...]:
    """What dispute is told; nothing where nothing changed that it decides by."""
    known, now = (before.status, before.delivered_at), (after.status, after.delivered_at)
    if after.status is None or after.scanned_at is None or known == now:
        return ()
    scanned = ReturnScanned(
        order=back.order,
        dispute=back.dispute,
        carrier=back.carrier,
        number=back.number,
        status=after.status,
        scanned_at=after.scanned_at,
        delivered_at=after.delivered_at,
    )
    return (scanned,)
