"""What carriers say, normalised. Keyed by carrier and number; in any order and any number of times."""

from typing import ClassVar, Literal

from aftersales.contracts.envelope import Event, Id, Instant, Name, Token

ScanStatus = Literal[
    "in_transit",
    "out_for_delivery",
    "attempted",
    "delivered",
    "customs_hold",
    "exception",
    "returning",
    "returned",
    "lost",
    "not_found",
]


class ParcelScanned(Event):
    """A scan, by its own instant `scanned_at`; two with one (carrier, number, status, scanned_at) are one fact."""

    TYPE: ClassVar[str] = "carrier.parcel_scanned.v1"
    TOPIC: ClassVar[str] = "carrier.scans"
    carrier: Token
    number: Id
    status: ScanStatus
    scanned_at: Instant
    place: Name | None = None

    @property
    def key(self) -> str:
        return f"{self.carrier}:{self.number}"
