"""Orders of the same shape as the real ones, for machines without the sample: drawn from a seed.

The figures below were read off the sample, whose orders fail far more often than a marketplace's do.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Final, TypeVar

from aftersales.contracts.marketplace import Line, OrderPlaced
from aftersales.money import exponent
from aftersales_local.demo.journey import DAY, Journey, Review, Status

T = TypeVar("T")

BEGINS: Final = datetime(2025, 1, 1, tzinfo=UTC)
# A few orders an hour on the busiest days, as in the sample's best months; more orders take no more days.
SPAN: Final = 120 * DAY
SECOND: Final = timedelta(seconds=1)

# Where orders go, in what money they are paid, who carries them; weights out of 100. Most are as in the sample.
LANES: Final = (
    (("BR", "BRL", "CORREIOS"), 78),
    (("US", "USD", "EMS"), 10),
    (("DE", "EUR", "DHL"), 6),
    (("JP", "JPY", "SF"), 4),
    (("KW", "KWD", "FEDEX"), 2),
)
# Points of the sample's distributions, evenly spaced from the least to the most; between two of them it is uniform.
PRICES: Final = (300, 2250, 3000, 3800, 5200, 6999, 9500, 13500, 18900, 24999, 119000)  # minor units of BRL
FREIGHTS: Final = (186, 837, 1100, 1269, 1430, 1604, 1830, 2181, 2700, 3698, 10837)
HANDED_OVER: Final = (0, 1, 1, 1, 2, 2, 3, 4, 5, 6, 19)  # days from the payment
TRAVEL: Final = (1, 2, 3, 4, 6, 7, 9, 12, 15, 18, 40)  # days from the hand-over
PROMISE: Final = (3, 11, 13, 15, 18, 21, 24, 27, 30, 33, 45)  # days from the hand-over
# What an order of one currency costs in minor units of another, in thousandths of those of BRL.
WORTH: Final = {"BRL": 1000, "USD": 200, "EUR": 180, "JPY": 270, "KWD": 600}

# Of a hundred orders.
NO_LINES, NEVER_SENT, NEVER_CAME, HANDED_OVER_UNPAID = 8, 13, 16, 1
UNITS: Final = ((1, 90), (2, 8), (4, 2))
LINES: Final = ((1, 91), (2, 8), (3, 1))
# Scores of reviews, 1 to 5, by what became of the order; weights out of 100. The sample has one for every order.
SCORES: Final = {"delivered": (8, 4, 9, 17, 62), "shipped": (60, 4, 13, 8, 15), "never sent": (82, 6, 3, 3, 6)}
WORDS: Final = {
    1: "Not what was promised, and nobody answers me.",
    2: "I am disappointed and would like part of my money back.",
    3: None,
    4: None,
    5: "Came as described, thank you.",
}
SELLERS_OF_A_HUNDRED_ORDERS: Final = 55


def make(orders: int, seed: int) -> list[Journey]:
    """`orders` journeys in the order of their placing; the same seed gives the same ones."""
    sellers = max(1, orders * SELLERS_OF_A_HUNDRED_ORDERS // 100)
    journeys = [_journey(number, sellers, Random(f"{seed}:{number}")) for number in range(1, orders + 1)]
    return sorted(journeys, key=lambda journey: (journey.order.placed_at, journey.id))


def _journey(number: int, sellers: int, chance: Random) -> Journey:
    placed_at = BEGINS + chance.randrange(SPAN // SECOND) * SECOND
    paid_at = placed_at + chance.randint(300, 90_000) * SECOND
    fate = _fate(chance)
    promise_days = _between(PROMISE, chance)
    shipped_at = delivered_at = None
    if fate in ("delivered", "shipped"):
        shipped_at = paid_at + _between(HANDED_OVER, chance) * DAY + chance.randrange(36_000) * SECOND
        if chance.randrange(100) < HANDED_OVER_UNPAID:
            shipped_at, paid_at = paid_at, shipped_at
    if fate == "delivered" and shipped_at is not None:
        delivered_at = shipped_at + _between(TRAVEL, chance) * DAY + chance.randrange(36_000) * SECOND
    order = _order(f"G{number:06d}", sellers, placed_at, promise_days, chance, lines=fate != "unavailable")
    return Journey(
        order=order,
        paid_at=paid_at,
        shipped_at=shipped_at,
        delivered_at=delivered_at,
        carrier=order.carrier_service,
        number=f"GN{sha256(order.order.encode()).hexdigest()[:12].upper()}",
        reviews=(_review(fate, delivered_at, placed_at + (promise_days + 3) * DAY, chance),),
        status=fate,
    )


def _fate(chance: Random) -> Status:
    drawn = chance.randrange(100)
    if drawn < NO_LINES:
        return "unavailable"
    if drawn < NO_LINES + NEVER_SENT:
        return chance.choice(("canceled", "invoiced", "processing"))
    return "shipped" if drawn < NO_LINES + NEVER_SENT + NEVER_CAME else "delivered"


def _order(
    name: str, sellers: int, placed_at: datetime, promise_days: int, chance: Random, *, lines: bool
) -> OrderPlaced:
    country, currency, carrier = _weighted(LANES, chance)
    sold = tuple(
        Line(
            line=f"L{number}",
            sku=f"SKU-{chance.randrange(10_000):04d}",
            quantity=_weighted(UNITS, chance),
            unit_price=_money(PRICES, currency, chance),
        )
        for number in range(1, _weighted(LINES, chance) + 1)
    )
    return OrderPlaced(
        order=name,
        buyer=f"buyer-{name}",
        seller=f"seller-{chance.randrange(sellers) + 1}",
        placed_at=placed_at,
        currency=currency,
        lines=sold if lines else (),
        shipping=_money(FREIGHTS, currency, chance),
        destination=country,
        carrier_service=carrier,
        promise_days=promise_days,
    )


def _review(fate: Status, delivered_at: datetime | None, otherwise: datetime, chance: Random) -> Review:
    scores = SCORES[fate if fate in SCORES else "never sent"]
    [score] = chance.choices(range(1, 6), scores)
    # Some review before their parcel has come, as in the sample.
    after = chance.randint(-2, 6) * DAY if chance.randrange(100) < 8 else chance.randint(1, 6) * DAY
    return Review(score, WORDS[score], (delivered_at or otherwise) + after)


def _money(points: Sequence[int], currency: str, chance: Random) -> int:
    """Minor units; none below a unit that can be shared."""
    value = _between(points, chance) * WORTH[currency] // 1000
    return max(10, value if exponent(currency) else value // 10)


def _between(points: Sequence[int], chance: Random) -> int:
    """A draw from a distribution given by evenly spaced points."""
    place = chance.randrange(len(points) - 1)
    return chance.randint(points[place], points[place + 1])


def _weighted(choices: Sequence[tuple[T, int]], chance: Random) -> T:
    [drawn] = chance.choices([choice for choice, _ in choices], [share for _, share in choices])
    return drawn
