"""What each unit of an order cost (rulebook 6, 8.9, 8.10). The units always sum exactly to what was paid."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.contracts.marketplace import OrderPlaced
from aftersales.policy.amounts import freeze, paid
from tests.rules.policy.builders import a_line, an_order


def shares(order: OrderPlaced) -> list[tuple[int, int, int]]:
    return [(unit.net, unit.shipping, unit.tax) for unit in freeze(order)]


def full_refunds(order: OrderPlaced) -> list[int]:
    return [unit.paid for unit in freeze(order)]


def test_order_o1_has_units_of_18_49_with_2_50_shipping() -> None:
    assert paid(an_order()) == 4198
    assert shares(an_order()) == [(1849, 250, 0), (1849, 250, 0)]


def test_yen_are_shared_by_largest_remainder() -> None:
    order = an_order(currency="JPY", lines=(a_line(quantity=3, unit_price=3333),), shipping=500, discount=100)
    assert paid(order) == 10399
    assert full_refunds(order) == [3466, 3467, 3466]


def test_ten_plates_have_shipping_of_1_20_each() -> None:
    order = an_order(lines=(a_line(quantity=10, unit_price=735),), shipping=1200, discount=0)
    assert paid(order) == 8550
    assert sum(full_refunds(order)[:3]) == 2565


def test_numbered_from_1_within_each_line() -> None:
    order = an_order(lines=(a_line("L1", 2), a_line("L2", 1)))
    assert [(unit.line, unit.number) for unit in freeze(order)] == [("L1", 1), ("L1", 2), ("L2", 1)]


def test_discount_goes_to_lines_by_gross_before_units() -> None:
    # 2 over gross 200 and 100: 1 and 1 by lines. Among the three units at once, the first two would bear it.
    order = an_order(lines=(a_line("L1", 2, 100), a_line("L2", 1, 100)), shipping=0, discount=2)
    assert [net for net, _, _ in shares(order)] == [99, 100, 99]


def test_ties_go_to_the_lower_index() -> None:
    order = an_order(lines=(a_line("L1", 1, 100), a_line("L2", 1, 100)), shipping=1, discount=0)
    assert [shipping for _, shipping, _ in shares(order)] == [1, 0]


def test_tax_is_shared_like_shipping() -> None:
    order = an_order(lines=(a_line(quantity=3, unit_price=1000),), shipping=0, discount=0, tax=200)
    assert [tax for _, _, tax in shares(order)] == [67, 67, 66]


def test_every_part_weighs_1_when_all_goods_are_free() -> None:
    order = an_order(lines=(a_line("L1", 2, 0), a_line("L2", 1, 0)), shipping=400, discount=0)
    assert [shipping for _, shipping, _ in shares(order)] == [100, 100, 200]


def test_a_free_line_bears_no_shipping_beside_one_with_a_price() -> None:
    order = an_order(lines=(a_line("L1", 1, 0), a_line("L2", 1, 100)), shipping=50, discount=0)
    assert shares(order) == [(0, 0, 0), (100, 50, 0)]


def test_no_units_without_lines() -> None:
    assert freeze(an_order(lines=(), discount=0)) == ()


def test_paid_less_than_the_sum_is_spread_over_all_cells() -> None:
    # 20.99 of 41.98 captured: the cells 1849, 250, 0 twice are halved; ties of the remainders go to the earlier cell.
    assert shares(an_order(paid=2099)) == [(925, 125, 0), (924, 125, 0)]


def test_a_discount_above_the_goods_leaves_no_share_below_zero() -> None:
    # Gross 39.98, shipping 5.00, discount 40.00: paid 4.98, all of it shipping.
    order = an_order(discount=4000)
    assert paid(order) == 498
    assert shares(order) == [(0, 249, 0), (0, 249, 0)]


def test_a_discount_above_everything_leaves_nothing_to_refund() -> None:
    order = an_order(discount=9999)
    assert paid(order) == 0
    assert full_refunds(order) == [0, 0]


def test_list_prices_are_converted_as_a_sum() -> None:
    # 41.98 EUR x 1.0842 = 45.514716 USD; the cells 1849, 250, 0 twice share 4551.
    order = an_order(list_currency="EUR", rate="1.0842")
    assert paid(order) == 4551
    assert shares(order) == [(2005, 271, 0), (2004, 271, 0)]


def test_the_charged_price_is_the_list_price_at_the_rate() -> None:
    # 19.99 EUR x 1.0842 = 21.673158 USD
    assert {unit.charged_price for unit in freeze(an_order(list_currency="EUR", rate="1.0842"))} == {2167}


def test_the_charged_price_is_kept_to_the_last_digit_where_the_rate_leaves_a_fraction() -> None:
    assert {unit.exact_price for unit in freeze(an_order(list_currency="EUR", rate="1.0842"))} == {"2167.3158"}
    assert {unit.exact_price for unit in freeze(an_order(list_currency="EUR", rate="1.1000"))} == {"2198.9"}
    assert {unit.exact_price for unit in freeze(an_order(list_currency="EUR", rate="2"))} == {None}
    assert {unit.exact_price for unit in freeze(an_order())} == {None}


@pytest.mark.parametrize(
    ("price", "list_currency", "currency", "rate", "exact"),
    [
        # Thirty digits are not too many.
        (989124999999999, "KWD", "JPY", "489.125000000001", "483805765625000.499999999999999"),
        # However small, it is written out: the contract knows no exponent.
        (1, "USD", "EUR", "0.0000001", "0.0000001"),
    ],
)
def test_no_digit_of_the_charged_price_is_lost(
    price: int, list_currency: str, currency: str, rate: str, exact: str
) -> None:
    order = an_order(
        lines=(a_line(quantity=1, unit_price=price),),
        list_currency=list_currency,
        currency=currency,
        rate=rate,
        shipping=0,
        discount=0,
    )
    assert [unit.exact_price for unit in freeze(order)] == [exact]


def test_the_charged_price_knows_no_discount() -> None:
    assert {unit.charged_price for unit in freeze(an_order())} == {1999}


def test_what_was_captured_outranks_the_conversion() -> None:
    order = an_order(list_currency="EUR", rate="1.0842", paid=4560)
    assert paid(order) == 4560
    assert sum(full_refunds(order)) == 4560


@pytest.mark.parametrize(
    ("list_currency", "currency", "rate", "captured"),
    [("USD", "JPY", "150.37", 6313), ("JPY", "USD", "0.00665", 2792), ("KWD", "JPY", "489.125", 2053)],
)
def test_rates_are_between_major_units(list_currency: str, currency: str, rate: str, captured: int) -> None:
    # 4198 minor units: 41.98 USD = 6312.5326 JPY; 4198 JPY = 27.9167 USD; 4.198 KWD = 2053.34675 JPY
    assert paid(an_order(list_currency=list_currency, currency=currency, rate=rate)) == captured


lines = st.lists(
    st.tuples(st.integers(1, 12), st.one_of(st.just(0), st.integers(0, 100_000))), min_size=1, max_size=6
).map(lambda said: tuple(a_line(f"L{i}", quantity, price) for i, (quantity, price) in enumerate(said)))
money = st.one_of(st.just(0), st.integers(0, 50_000))
rates = st.decimals("0.0001", "9999", places=4).map(str)


@st.composite
def orders(draw: st.DrawFn) -> OrderPlaced:
    differs: dict[str, Any] = {"currency": draw(st.sampled_from(["JPY", "USD", "KWD"])), "lines": draw(lines)}
    differs |= {name: draw(money) for name in ("shipping", "discount", "tax")}
    differs["paid"] = draw(st.none() | st.integers(0, 2_000_000))
    if draw(st.booleans()):
        differs |= {"list_currency": draw(st.sampled_from(["JPY", "USD", "KWD"])), "rate": draw(rates)}
    return an_order(**differs)


@given(orders())
def test_the_units_sum_to_what_was_paid(order: OrderPlaced) -> None:
    assert sum(full_refunds(order)) == paid(order)


@given(orders())
def test_no_share_is_below_zero(order: OrderPlaced) -> None:
    assert all(share >= 0 for unit in shares(order) for share in unit)


@given(orders())
def test_frozen_again_is_the_same(order: OrderPlaced) -> None:
    assert freeze(order) == freeze(OrderPlaced.model_validate_json(order.model_dump_json()))


@given(lines, st.sampled_from([0, 7, 500]))
def test_units_of_a_line_differ_by_one_at_most_without_a_rate(said: tuple[Any, ...], tax: int) -> None:
    order = an_order(lines=said, shipping=997, discount=0, tax=tax)
    for line in said:
        taken = [(unit.shipping, unit.tax) for unit in freeze(order) if unit.line == line.line]
        assert max(s for s, _ in taken) - min(s for s, _ in taken) <= 1
        assert max(t for _, t in taken) - min(t for _, t in taken) <= 1
