"""A carrier scanned a parcel (rulebook 8.18, 8.34; dangers 6.16-6.20)."""

from datetime import UTC, timedelta
from typing import Final

from msgspec.structs import replace

from aftersales.contracts.carrier import ParcelScanned
from aftersales.contracts.tracking import ParcelEvent, ReturnScanned
from aftersales.decision import Append, Because, Decision, Given, Move, nothing, refused
from order_tracking.domain.parcel import Facts, Parcel, Scan, Shipment
from order_tracking.rules import returns
from order_tracking.rules.facts import facts_of, news, told

CLOCKS_DIFFER: Final = timedelta(minutes=5)
# Real parcels have some thirty. A number's row holds them and the most shipments there can be.
MOST_SCANS: Final = 750


def record_scan(state: Parcel | None, event: ParcelScanned, given: Given) -> Decision:
    """Keep the scan and say what changed. The same status at the same instant is one fact, however often it comes.

    A scan of a number that nobody shipped is kept as a fact of the number. One dated in the future is kept and flagged.
    """
    parcel = state or Parcel()
    at = event.scanned_at.astimezone(UTC)
    if any(scan.at == at and scan.status == event.status for scan in parcel.scans):
        return nothing("scan-known", f"The scan {event.status} at {at:%Y-%m-%d %H:%M:%S} UTC of {event.key} is known.")
    if len(parcel.scans) >= MOST_SCANS:
        return refused("too-many-scans", f"{event.key} has {MOST_SCANS} scans; no more are kept.")
    scan = Scan(event.status, at, ahead=at > given.arrived_at + CLOCKS_DIFFER)
    after = replace(parcel, scans=(*parcel.scans, scan))
    said, moves = _said(parcel, after)
    return Decision(
        state=after,
        events=(*said, *_returning(parcel, after)),
        moves=moves,
        appends=(Append("scan", _row(event, scan, given)),),
        answer={"carrier": event.carrier, "number": event.number, "counted": not scan.ahead},
        because=Because("8.18", {"status": scan.status, "at": at.isoformat(), "ahead": scan.ahead}),
    )


def _said(before: Parcel, after: Parcel) -> tuple[tuple[ParcelEvent, ...], tuple[Move, ...]]:
    said: list[ParcelEvent] = []
    moves: list[Move] = []
    for shipment in after.shipments:
        known, now = facts_of(before.scans, shipment), facts_of(after.scans, shipment)
        word = news(known, now)
        if word is not None:
            said.append(told(word, shipment, now))
        if known.status != now.status:
            moves.append(_move(shipment, known, now))
    return tuple(said), tuple(moves)


def _returning(before: Parcel, after: Parcel) -> tuple[ReturnScanned, ...]:
    said = (returns.told(b, facts_of(before.scans, b), facts_of(after.scans, b)) for b in after.returns)
    return tuple(event for events in said for event in events)


def _move(shipment: Shipment, before: Facts, after: Facts) -> Move:
    return Move(f"parcel {shipment.order}/{shipment.parcel}", before.status, after.status or "", "8.18")


def _row(event: ParcelScanned, scan: Scan, given: Given) -> dict[str, object]:
    return {
        "parcel_id": event.key,
        "scanned_at": scan.at,
        "status": scan.status,
        "place": event.place,
        "ahead": scan.ahead,
        "received_at": given.arrived_at,
        "cause_id": given.cause,
    }
