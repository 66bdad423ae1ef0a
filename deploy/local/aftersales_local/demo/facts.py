"""What the marketplace says of its orders and parties, without any complaint: one message a fact."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final

from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import (
    OrderCancelled,
    OrderPaid,
    ParcelShipped,
    PartyChanged,
    ReceiptConfirmed,
)
from aftersales.policy import amounts
from aftersales_local.demo.journey import DAY, MARKETPLACE, Journey, day_of
from aftersales_local.demo.script import Planned

LANGUAGES: Final = {"BR": "pt-BR", "US": "en-US", "DE": "de-DE", "JP": "ja-JP", "KW": "ar-KW"}
ZONES: Final = {"BR": "America/Sao_Paulo", "US": "America/New_York", "DE": "Europe/Berlin", "JP": "Asia/Tokyo"}
# Of a hundred buyers with a good word for the order: how many also confirm its receipt.
CONFIRMING: Final = 60


def parties(journeys: Iterable[Journey], chance: Random) -> Iterator[Planned]:
    """Every party once, the day before its first order: sellers with a deposit and an address for returns."""
    known: set[str] = set()
    for journey in sorted(journeys, key=lambda one: (one.order.placed_at, one.id)):
        order = journey.order
        at = day_of(order.placed_at) - DAY + timedelta(hours=1)
        for party in (order.seller, order.buyer):
            if party not in known:
                known.add(party)
                event = _seller(journey, chance) if party == order.seller else _buyer(journey)
                yield Planned(at, event, f"party-{party}", MARKETPLACE)


def _seller(journey: Journey, chance: Random) -> PartyChanged:
    # Some put nothing down: what they owe is then advanced by the platform.
    deposit = chance.choice((0, 50_000, 200_000))
    return PartyChanged(
        party=journey.order.seller,
        role="seller",
        deposit=deposit,
        deposit_currency=journey.order.currency,
        return_address=f"Returns of {journey.order.seller[:8]}, {journey.order.destination}",
    )


def _buyer(journey: Journey) -> PartyChanged:
    country = journey.order.destination
    return PartyChanged(
        party=journey.order.buyer, role="buyer", language=LANGUAGES.get(country), zone=ZONES.get(country)
    )


def of_order(journey: Journey, chance: Random, *, complains: bool) -> Iterator[Planned]:
    """The order's own facts. Who complains does not confirm the receipt by themselves."""
    order = journey.order
    yield _said(journey, "placed", order.placed_at, order)
    if journey.paid_at is not None:
        yield _said(journey, "paid", journey.paid_at, _payment(journey, journey.paid_at))
    if journey.shipped_at is not None:
        yield _said(journey, "shipped", journey.shipped_at, _shipment(journey, journey.shipped_at))
    yield from _cancelled(journey, chance)
    if not complains:
        yield from _received(journey, chance)


def _payment(journey: Journey, paid_at: datetime) -> OrderPaid:
    return OrderPaid(order=journey.id, amount=amounts.paid(journey.order), paid_at=paid_at)


def _shipment(journey: Journey, shipped_at: datetime) -> ParcelShipped:
    return ParcelShipped(
        order=journey.id,
        parcel=journey.parcel,
        carrier=journey.carrier,
        number=journey.number,
        shipped_at=shipped_at,
    )


def _cancelled(journey: Journey, chance: Random) -> Iterator[Planned]:
    """The data set says that an order was cancelled and not when: after everything else that is known of it."""
    if journey.status == "canceled":
        at = journey.last_known_at + chance.randint(20, 40) * DAY
        yield _said(journey, "cancelled", at, OrderCancelled(order=journey.id, cancelled_at=at))


def _received(journey: Journey, chance: Random) -> Iterator[Planned]:
    best = max(journey.reviews, key=lambda review: review.score, default=None)
    if best is None or best.score < 4 or journey.delivered_at is None or chance.randrange(100) >= CONFIRMING:
        return
    at = max(best.at, journey.delivered_at + timedelta(hours=1))
    said = ReceiptConfirmed(order=journey.id, buyer=journey.order.buyer, confirmed_at=at)
    yield _said(journey, "received", at, said)


def _said(journey: Journey, what: str, at: datetime, event: Event) -> Planned:
    return Planned(at, event, f"{what}-{journey.id}", MARKETPLACE)
