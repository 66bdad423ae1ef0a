"""The arithmetic of money: what each unit of an order cost, caps, percentages, compensation (rulebook 6 and 8.1-8.11).

Amounts are minor units of the captured currency unless a docstring says otherwise.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, Protocol

from msgspec import Struct

from aftersales.contracts.marketplace import OrderPlaced
from aftersales.money import allocate, exponent
from aftersales.policy.model import Policy

# The largest amount times the longest rate of the contracts has 37 digits; the default context would round at 28.
EXACT: Final = Context(prec=60)
DAY: Final = timedelta(days=1)


class Unit(Struct, frozen=True):
    """One piece of an order line, `number` counted from 1, with its share of what was paid; frozen with the order.

    charged_price: its price before the order's discount, without shipping and tax, at the order's rate. exact_price:
    the same to the last digit where the rate leaves a fraction, else None.
    """

    line: str
    number: int
    net: int
    shipping: int
    tax: int
    charged_price: int
    exact_price: str | None = None

    @property
    def paid(self) -> int:
        """N + H + T of this unit: the most that can be refunded on it."""
        return self.net + self.shipping + self.tax


class Priced(Protocol):
    """What compensation is computed from: a `Unit`, or the `UnitShare` that travels in a dispute's file."""

    @property
    def net(self) -> int: ...
    @property
    def charged_price(self) -> int: ...
    @property
    def exact_price(self) -> str | None: ...


def freeze(order: OrderPlaced) -> tuple[Unit, ...]:
    """The units of an order, line by line; their shares sum exactly to `paid(order)` (rulebook 6, 8.9, 8.10).

    A discount above the goods' price leaves no share below 0: what was paid is then spread over the other cells.
    An order without lines has no units.
    """
    lines = order.lines
    gross = [line.quantity * line.unit_price for line in lines]
    discount, shipping, tax = (_per_unit(order, total, gross) for total in (order.discount, order.shipping, order.tax))
    prices = [line.unit_price for line in lines for _ in range(line.quantity)]
    nets = [price - off for price, off in zip(prices, discount, strict=True)]
    cells = _as_paid(order, [cell for unit in zip(nets, shipping, tax, strict=True) for cell in unit])
    charged = {price: _charged(order, price) for price in set(prices)}
    names = [(line.line, number) for line in lines for number in range(1, line.quantity + 1)]
    return tuple(
        Unit(line, number, cells[3 * i], cells[3 * i + 1], cells[3 * i + 2], *charged[prices[i]])
        for i, (line, number) in enumerate(names)
    )


def paid(order: OrderPlaced) -> int:
    """What was captured: as stated, else gross + shipping + tax - discount at the order's rate, never below 0."""
    if order.paid is not None:
        return order.paid
    gross = sum(line.quantity * line.unit_price for line in order.lines)
    return _converted(order, max(0, gross + order.shipping + order.tax - order.discount))


def converted(amount: int, currency: str, into: str, rate: str) -> int:
    """`amount` minor units of `currency` in those of `into`; the rate is between major units; half up once (8.10)."""
    return _half_up(_exactly(amount, currency, into, rate))


def _exactly(amount: int, currency: str, into: str, rate: str) -> Decimal:
    shift = exponent(into) - exponent(currency)
    return EXACT.multiply(Decimal(amount), Decimal(rate)).scaleb(shift, EXACT)


def _half_up(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP, EXACT))


def cap(units_left: int, paid_left: int) -> int:
    """The most a dispute can refund (rulebook 8.5).

    units_left: N + H + T of the disputed units less what was refunded on these very units.
    paid_left: captured less refunded from every cause, orders of refunds included.
    """
    return max(0, min(units_left, paid_left))


def spread(refund: int, left: Sequence[int]) -> list[int]:
    """A refund over the units of its dispute, by what is left of each, none above that (rulebook 8.5, 8.48).

    Raises ValueError for a refund above what is left: the cap was not kept.
    """
    if refund > sum(left):
        raise ValueError(f"a refund of {refund} cannot be spread over units with {sum(left)} left")
    return allocate(refund, left)


def percentage(parts: Iterable[tuple[int, int]]) -> int:
    """The sum of (amount, whole percent) parts, exact inside and rounded half up once (rulebook 8.9)."""
    return (sum(amount * rate for amount, rate in parts) * 2 + 100) // 200


def days_late(promise_end: datetime, arrived_at: datetime) -> int:
    """Started days of 24 h after the promise end, at least 1: exactly 7 d are 7, a second more is 8 (rulebook 8.17)."""
    return max(1, -((promise_end - arrived_at) // DAY))


def late_percent(table: Sequence[tuple[int | None, int]], days: int) -> int:
    """The percentage of net goods for `days` started days late; `table` is `policy.late_table` (rulebook R2)."""
    return next((rate for up_to, rate in table if up_to is None or days <= up_to), 0)


def compensation(policy: Policy, units: Iterable[Priced]) -> int:
    """What an upheld counterfeit pays on top of the refund: multiple x base x units (rulebook M3, R20).

    It does not shrink when part was refunded before (8.4) and is not limited by what is left of the payment. A list
    price is multiplied and summed at the order's rate before it is rounded, half up (section 6).
    """
    return _half_up(EXACT.multiply(compensation_base(policy, units), Decimal(policy.counterfeit_multiple)))


def compensation_base(policy: Policy, units: Iterable[Priced]) -> Decimal:
    """What is multiplied, to the last digit."""
    if policy.counterfeit_base == "net_paid_goods":
        return Decimal(sum(unit.net for unit in units))
    total = Decimal(0)
    for unit in units:
        total = EXACT.add(total, Decimal(unit.exact_price or unit.charged_price))
    return total


def four_eyes_above(policy: Policy, currency: str) -> int | None:
    """The refund and compensation of a ruling above which a second agent is needed; None is no limit."""
    return policy.four_eyes_above.get(currency, policy.four_eyes_above.get("*"))


def _per_unit(order: OrderPlaced, total: int, gross: Sequence[int]) -> list[int]:
    """`total` of the order over its units: by gross to the lines, then within each line (rulebook 8.9)."""
    by_line = allocate(total, gross)
    return [
        share
        for line, part in zip(order.lines, by_line, strict=True)
        for share in allocate(part, [line.unit_price] * line.quantity)
    ]


def _as_paid(order: OrderPlaced, cells: Sequence[int]) -> list[int]:
    """The cells where they sum to what was paid in its currency, else what was paid by their weights (8.10)."""
    weights = [max(0, cell) for cell in cells]
    captured = paid(order)
    if order.list_currency is None and sum(weights) == captured:
        return weights
    return allocate(captured, weights)


def _charged(order: OrderPlaced, price: int) -> tuple[int, str | None]:
    """A price at the order's rate, and the same to the last digit where that is another number."""
    if order.list_currency is None or order.rate is None:
        return price, None
    exact = _exactly(price, order.list_currency, order.currency, order.rate)
    rounded = _half_up(exact)
    return rounded, None if exact == rounded else format(exact.normalize(EXACT), "f")


def _converted(order: OrderPlaced, amount: int) -> int:
    if order.list_currency is None or order.rate is None:
        return amount
    return converted(amount, order.list_currency, order.currency, order.rate)
