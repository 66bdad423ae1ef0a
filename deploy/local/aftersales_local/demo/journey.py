"""One order and what the world did with it: the shape in which real and generated orders come to the demo."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from aftersales.contracts.marketplace import OrderPlaced

Status = Literal["delivered", "shipped", "invoiced", "processing", "approved", "created", "canceled", "unavailable"]

MARKETPLACE: Final = "marketplace"
CARRIER: Final = "carrier"
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Review:
    """score: 1 (worst) to 5. text: the buyer's own words, None where they wrote none."""

    score: int
    text: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Journey:
    """An order of one seller. An instant that is None did not happen.

    Instants may lie in an order that no one would design (a review before the delivery, a hand-over before the
    payment): they are what was recorded. status: where the order stood at the end.
    """

    order: OrderPlaced
    paid_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    carrier: str
    number: str
    reviews: tuple[Review, ...]
    status: Status

    @property
    def id(self) -> str:
        return self.order.order

    @property
    def parcel(self) -> str:
        return f"{self.id}-P"

    @property
    def promise_days(self) -> int:
        """Whole days from the hand-over; every journey has a promise of its seller's own."""
        assert self.order.promise_days is not None
        return self.order.promise_days

    @property
    def promise_end(self) -> datetime | None:
        """A delivery at this instant is late. None while nothing was handed over."""
        return self.shipped_at + self.promise_days * DAY if self.shipped_at else None

    @property
    def worst(self) -> Review | None:
        """The review with the lowest score, the earliest of several."""
        return min(self.reviews, key=lambda review: (review.score, review.at), default=None)

    @property
    def last_known_at(self) -> datetime:
        known = (self.order.placed_at, self.paid_at, self.shipped_at, self.delivered_at, *(r.at for r in self.reviews))
        return max(at for at in known if at is not None)


def day_of(instant: datetime) -> datetime:
    """Midnight UTC of the day of an instant."""
    return instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def whole_days(since: datetime, until: datetime) -> int:
    """The fewest whole days from `since` that do not end before `until`; at least 1, at most a year."""
    return min(365, max(1, -((since - until) // DAY)))
