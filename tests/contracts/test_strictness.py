"""Bad input is refused, never guessed at (dangers 6, rows 1-16)."""

import pytest

from tests.contracts.hearing import body, hear, refused

ORDER = "marketplace.order_placed.v1"
PAYMENT = "marketplace.refund_executed.v1"
SCAN = "carrier.parcel_scanned.v1"
FAILED = "marketplace.refund_failed.v1"


def paid_out(amount: str) -> bytes:
    """A payment whose amount is written exactly so."""
    return (
        b'{"order": "O1", "dispute": "D1", "instruction": "R1", "executed_at": "2025-05-01T00:00:00Z", "amount": '
        + amount.encode()
        + b"}"
    )


@pytest.mark.parametrize("amount", ["0", "1", "4198", "1000000000000000"])
def test_whole_minor_units_are_taken(amount: str) -> None:
    hear(PAYMENT, paid_out(amount))


@pytest.mark.parametrize(
    "amount",
    ['"5"', "5.0", "5.5", "5e0", "true", "false", "null", '"yes"', '" 12 "', '"1_000"', '"١٢٣"', '"1.234,56"', "[5]"],
)
def test_what_is_no_whole_number_is_no_amount(amount: str) -> None:
    assert refused(PAYMENT, paid_out(amount))


@pytest.mark.parametrize(
    "amount", ["-1", "1000000000000001", "18446744073709551616", "1e400", "NaN", "Infinity", "9" * 5000]
)
def test_what_is_out_of_bounds_is_no_amount(amount: str) -> None:
    assert refused(PAYMENT, paid_out(amount))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b'{"order": "O1"',
        b"\xef\xbb\xbf" + paid_out("1"),
        paid_out("1").decode().encode("utf-16"),
        paid_out("1").replace(b"O1", b"\xff\xfe"),
        paid_out("1").replace(b"O1", b"\\ud800"),
        b"[" * 100_000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
    ],
    ids=["empty", "null", "list", "text", "cut", "bom", "utf-16", "no utf-8", "surrogate", "deep list", "deep object"],
)
def test_what_is_no_event_in_utf_8_is_refused(raw: bytes) -> None:
    assert refused(PAYMENT, raw)


@pytest.mark.parametrize(
    "instant",
    [
        "2025-05-06T09:00:00",
        "2025-05-06",
        "2025-05-06 09:00:00Z",
        "2025-05-06T09:00:00z",
        "2025-05-06T09:00:00Z\n",
        "2025-05-06T09:00:00 Z",
        "2025-05-06T09:00Z",
        "2025-05-06T09:00:60Z",
        "2025-05-06T24:00:00Z",
        "2025-02-29T09:00:00Z",
        "2025-13-01T09:00:00Z",
        "2025-05-06T09:00:00+25:00",
        "٢٠٢٥-05-06T09:00:00Z",
        "1746522000",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        1746522000,
        1746522000000,
        0,
        1.5,
        True,
        None,
        "",
    ],
)
def test_what_is_no_instant_with_its_zone_is_refused(instant: object) -> None:
    assert refused(SCAN, body(SCAN, scanned_at=instant))


@pytest.mark.parametrize(
    ("instant", "utc"),
    [
        ("2025-05-06T09:00:00Z", "2025-05-06T09:00:00+00:00"),
        ("2025-05-06T09:00:00+14:00", "2025-05-05T19:00:00+00:00"),
        ("2025-05-06T09:00:00.000001-05:30", "2025-05-06T14:30:00.000001+00:00"),
    ],
)
def test_an_instant_is_the_same_in_any_zone(instant: str, utc: str) -> None:
    assert hear(SCAN, body(SCAN, scanned_at=instant)) == hear(SCAN, body(SCAN, scanned_at=utc))


@pytest.mark.parametrize(
    "currency", ["usd", "Usd", "USD\n", " USD", "USDT", "XXX", "DEM", "ＵＳＤ", "", "US", 840, None]
)
def test_what_is_no_currency_of_ours_is_refused(currency: object) -> None:
    assert refused(ORDER, body(ORDER, currency=currency))


@pytest.mark.parametrize("currency", ["JPY", "USD", "KWD"])
def test_currencies_with_0_2_and_3_decimals_are_taken(currency: str) -> None:
    hear(ORDER, body(ORDER, currency=currency))


@pytest.mark.parametrize("country", ["us", "USA", "U1", "US\n", ""])
def test_what_is_no_country_is_refused(country: str) -> None:
    assert refused(ORDER, body(ORDER, destination=country))


@pytest.mark.parametrize("final", ["true", 1, "yes", None])
def test_yes_and_no_are_true_and_false(final: object) -> None:
    assert refused(FAILED, body(FAILED, final=final))


@pytest.mark.parametrize("status", ["DELIVERED", "delivered ", "teleported", 4, None])
def test_an_unknown_status_is_refused(status: object) -> None:
    assert refused(SCAN, body(SCAN, status=status))


@pytest.mark.parametrize("rate", ["-1", "1,5", "1e3", ".5", "NaN", "1.1234567890123", "١", "0", "0.000", 1.5, 2])
def test_a_rate_is_a_decimal_in_text(rate: object) -> None:
    assert refused(ORDER, body(ORDER, rate=rate))


@pytest.mark.parametrize("units", [{}, {"L1": [0]}, {"L1": ["1"]}, {"L1": 2}, {"": [1]}, {"L1": [1001]}, [1]])
def test_units_are_numbers_from_1_by_line(units: object) -> None:
    assert refused("marketplace.complaint_made.v1", body("marketplace.complaint_made.v1", units=units))


@pytest.mark.parametrize("differs", [{"rate": None}, {"list_currency": None}])
def test_list_currency_and_rate_come_together(differs: dict[str, object]) -> None:
    assert refused(ORDER, body(ORDER, **differs))


def test_two_lines_of_one_name_are_refused() -> None:
    line = {"line": "L1", "sku": "mug", "quantity": 1, "unit_price": 100}
    assert refused(ORDER, body(ORDER, lines=[line, line]))


def test_lines_that_together_cost_more_than_an_amount_are_refused() -> None:
    assert refused(ORDER, body(ORDER, lines=[{"line": "L1", "sku": "mug", "quantity": 2, "unit_price": 10**15}]))


def test_an_order_without_lines_is_taken() -> None:
    hear(ORDER, body(ORDER, lines=[]))


@pytest.mark.parametrize(
    ("differs", "taken"),
    [
        ({"shipping": 10**15, "tax": 0}, False),
        ({"shipping": 0, "tax": 10**15}, False),
        ({"shipping": 10**14, "tax": 10**14}, True),
        ({"list_currency": "EUR", "rate": "1000000", "shipping": 10**10}, False),
        ({"list_currency": "JPY", "rate": "0.01", "shipping": 10**14}, True),
        ({"list_currency": "JPY", "rate": "1", "shipping": 10**14}, False),
        ({"paid": 10**15 + 1}, False),
    ],
)
def test_an_order_costs_no_more_than_can_be_paid(differs: dict[str, object], taken: bool) -> None:
    known = {"list_currency": None, "rate": None, "currency": "USD", "paid": None, **differs}
    assert refused(ORDER, body(ORDER, **known)) is not taken


@pytest.mark.parametrize("name", ["marketplace.complaint_made.v1", "marketplace.parcel_shipped.v1"])
def test_a_line_is_named_with_its_units(name: str) -> None:
    assert refused(name, body(name, units={"L1": []}))
    assert not refused(name, body(name, units={"L1": [1]}))
