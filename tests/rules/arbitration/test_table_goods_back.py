"""Goods that came back and were contested: R22, R16 and R24 before every other row (8.35, 8.39, 8.47)."""

from typing import Any

import pytest

from arbitration.domain.commands import Departure
from arbitration.domain.file import Back, File
from arbitration.rules.departure import depart
from tests.rules.arbitration.builders import IN_TIME, a_file, a_unit, ruled, summary

UNITS = (a_unit(1, tax=10), a_unit(2, tax=10))


def contested(**changes: Any) -> File:
    known: dict[str, Any] = {"units": UNITS, "parcels": (IN_TIME,), "back": Back("contested", 4000, 840)}
    return a_file(**{**known, **changes})


def test_intact_the_superseded_plan_is_paid() -> None:
    assert summary(ruled("BUY_CHANGED_MIND", contested(), goods_back="intact")) == ("R22", "nobody", "return", 4000, 0)
    found = ruled("SNAD_WRONG_ITEM", contested(), goods_back="intact")
    assert summary(found) == ("R16", "seller", "return", 4000, 0)
    assert (found.counts_for_seller, found.freight_bearer) == (True, None)


def test_the_superseded_plan_is_shown_with_the_freight_that_is_added_where_it_is_paid() -> None:
    # The cap is 2 x (18.49 + 2.50 + 0.10).
    assert ruled("SNAD_WRONG_ITEM", contested(), goods_back="intact").breakdown == {
        "formula": "the superseded plan",
        "of": 4000,
        "proven_freight": 840,
        "sum": 4000,
        "cap": 4218,
        "refund": 4000,
    }


@pytest.mark.parametrize("found", ["wrong", "used", "incomplete"])
@pytest.mark.parametrize("reason", ["BUY_CHANGED_MIND", "SNAD_WRONG_ITEM"])
def test_not_intact_only_what_is_intact_is_paid(reason: str, found: str) -> None:
    some = ruled(reason, contested(), goods_back=found, intact_units={"L1": [2]})
    assert summary(some) == ("R24", "buyer", "refund", 1849 + 10, 0)
    assert summary(ruled(reason, contested(), goods_back=found)) == ("R24", "buyer", "none", 0, 0)


def test_it_outranks_every_other_finding() -> None:
    assert ruled("SNAD_COUNTERFEIT", contested(), goods_back="used", counterfeit="upheld").rule == "R24"


def test_a_share_of_it() -> None:
    shared = ruled("BUY_CHANGED_MIND", contested(), goods_back="intact", seller_share=50)
    assert summary(shared) == ("R25", "shared", "refund", 2000, 0)


@pytest.mark.parametrize("back", [None, Back("lost", 4000, 840)])
def test_refused_where_nothing_was_contested(back: Back | None) -> None:
    assert ruled("BUY_CHANGED_MIND", contested(back=back), goods_back="intact").refused == "no-contested-return"


def test_at_most_the_cap() -> None:
    assert ruled("BUY_CHANGED_MIND", contested(cap=1234), goods_back="intact").refund == 1234


def test_without_that_finding_it_is_ruled_as_any_other() -> None:
    assert ruled("BUY_CHANGED_MIND", contested()).rule == "R23"
    found = ruled("SNAD_WRONG_ITEM", contested(), not_as_described="return")
    assert (found.rule, found.remedy, found.freight_bearer) == ("R16", "return", "seller")


@pytest.mark.parametrize(
    ("reason", "findings", "bearer"),
    [
        ("SNAD_WRONG_ITEM", {"not_as_described": "return"}, "seller"),
        ("BUY_CHANGED_MIND", {}, "reason"),
    ],
)
def test_a_departure_to_a_return_keeps_who_bears_the_way_back(
    reason: str, findings: dict[str, Any], bearer: str
) -> None:
    recommended = ruled(reason, contested(), **findings)
    departure = Departure(remedy="return", amount=100, reason="Seen on the photos.")
    assert depart(recommended, departure, contested(), reason).freight_bearer == bearer
