"""What was agreed when an order was placed. It never changes; a dispute years later is judged by it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from aftersales.contracts.marketplace import OrderPlaced
from aftersales.policy import amounts
from aftersales.policy.amounts import Unit


class Run(Struct, frozen=True, omit_defaults=True):
    """Units `first` to `last` of a line that cost the same: an order of a thousand pieces stays a small row."""

    line: str
    first: int
    last: int
    net: int
    shipping: int
    tax: int
    charged_price: int
    exact_price: str | None = None

    def unit(self, number: int) -> Unit:
        return Unit(self.line, number, *self.shares)

    @property
    def shares(self) -> tuple[int, int, int, int, str | None]:
        return self.net, self.shipping, self.tax, self.charged_price, self.exact_price


class Terms(Struct, frozen=True, omit_defaults=True):
    """paid: what was captured, in minor units of `currency`. policy: the identity of the version it is pinned to."""

    buyer: str
    seller: str
    source: str
    placed_at: datetime
    currency: str
    paid: int
    runs: tuple[Run, ...]
    policy: str
    destination: str
    carrier_service: str
    promise_days: int | None
    category: str | None
    platform_logistics: bool
    free_return: bool
    service_enrolled: bool

    @classmethod
    def of(cls, order: OrderPlaced, source: str, policy: str) -> "Terms":
        return cls(
            buyer=order.buyer,
            seller=order.seller,
            source=source,
            placed_at=order.placed_at,
            currency=order.currency,
            paid=amounts.paid(order),
            runs=_runs(amounts.freeze(order)),
            policy=policy,
            destination=order.destination,
            carrier_service=order.carrier_service,
            promise_days=order.promise_days,
            category=order.category,
            platform_logistics=order.platform_logistics,
            free_return=order.free_return,
            service_enrolled=order.service_enrolled,
        )

    @property
    def scope(self) -> Mapping[str, str | None]:
        """What a calendar override may narrow itself to (rulebook 8.23)."""
        return {
            "seller": self.seller,
            "destination": self.destination,
            "carrier_service": self.carrier_service,
            "category": self.category,
        }

    def quantities(self) -> dict[str, int]:
        """How many units each line has; a line with none is not in it."""
        return {run.line: run.last for run in self.runs}

    def units(self, wanted: Mapping[str, Iterable[int]]) -> tuple[Unit, ...]:
        """The named units, line by line in the order's own order. Units that are not there are left out."""
        numbers = {line: frozenset(picked) for line, picked in wanted.items()}
        return tuple(
            run.unit(number)
            for run in self.runs
            if run.line in numbers
            for number in range(run.first, run.last + 1)
            if number in numbers[run.line]
        )

    def every_unit(self) -> tuple[Unit, ...]:
        return tuple(run.unit(number) for run in self.runs for number in range(run.first, run.last + 1))


def _runs(units: Iterable[Unit]) -> tuple[Run, ...]:
    runs: list[Run] = []
    for unit in units:
        shares = (unit.net, unit.shipping, unit.tax, unit.charged_price, unit.exact_price)
        last = runs[-1] if runs else None
        if last and last.line == unit.line and last.shares == shares:
            runs[-1] = Run(unit.line, last.first, unit.number, *shares)
        else:
            runs.append(Run(unit.line, unit.number, unit.number, *shares))
    return tuple(runs)
