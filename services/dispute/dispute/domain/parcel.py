"""A parcel as far as disputes care: what it carries, its promise, and the facts of its journey."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from aftersales.contracts.carrier import ScanStatus
from aftersales.contracts.marketplace import ParcelShipped
from aftersales.contracts.tracking import ParcelEvent, PromiseBroken

# The last scan of a parcel that is still on its way (rulebook 8.24).
UNDER_WAY: Final[tuple[ScanStatus | None, ...]] = (None, "in_transit", "out_for_delivery", "attempted", "exception")
# Scans after which the buyer need not wait before complaining, whatever came later (rulebook 8.50).
DECISIVE: Final[tuple[ScanStatus, ...]] = ("delivered", "returning", "returned", "lost", "not_found")


class Span(NamedTuple):
    """Unit numbers `first` to `last`, both inside."""

    first: int
    last: int


class Shipment(Struct, frozen=True, omit_defaults=True):
    """What the seller declared. units: line to spans of unit numbers; None is every unit of the order."""

    carrier: str
    number: str
    shipped_at: datetime
    units: dict[str, tuple[Span, ...]] | None

    @classmethod
    def of(cls, said: ParcelShipped) -> "Shipment":
        units = None if said.units is None else {line: _spans(numbers) for line, numbers in said.units.items()}
        return cls(said.carrier, said.number, said.shipped_at, units)

    def carries(self, line: str, number: int) -> bool:
        return self.units is None or any(span.first <= number <= span.last for span in self.units.get(line, ()))


class Extended(NamedTuple):
    """An extension of a promise for force majeure, by its id."""

    extension: str
    days: int


class Parcel(Struct, frozen=True, omit_defaults=True):
    """Two speakers tell of a parcel, in any order: the marketplace that it was shipped, order-tracking how it travels.

    shipped, promise_ends_at: None until the marketplace spoke. status: the last scan by its own instant `scanned_at`.
    delivered_at, attempted_at: the first such scan. seen: every status ever scanned, sorted. broken: order-tracking
    said that the promise, as it stands, ended undelivered. extensions: for force majeure, sorted; `promise_ends_at` has
    them in it.
    """

    id: str
    shipped: Shipment | None = None
    promise_ends_at: datetime | None = None
    status: ScanStatus | None = None
    scanned_at: datetime | None = None
    delivered_at: datetime | None = None
    attempted_at: datetime | None = None
    seen: tuple[ScanStatus, ...] = ()
    broken: bool = False
    extensions: tuple[Extended, ...] = ()

    @property
    def extended(self) -> bool:
        return bool(self.extensions)

    @property
    def extended_by(self) -> timedelta:
        return timedelta(days=sum(each.days for each in self.extensions))

    @property
    def under_way(self) -> bool:
        return self.status in UNDER_WAY

    def unanswered(self, by: datetime) -> bool:
        """On its way as far as anybody knows, and order-tracking has not said yet how its promise, over by then, ended.

        Of a parcel once scanned `delivered` it says nothing at the promise end, whatever was scanned since.
        """
        over = self.promise_ends_at is None or self.promise_ends_at <= by
        return over and self.under_way and not self.broken and self.delivered_at is None

    @property
    def ever_decided(self) -> bool:
        return any(status in DECISIVE for status in self.seen)

    def promise_runs(self, at: datetime) -> bool:
        """A delivery dated at the promise end is late, so the promise does not run at its end (rulebook 8.12)."""
        return self.promise_ends_at is not None and at < self.promise_ends_at and not self.broken

    def merged(self, told: ParcelEvent) -> "Parcel":
        """With what order-tracking told; the same for every order and repetition of what it ever told."""
        latest = told if self._older_than(told) else self
        theirs = {Extended(each.extension, each.days) for each in told.extensions}
        known = self.knowing(theirs)
        return replace(
            self,
            status=latest.status,
            scanned_at=latest.scanned_at,
            delivered_at=_earlier(self.delivered_at, told.delivered_at),
            attempted_at=_earlier(self.attempted_at, told.attempted_at),
            seen=tuple(sorted({*self.seen, *told.seen})),
            broken=known.broken or (isinstance(told, PromiseBroken) and theirs == set(known.extensions)),
            extensions=known.extensions,
        )

    def knowing(self, extensions: Iterable[Extended]) -> "Parcel":
        """With these extensions too. A promise that was broken stands anew where one is news."""
        every = tuple(sorted({*self.extensions, *extensions}))
        return replace(self, extensions=every, broken=self.broken and every == self.extensions)

    def _older_than(self, told: ParcelEvent) -> bool:
        """Of scans at one instant the later arrival is the last (8.18): it has seen no less."""
        if told.scanned_at is None or self.scanned_at is None:
            return self.scanned_at is None
        if told.scanned_at != self.scanned_at:
            return told.scanned_at > self.scanned_at
        return set(told.seen) >= set(self.seen)


def _spans(numbers: Iterable[int]) -> tuple[Span, ...]:
    """Unit numbers, in any order, as the fewest spans."""
    found: list[Span] = []
    for number in sorted(set(numbers)):
        if found and found[-1].last == number - 1:
            found[-1] = Span(found[-1].first, number)
        else:
            found.append(Span(number, number))
    return tuple(found)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)


Parcels = Mapping[str, Parcel]
