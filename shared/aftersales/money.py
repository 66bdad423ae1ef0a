"""Money: integer minor units and a currency with its own exponent. Never floating point (rulebook section 6)."""

from collections.abc import Sequence
from typing import Final

# ISO 4217 exponents of the currencies a marketplace may settle in.
EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys(
        (
            *("AED", "ARS", "AUD", "BDT", "BGN", "BRL", "CAD", "CHF", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP"),
            *("HKD", "HUF", "IDR", "ILS", "INR", "KES", "LKR", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "PEN", "PHP"),
            *("PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "UYU"),
            "ZAR",
        ),
        2,
    ),
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def exponent(currency: str) -> int:
    """The number of decimals of a currency; KeyError for one we do not settle in."""
    return EXPONENTS[currency]


def shown(amount: int, currency: str) -> str:
    """An amount as a person reads it: `41.98 USD`, `10399 JPY`."""
    decimals = EXPONENTS[currency]
    sign, digits = ("-" if amount < 0 else ""), str(abs(amount)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    return f"{sign}{whole}{'.' if decimals else ''}{fraction} {currency}"


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """`total` split by `weights`, largest remainder, ties to the lower index (rulebook section 6).

    The parts always sum to `total`. Where all weights are zero every part weighs 1 (rulebook 8.9).
    """
    if not weights:
        return []
    weights = list(weights) if any(weights) else [1] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def percent(amount: int, rate: int) -> int:
    """`rate` whole percent of `amount`, rounded half up once at the end (rulebook section 6)."""
    return (amount * rate * 2 + 100) // 200
