"""Whole minor units: how sums are shared out and rounded (section 6; 8.9, 8.10)."""

from collections.abc import Sequence
from fractions import Fraction

from tests.oracle.tables import EXPONENT


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def shared_out(total: int, weights: Sequence[int]) -> list[int]:
    """By largest remainder, ties to the lower index; where all weights are zero every part weighs 1."""
    if not weights:
        return []
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_rest[: total - sum(parts)]:
        parts[i] += 1
    return parts


def by_unit(total: int, lines: Sequence[tuple[int, int]]) -> list[int]:
    """`lines`: quantity and price. Lines first, by gross, then single units."""
    found: list[int] = []
    for (quantity, price), part in zip(
        lines, shared_out(total, [quantity * price for quantity, price in lines]), strict=True
    ):
        found += shared_out(part, [price] * quantity)
    return found


def at_rate(amount: int, rate: Fraction, listed: str, paid: str) -> Fraction:
    """The rate is between major units."""
    return amount * rate * Fraction(10) ** (EXPONENT.get(paid, 2) - EXPONENT.get(listed, 2))
