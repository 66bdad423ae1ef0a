"""One order of a generated history as numbers: who, what, where to, and when what happened. Instants are epoch seconds.

Most orders never become more than this and the lines of bytes it is written as: a million of them must not take long.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

from aftersales_local.whatif.drawn import DAY, Drawn, Lane, drawn

BEGINS: Final = datetime(2024, 1, 1, tzinfo=UTC)
DAYS: Final = 365
MINUTE: Final = 60
MARKETPLACE: Final = "marketplace"
CARRIER: Final = "carrier"


class Sketch(NamedTuple):
    """promise_days: as the promise is, by the seller or by the standard policy. lines: (quantity, unit price)."""

    order: str
    seller: str
    lane: Lane
    placed: int
    paid: int
    shipped: int
    promise_days: int
    lines: Sequence[tuple[int, int]]
    shipping: int
    category: str

    @property
    def promise_ends(self) -> int:
        return self.shipped + self.promise_days * DAY


@dataclass(frozen=True)
class Market:
    """The whole history that a part of it is drawn for: orders in all, and the seed."""

    orders: int
    seed: int

    @property
    def sellers(self) -> int:
        return max(1, self.orders // int(drawn().ours["orders_per_seller"]))

    def seller_factors(self) -> list[float]:
        """How much more or less often than usual each seller's orders are disputed."""
        chance = Random(f"{self.seed}:sellers")
        spread = drawn().ours["seller_spread_percent"] / 100
        return [1 - spread + 2 * spread * chance.random() for _ in range(self.sellers)]


class Sketcher:
    """Draws orders of a market one by one. `chance` is the part's own."""

    def __init__(self, market: Market, chance: Random) -> None:
        self._market = market
        self._chance = chance
        self._drawn: Drawn = drawn()
        self._begins = int(BEGINS.timestamp())
        week = self._drawn.weekday
        shares = [week[(BEGINS + timedelta(days=day)).weekday()] for day in range(DAYS)]
        self._days = list(accumulate(shares))
        self._categories = self._drawn.ours["categories"]

    def sketch(self, number: int) -> Sketch:
        """The `number`-th order, from 1; they are placed in this order, give or take a day."""
        chance, drawn_from = self._chance, self._drawn
        lane = drawn_from.lanes.draw(chance)
        placed = self._placed(number)
        paid = placed + drawn_from.payment_minutes.draw(chance) * MINUTE + int(chance.random() * MINUTE)
        shipped = paid + drawn_from.handover_minutes.draw(chance) * MINUTE + int(chance.random() * MINUTE)
        lines = [
            (drawn_from.quantity.draw(chance), lane.money(drawn_from.price.draw(chance)))
            for _ in range(drawn_from.lines.draw(chance))
        ]
        return Sketch(
            order=f"G{number:08d}",
            seller=f"seller-{self.seller(number)}",
            lane=lane,
            placed=placed,
            paid=paid,
            shipped=shipped,
            promise_days=lane.promise_days or drawn_from.promise_days.draw(chance),
            lines=lines,
            shipping=lane.money(drawn_from.freight.draw(chance) * sum(quantity for quantity, _ in lines)),
            category=self._categories[int(chance.random() * len(self._categories))],
        )

    def seller(self, number: int) -> int:
        """A few sellers have many orders: the largest one in sixty. It follows from the number alone."""
        # An order's seller decides whether it is disputed, before anything else of it is drawn.
        spread = (number * 2_654_435_761 + self._market.seed * 40_503) % 2**32 / 2**32
        return int(self._market.sellers * spread**2.5)

    def _placed(self, number: int) -> int:
        share = (number - 1 + self._chance.random()) / self._market.orders
        day = bisect_right(self._days, share * self._days[-1])
        hour = self._drawn.hour.draw(self._chance)
        return self._begins + min(day, DAYS - 1) * DAY + hour * 3600 + int(self._chance.random() * 3600)


def travelled(sketch: Sketch, chance: Random, *, late: bool) -> int:
    """When its parcel is delivered."""
    if late:
        return sketch.promise_ends + drawn().late_by_minutes.draw(chance) * MINUTE
    return sketch.shipped + max(3600, sketch.promise_days * DAY * drawn().travel_permille.draw(chance) // 1000)
