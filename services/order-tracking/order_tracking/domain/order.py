"""An order: what was placed, what was shipped of it, and what was heard too early."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace


class Span(NamedTuple):
    """Unit numbers `first` to `last`, both inside."""

    first: int
    last: int


class Placed(Struct, frozen=True, omit_defaults=True):
    """The order as it was placed. source: who may speak of it. lines: line to quantity. policy: the pinned version."""

    source: str
    buyer: str
    seller: str
    placed_at: datetime
    destination: str
    carrier_service: str
    promise_days: int | None
    category: str | None
    lines: Mapping[str, int]
    policy: str


class Shipped(Struct, frozen=True, omit_defaults=True):
    """A parcel handed to a carrier; units: line to spans, None is every unit of the order.

    promised: days from the dispatch to the end of the promise, extensions included; None where nobody noted them yet.
    """

    parcel: str
    carrier: str
    number: str
    shipped_at: datetime
    units: Mapping[str, tuple[Span, ...]] | None
    promised: int | None = None

    @property
    def declared(self) -> "Shipped":
        """What the seller said, without what follows from it."""
        return replace(self, promised=None)

    @property
    def promise_ends_at(self) -> datetime | None:
        return None if self.promised is None else self.shipped_at + timedelta(days=self.promised)


class Destination(NamedTuple):
    """The country that parcels shipped from `since` on go to."""

    since: datetime
    country: str


class Waiting(Struct, frozen=True, omit_defaults=True):
    """A fact that came before its order; `body` is the event as JSON."""

    type: str
    source: str
    body: str


class Order(Struct, frozen=True, omit_defaults=True):
    """`placed` None: only `waiting` facts are known. destinations: changes of the address, by their own instant."""

    placed: Placed | None = None
    parcels: tuple[Shipped, ...] = ()
    destinations: tuple[Destination, ...] = ()
    cancelled_at: datetime | None = None
    received_at: datetime | None = None
    waiting: tuple[Waiting, ...] = ()

    def parcel(self, name: str) -> Shipped | None:
        return next((each for each in self.parcels if each.parcel == name), None)

    def lane(self, of: Shipped) -> tuple[str, str] | None:
        """The carrier service in upper case, and the country that the parcel was sent to."""
        placed = self.placed
        return None if placed is None else (placed.carrier_service.upper(), self.destination(placed, of.shipped_at))

    def destination(self, placed: Placed, at: datetime) -> str:
        """The country in force at an instant."""
        changes = [change for change in self.destinations if change.since <= at]
        return max(changes, key=lambda change: change.since).country if changes else placed.destination


def spans(numbers: Iterable[int]) -> tuple[Span, ...]:
    """Unit numbers, in any order, as the fewest spans."""
    found: list[Span] = []
    for number in sorted(set(numbers)):
        if found and found[-1].last == number - 1:
            found[-1] = Span(found[-1].first, number)
        else:
            found.append(Span(number, number))
    return tuple(found)


def numbers(of: Iterable[Span]) -> set[int]:
    return {number for span in of for number in range(span.first, span.last + 1)}
