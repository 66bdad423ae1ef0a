"""What order-tracking says of parcels. Every event carries all facts of the parcel: no listener waits for another."""

from typing import Annotated, ClassVar

from pydantic import Field

from aftersales.contracts.carrier import ScanStatus
from aftersales.contracts.envelope import Event, Id, Instant, Part, Sentence, Token

MOST_DAYS = 365
Days = Annotated[int, Field(ge=1, le=MOST_DAYS, description="days of 24 h")]


class Extension(Part):
    """A promise was extended for force majeure by the platform's extension of this id (rulebook 8.21)."""

    extension: Id
    days: Days


class ParcelEvent(Event):
    """The facts of a parcel after what happened.

    status: the last scan by its own instant (rulebook 8.18), None before any. seen: every status ever scanned.
    delivered_at, attempted_at: the first such scan by its own instant. promise_ends_at: the end of the promised
    delivery time, `extensions` included; a delivery at it is late.
    """

    TOPIC: ClassVar[str] = "tracking.parcels"
    order: Id
    parcel: Id
    buyer: Id
    seller: Id
    carrier: Token
    number: Id
    shipped_at: Instant
    promise_ends_at: Instant
    status: ScanStatus | None
    scanned_at: Instant | None
    delivered_at: Instant | None
    attempted_at: Instant | None
    seen: tuple[ScanStatus, ...]
    policy: Sentence
    extensions: tuple[Extension, ...] = ()


class ParcelTracked(ParcelEvent):
    """A shipped parcel of a known order is followed from now on."""

    TYPE: ClassVar[str] = "tracking.parcel_tracked.v1"


class ParcelInTransit(ParcelEvent):
    TYPE: ClassVar[str] = "tracking.parcel_in_transit.v1"


class ParcelDelivered(ParcelEvent):
    TYPE: ClassVar[str] = "tracking.parcel_delivered.v1"


class ParcelAnomalous(ParcelEvent):
    """`customs_hold`, `returning`, `lost` or `not_found` (rulebook 8.24)."""

    TYPE: ClassVar[str] = "tracking.parcel_anomalous.v1"


class ParcelReturned(ParcelEvent):
    TYPE: ClassVar[str] = "tracking.parcel_returned.v1"


class PromiseBroken(ParcelEvent):
    """The promised delivery time ended without a delivery scan dated before it."""

    TYPE: ClassVar[str] = "tracking.promise_broken.v1"


class ReturnScanned(Event):
    """The facts of goods on their way back to the seller, after what the carrier said of their number.

    status: the last scan by its own instant (rulebook 8.18). delivered_at: the first scan `delivered`, to the seller.
    """

    TYPE: ClassVar[str] = "tracking.return_scanned.v1"
    TOPIC: ClassVar[str] = "tracking.parcels"
    order: Id
    dispute: Id
    carrier: Token
    number: Id
    status: ScanStatus
    scanned_at: Instant
    delivered_at: Instant | None


class PromiseExtended(ParcelEvent):
    """Force majeure: the promised delivery time ends later; the newest of `extensions` did it."""

    TYPE: ClassVar[str] = "tracking.promise_extended.v1"
