"""Real and generated orders: whole, exact, with their oddities."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest

from aftersales.policy.amounts import freeze, paid
from aftersales_local.demo import generator, olist
from aftersales_local.demo.journey import Journey, whole_days

NOON = datetime(2025, 5, 6, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def real() -> list[Journey]:
    path = olist.find()
    if path is None:
        pytest.skip("the sample of real orders is not beside the project")
    return olist.read(path)


def test_one_journey_a_seller_of_every_order(real: list[Journey]) -> None:
    assert len(real) == 757
    assert len({journey.id[:32] for journey in real}) == 749
    assert len({(journey.carrier, journey.number) for journey in real}) == 757


def test_orders_without_items_kept_without_lines(real: list[Journey]) -> None:
    empty = [journey for journey in real if not journey.order.lines]
    assert len(empty) == 58
    assert all(paid(journey.order) > 0 for journey in empty)


def test_what_was_paid_is_what_the_units_share(real: list[Journey]) -> None:
    for journey in real:
        if journey.order.lines:
            assert sum(unit.paid for unit in freeze(journey.order)) == journey.order.paid


def test_oddities_passed_through(real: list[Journey]) -> None:
    odd: Counter[str] = Counter()
    for journey in real:
        worst = journey.worst
        odd["reviewed before the delivery"] += bool(worst and journey.delivered_at and worst.at < journey.delivered_at)
        odd["handed over unpaid"] += bool(
            journey.shipped_at and journey.paid_at and journey.shipped_at < journey.paid_at
        )
    assert odd["reviewed before the delivery"] > 15
    assert odd["handed over unpaid"] > 3


def test_delivery_on_the_promised_day_in_time(real: list[Journey]) -> None:
    """The promise ends in the 24 hours after the promised day, which is in the sample a day and not an instant."""
    for journey in real:
        if journey.promise_end is not None and journey.promise_days > 1:
            assert journey.shipped_at is not None
            until = journey.promise_end - DAY
            assert datetime.combine(until.date(), time(), UTC) <= until


@pytest.mark.parametrize(
    ("until", "days"), [(NOON, 1), (NOON + 3 * DAY, 3), (NOON + 3 * DAY + timedelta(seconds=1), 4), (NOON - DAY, 1)]
)
def test_whole_days_never_end_before(until: datetime, days: int) -> None:
    assert whole_days(NOON, until) == days


@pytest.mark.parametrize(("text", "cents"), [("40.95", 4095), ("21.5", 2150), (3, 300), ("0.07", 7)])
def test_reais_are_cents(text: str | int, cents: int) -> None:
    assert olist.minor(text) == cents


@pytest.mark.parametrize("text", ["1.234", "-1.00", "1e3", ""])
def test_other_numbers_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no amount of money"):
        olist.minor(text)


def test_generated_orders_have_the_sample_s_shape() -> None:
    made = generator.make(1000, seed=1)
    assert made == generator.make(1000, seed=1)
    undelivered = sum(journey.delivered_at is None for journey in made) / len(made)
    late = sum(bool(j.delivered_at and j.promise_end and j.delivered_at >= j.promise_end) for j in made)
    assert 0.3 < undelivered < 0.45
    assert 0.02 < late / len(made) < 0.15
    assert {journey.order.currency for journey in made} == {"BRL", "USD", "EUR", "JPY", "KWD"}
    assert any(not journey.order.lines for journey in made)
