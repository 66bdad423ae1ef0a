"""Findings that cannot be judged by are refused, and told what was expected."""

from typing import Any

import pytest

from aftersales.contracts.envelope import MAX_AMOUNT
from arbitration.domain.findings import EXPECTED
from tests.rules.arbitration.builders import a_file, a_unit, ruled

# Units 2 and 4 of line L1 and unit 1 of L2 are in dispute.
FILE = a_file(units=(a_unit(2), a_unit(4), a_unit(1, line="L2")))


@pytest.mark.parametrize(
    "findings",
    [
        {"tracking": "valid"},
        {"tracking": True},
        {"lost": False},
        {"lost": "true"},
        {"lost": 1},
        {"delivery_proof": "medium"},
        {"customs": None},
        {"quality": ["minor"]},
        {"return_freight": -1},
        {"return_freight": 1.0},
        {"return_freight": "400"},
        {"return_freight": True},
        {"not_as_described": "keep", "amount": -1},
        {"not_as_described": "keep", "amount": 10.5},
        {"seller_share": -1},
        {"seller_share": 101},
        {"seller_share": 33.3},
        {"missing": 1},
        {"missing": {}},
        {"missing": {"L1": 0}},
        {"missing": {"L1": -1}},
        {"missing": {"L1": "2"}},
        {"missing": {"L1": True}},
        {"missing": {"L1": []}},
        {"missing": {"L1": [2, 2]}},
        {"missing": {"L1": [2.0]}},
        {"return_freight": MAX_AMOUNT + 1},
        {"not_as_described": "keep", "amount": 10**30},
        {"seller_share": 10**30},
        {"missing": {"L1": 10**40}},
        {"missing": {"L1": 1001}},
        {"missing": {"L1": [1001]}},
    ],
)
def test_refused_when_a_value_is_not_one_of_those_expected(findings: dict[str, Any]) -> None:
    refusal = ruled("SNAD_SHORT_QTY", FILE, **findings)
    [name] = [name for name in findings if name != "not_as_described"]
    assert refusal.refused == "unknown-value"
    assert EXPECTED[name] in (refusal.sentence or "")


@pytest.mark.parametrize(
    ("findings", "shown"),
    [
        ({"tracking": "x" * 5000}, 'tracking is "' + "x" * 36 + "...; expected"),
        ({"tracking": "x" * 38}, 'tracking is "' + "x" * 38 + '"; expected'),
        ({"tracking": "ungültig"}, 'tracking is "ungültig"; expected'),
        ({"tracking": None}, "tracking is null; expected"),
        ({"missing": {"L1": 3}}, "missing names units of L1 beyond the disputed ones: 2, 4."),
        ({"missing": {"L" * 5000: True}}, "missing is {"),
        ({"missing": {"L" * 5000: 1}}, "missing names units of " + "L" * 37 + "... beyond the disputed ones: none."),
    ],
)
def test_what_was_stated_is_shown_as_json_and_cut(findings: dict[str, Any], shown: str) -> None:
    sentence = ruled("SNAD_SHORT_QTY", FILE, **findings).sentence or ""
    assert shown in sentence
    assert len(sentence) < 200


def test_refused_when_the_finding_is_unknown() -> None:
    refusal = ruled("SNAD_QUALITY", FILE, weather="bad")
    assert refusal.refused == "unknown-finding"
    assert all(name in (refusal.sentence or "") for name in EXPECTED)


@pytest.mark.parametrize("missing", [{"L1": 3}, {"L1": [1]}, {"L1": [2, 3]}, {"L1": 1000}, {"L1": [1000]}, {"L3": 1}])
def test_refused_when_a_unit_is_not_in_dispute(missing: dict[str, Any]) -> None:
    assert ruled("SNAD_SHORT_QTY", FILE, missing=missing).refused == "unit-not-disputed"
    assert ruled("SNAD_SHORT_QTY", FILE, intact_units=missing).refused == "unit-not-disputed"


@pytest.mark.parametrize("none", [{}, {"L1": 0}, {"L1": []}])
def test_nothing_may_be_intact_and_nothing_missing_is_no_finding(none: dict[str, Any]) -> None:
    assert ruled("SNAD_QUALITY", FILE, intact_units=none).refused is None
    assert ruled("SNAD_QUALITY", FILE, missing=none).refused == "unknown-value"


@pytest.mark.parametrize("value", [{"L1": False}, {"L1": None}, {"L1": -1}, {"L1": ""}, 0, []])
def test_refused_when_nothing_intact_is_said_otherwise(value: Any) -> None:
    assert ruled("SNAD_QUALITY", FILE, intact_units=value).refused == "unknown-value"


def test_a_count_means_the_first_of_the_disputed_units_of_its_line() -> None:
    file = a_file(
        units=(a_unit(4, net=400, shipping=0), a_unit(2, net=200, shipping=0), a_unit(1, line="L2", net=1000))
    )
    assert ruled("SNAD_SHORT_QTY", file, missing={"L1": 1}).refund == 200
    assert ruled("SNAD_SHORT_QTY", file, missing={"L1": [4], "L2": 1}).refund == 400 + 1250


def test_keep_needs_an_amount() -> None:
    assert ruled("SNAD_QUALITY", FILE, not_as_described="keep").refused == "amount-missing"


def test_an_amount_without_keep_decides_nothing() -> None:
    assert ruled("SNAD_QUALITY", FILE, amount=5).rule == "R0"


def test_goods_back_needs_contested_returns() -> None:
    assert ruled("BUY_CHANGED_MIND", FILE, goods_back="intact").refused == "no-contested-return"


def test_no_findings_are_findings_too() -> None:
    assert ruled("SNAD_QUALITY", FILE).refused is None
