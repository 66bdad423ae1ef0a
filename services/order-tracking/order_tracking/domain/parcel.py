"""A parcel: what carriers said of a number, and which shipments travel under it."""

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from aftersales.contracts.carrier import ScanStatus

# What the open windows and transition 10 of the rulebook call an anomaly (8.24).
ANOMALIES: Final = frozenset({"customs_hold", "returning", "lost", "not_found"})
# The order in which statuses are listed, so that a set of them always reads the same.
STATUSES: Final[tuple[ScanStatus, ...]] = (
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
)


class Scan(NamedTuple):
    """A status by its own instant, in UTC.

    ahead: it was dated more than five minutes after it reached us; kept, and never counted (its clock is wrong).
    """

    status: ScanStatus
    at: datetime
    ahead: bool = False


class Extended(NamedTuple):
    """An extension of a promise by its id."""

    extension: str
    days: int


class Shipment(Struct, frozen=True, omit_defaults=True):
    """One parcel of one order that travels under the number.

    policy: the identity of the version that the order is pinned to. received_at: the buyer confirmed the receipt then.
    broken: promise_broken was said. extensions: for force majeure; `promise_ends_at` has them in it.
    """

    order: str
    parcel: str
    buyer: str
    seller: str
    carrier: str
    number: str
    placed_at: datetime
    shipped_at: datetime
    promise_ends_at: datetime
    policy: str
    received_at: datetime | None = None
    broken: bool = False
    extensions: tuple[Extended, ...] = ()

    def extended(self, extension: "Extended") -> "Shipment":
        """With a promise that ends later; one that was broken stands anew."""
        return replace(
            self,
            promise_ends_at=self.promise_ends_at + timedelta(days=extension.days),
            broken=False,
            extensions=(*self.extensions, extension),
        )


class WayBack(Struct, frozen=True, omit_defaults=True):
    """Goods that a buyer sends back under the number. placed_at: when dispute was told of it.

    since: from when on they could be sent; None where dispute did not say.
    """

    order: str
    dispute: str
    carrier: str
    number: str
    placed_at: datetime
    since: datetime | None = None


class Parcel(Struct, frozen=True, omit_defaults=True):
    """`scans` in the order of their arrival, each once. Several shipments: consolidated, or a number used again.

    returns: goods on their way back to a seller under the number.
    """

    scans: tuple[Scan, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    returns: tuple[WayBack, ...] = ()

    def shipment(self, order: str, parcel: str) -> Shipment | None:
        return next((each for each in self.shipments if (each.order, each.parcel) == (order, parcel)), None)


class Facts(Struct, frozen=True, omit_defaults=True):
    """What the scans amount to for one shipment (rulebook 8.18).

    status, scanned_at: the last scan by its own instant; of scans at one instant the later arrival. delivered_at,
    attempted_at: the first such scan by its own instant. seen: every status, in the order of `STATUSES`.
    """

    status: ScanStatus | None = None
    scanned_at: datetime | None = None
    delivered_at: datetime | None = None
    attempted_at: datetime | None = None
    seen: tuple[ScanStatus, ...] = ()

    @property
    def contradictory(self) -> bool:
        """Delivered and lost: both stand, and a person looks at it (dangers 6.20)."""
        return "delivered" in self.seen and "lost" in self.seen


Promise = Literal["running", "kept", "broken"]
