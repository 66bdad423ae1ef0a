"""From scans to facts, and from facts to what is said of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from aftersales.contracts import tracking
from order_tracking.domain.parcel import ANOMALIES, STATUSES, Facts, Promise, Scan, Shipment, WayBack

# A number may have had an earlier life: what is dated a day before the order is not this parcel's (dangers 6.16).
BEFORE_THE_ORDER: Final = timedelta(days=1)


def facts_of(scans: Iterable[Scan], shipment: Shipment | WayBack) -> Facts:
    """Order of arrival matters only between scans at one instant."""
    since = _counted_from(shipment)
    last: Scan | None = None
    delivered_at: datetime | None = None
    attempted_at: datetime | None = None
    seen = set()
    for scan in scans:
        if scan.ahead or scan.at < since:
            continue
        seen.add(scan.status)
        if last is None or scan.at >= last.at:
            last = scan
        if scan.status == "delivered" and (delivered_at is None or scan.at < delivered_at):
            delivered_at = scan.at
        elif scan.status == "attempted" and (attempted_at is None or scan.at < attempted_at):
            attempted_at = scan.at
    if last is None:
        return Facts()
    listed = tuple(status for status in STATUSES if status in seen)
    return Facts(last.status, last.at, delivered_at, attempted_at, listed)


def _counted_from(shipment: Shipment | WayBack) -> datetime:
    """What is dated before that was scanned in an earlier life of the number."""
    day_before = shipment.placed_at - BEFORE_THE_ORDER
    since = shipment.since if isinstance(shipment, WayBack) else None
    return day_before if since is None else min(since, day_before)


def promise_of(shipment: Shipment, facts: Facts) -> Promise:
    """Kept by a delivery, or a confirmed receipt, before the end of the promise: at the end is late (rulebook 8.12)."""
    arrivals = [at for at in (facts.delivered_at, shipment.received_at) if at is not None]
    if arrivals and min(arrivals) < shipment.promise_ends_at:
        return "kept"
    return "broken" if shipment.broken or arrivals else "running"


def news(before: Facts, after: Facts) -> type[tracking.ParcelEvent] | None:
    """What a listener is told; None where nothing changed that it decides by.

    The same status again, only later, is no news. A first delivery that is learned late is told as a delivery, whatever
    the last scan says.
    """
    if after.delivered_at != before.delivered_at:
        return tracking.ParcelDelivered
    if (after.status, after.attempted_at, after.seen) == (before.status, before.attempted_at, before.seen):
        return None
    return word_for(after)


def word_for(facts: Facts) -> type[tracking.ParcelEvent]:
    """The event that says the last scan."""
    if facts.status == "delivered":
        return tracking.ParcelDelivered
    if facts.status == "returned":
        return tracking.ParcelReturned
    return tracking.ParcelAnomalous if facts.status in ANOMALIES else tracking.ParcelInTransit


def told(event: type[tracking.ParcelEvent], shipment: Shipment, facts: Facts) -> tracking.ParcelEvent:
    return event(
        order=shipment.order,
        parcel=shipment.parcel,
        buyer=shipment.buyer,
        seller=shipment.seller,
        carrier=shipment.carrier,
        number=shipment.number,
        shipped_at=shipment.shipped_at,
        promise_ends_at=shipment.promise_ends_at,
        status=facts.status,
        scanned_at=facts.scanned_at,
        delivered_at=facts.delivered_at,
        attempted_at=facts.attempted_at,
        seen=facts.seen,
        policy=shipment.policy,
        extensions=tuple(tracking.Extension(extension=each.extension, days=each.days) for each in shipment.extensions),
    )
