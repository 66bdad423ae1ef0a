"""Caps, spreads, percentages, lateness and compensation (rulebook 6, 8.4, 8.5, 8.9, 8.17, 8.48)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.policy.amounts import (
    cap,
    compensation,
    converted,
    days_late,
    four_eyes_above,
    freeze,
    late_percent,
    percentage,
    spread,
)
from aftersales.policy.parse import with_changes
from tests.rules.policy.builders import STANDARD, a_line, an_order, utc

PROMISE_END = utc(2025, 3, 28)


def test_compensation_is_twice_the_price_of_each_unit() -> None:
    assert compensation(STANDARD, freeze(an_order())) == 7996


def test_compensation_of_a_list_price_is_rounded_once() -> None:
    # 4 x 19.99 EUR x 1.0842 = 86.692632 USD; 21.67 a unit would make 86.68.
    assert compensation(STANDARD, freeze(an_order(list_currency="EUR", rate="1.0842"))) == 8669


def test_compensation_on_net_paid_goods() -> None:
    assert compensation(with_changes(STANDARD, {"counterfeit.base": "net_paid_goods"}), freeze(an_order())) == 7396


def test_compensation_counts_only_the_affected_units() -> None:
    assert compensation(STANDARD, freeze(an_order())[:1]) == 3998


def test_compensation_follows_the_multiple() -> None:
    assert compensation(with_changes(STANDARD, {"counterfeit.multiple": 3}), freeze(an_order())) == 11994


def test_compensation_in_yen() -> None:
    order = an_order(currency="JPY", lines=(a_line(quantity=3, unit_price=3333),), shipping=500, discount=100)
    assert compensation(STANDARD, freeze(order)) == 19998


@pytest.mark.parametrize(
    ("units_left", "paid_left", "expected"), [(4198, 4198, 4198), (2099, 4198, 2099), (2099, 100, 100), (2099, -5, 0)]
)
def test_cap_is_the_lesser_and_never_below_zero(units_left: int, paid_left: int, expected: int) -> None:
    assert cap(units_left, paid_left) == expected


def test_refund_is_spread_by_what_is_left_of_each_unit() -> None:
    assert spread(1000, [2099, 2099, 0]) == [500, 500, 0]


def test_a_refund_above_what_is_left_cannot_be_spread() -> None:
    with pytest.raises(ValueError, match="3000"):
        spread(3000, [2099, 0])


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30), st.data())
def test_no_unit_gets_more_than_is_left_of_it(left: list[int], data: st.DataObject) -> None:
    refund = data.draw(st.integers(0, sum(left)))
    parts = spread(refund, left)
    assert sum(parts) == refund
    assert all(0 <= part <= most for part, most in zip(parts, left, strict=True))


@pytest.mark.parametrize(
    ("late_by", "days"),
    [
        (timedelta(0), 1),
        (timedelta(seconds=1), 1),
        (timedelta(days=1), 1),
        (timedelta(days=1, seconds=1), 2),
        (timedelta(days=7), 7),
        (timedelta(days=7, seconds=1), 8),
        (timedelta(days=7, microseconds=1), 8),
    ],
)
def test_days_late_are_started_days_and_at_least_1(late_by: timedelta, days: int) -> None:
    assert days_late(PROMISE_END, PROMISE_END + late_by) == days


@pytest.mark.parametrize(("days", "percent"), [(1, 10), (7, 10), (8, 20), (15, 20), (16, 30), (400, 30)])
def test_late_table_of_the_standard_policy(days: int, percent: int) -> None:
    assert late_percent(STANDARD.late_table, days) == percent


@pytest.mark.parametrize(
    ("parts", "expected"),
    [([(3698, 10)], 370), ([(5, 10)], 1), ([(4, 10)], 0), ([(5, 10), (5, 10)], 1), ([(14, 10), (3, 20)], 2), ([], 0)],
)
def test_percentages_are_rounded_half_up_once(parts: list[tuple[int, int]], expected: int) -> None:
    # 369.8; 0.5; 0.4; 0.5 + 0.5; 1.4 + 0.6
    assert percentage(parts) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "into", "rate", "expected"),
    [
        (1, "USD", "EUR", "0.5", 1),
        (1, "USD", "EUR", "0.499999999999", 0),
        (100, "USD", "JPY", "150", 150),
        (1, "JPY", "KWD", "0.002", 2),
        (1000, "KWD", "USD", "3.25", 325),
        (10**15, "USD", "EUR", "123456789.123456789012", 123456789123456789012000),
        # 483805765625000.499999999999999: with two digits less it would be half a yen, and rounded up.
        (989124999999999, "KWD", "JPY", "489.125000000001", 483805765625000),
    ],
)
def test_converted_half_up_and_exact(amount: int, currency: str, into: str, rate: str, expected: int) -> None:
    assert converted(amount, currency, into, rate) == expected


@pytest.mark.parametrize(("currency", "limit"), [("USD", 50000), ("JPY", 75000), ("KWD", 150000), ("GBP", None)])
def test_four_eyes_limits_of_the_standard_policy(currency: str, limit: int | None) -> None:
    assert four_eyes_above(STANDARD, currency) == limit


def test_one_four_eyes_amount_is_for_every_currency() -> None:
    assert four_eyes_above(with_changes(STANDARD, {"four_eyes.above": 1000}), "GBP") == 1000
