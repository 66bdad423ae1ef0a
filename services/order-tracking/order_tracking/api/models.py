"""What travels over the HTTP door."""

from datetime import datetime

from pydantic import BaseModel

from aftersales.contracts.carrier import ParcelScanned, ScanStatus
from aftersales.contracts.envelope import Id, Instant, Name, Token
from aftersales.runtime.http import RequestModel
from order_tracking.domain.parcel import Parcel, Promise, Shipment
from order_tracking.rules.facts import facts_of, promise_of


class ParcelRead(BaseModel):
    """A parcel of an order.

    status, scanned_at: the last scan by its own instant. delivered_at, attempted_at: the first of its kind.
    received_at: the buyer confirmed the receipt of the order. seen: every status ever scanned. contradictory: delivered
    and lost, both. promise: `kept` by a delivery or a receipt before `promise_ends_at`; at it is late. policy: the
    version the order is pinned to.
    """

    order: str
    parcel: str
    buyer: str
    seller: str
    carrier: str
    number: str
    shipped_at: datetime
    promise_ends_at: datetime
    promise: Promise
    status: ScanStatus | None
    scanned_at: datetime | None
    delivered_at: datetime | None
    attempted_at: datetime | None
    received_at: datetime | None
    seen: tuple[ScanStatus, ...]
    contradictory: bool
    policy: str


class ParcelsRead(BaseModel):
    """next: the cursor of the next page, None on the last."""

    items: list[ParcelRead]
    next: str | None


class OrderParcels(BaseModel):
    """All parcels of an order, by name."""

    order: str
    items: list[ParcelRead]


class NumberRead(BaseModel):
    """A number and the caller's parcels that travel under it; none where nobody shipped it."""

    carrier: str
    number: str
    items: list[ParcelRead]


class ScanRead(BaseModel):
    """ahead: dated in the future when it came; kept, and not counted."""

    status: ScanStatus
    scanned_at: datetime
    place: str | None
    received_at: datetime
    ahead: bool


class ScansRead(BaseModel):
    """next: the cursor of the next page, None on the last."""

    items: list[ScanRead]
    next: str | None


class NewScan(RequestModel):
    """A scan as a carrier's integration hands it in; the same fact as `carrier.parcel_scanned` over Kafka."""

    carrier: Token
    number: Id
    status: ScanStatus
    scanned_at: Instant
    place: Name | None = None

    def event(self) -> ParcelScanned:
        return ParcelScanned(**{name: getattr(self, name) for name in NewScan.model_fields})


def read(shipment: Shipment, parcel: Parcel) -> ParcelRead:
    facts = facts_of(parcel.scans, shipment)
    return ParcelRead(
        **{name: getattr(shipment, name) for name in SHIPMENT},
        **{name: getattr(facts, name) for name in FACTS},
        promise=promise_of(shipment, facts),
    )


SHIPMENT = (
    *("order", "parcel", "buyer", "seller", "carrier", "number"),
    *("shipped_at", "promise_ends_at", "received_at", "policy"),
)
FACTS = ("status", "scanned_at", "delivered_at", "attempted_at", "seen", "contradictory")
