"""Business days and calendar overrides (rulebook section 2, 8.23)."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from aftersales.errors import Failure
from aftersales.policy.calendar import add_business_days, parameter
from aftersales.policy.model import Policy
from aftersales.policy.parse import with_changes
from tests.rules.policy.builders import STANDARD, utc

FROM = utc(2025, 5, 1)
UNTIL = utc(2025, 5, 10)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
ORDER = {"seller": "shop", "destination": "US", "carrier_service": "EMS", "category": None}


def overridden(*overrides: dict[str, Any]) -> Policy:
    window = {"from": "2025-05-01T00:00:00Z", "until": "2025-05-10T00:00:00Z", "parameter": "seller.response"}
    return with_changes(STANDARD, {}, [{**window, **override} for override in overrides])


def response(policy: Policy, at: datetime, scope: dict[str, str | None] | None = None) -> object:
    return parameter(policy, "seller.response", at, ORDER if scope is None else scope)


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        (utc(2025, 5, 1, 9), 3, utc(2025, 5, 6, 9)),  # Thursday: Friday, Monday, Tuesday
        (utc(2025, 5, 2, 9), 1, utc(2025, 5, 5, 9)),  # Friday: Monday
        (utc(2025, 5, 3, 9), 1, utc(2025, 5, 5, 9)),  # Saturday: Monday
        (utc(2025, 5, 4, 9), 5, utc(2025, 5, 9, 9)),  # Sunday: Friday
        (utc(2025, 5, 5, 9, 30, 15), 5, utc(2025, 5, 12, 9, 30, 15)),
        (utc(2025, 5, 3, 9), 0, utc(2025, 5, 3, 9)),
    ],
)
def test_business_days_are_monday_to_friday_at_the_same_time(start: datetime, n: int, end: datetime) -> None:
    assert add_business_days(start, n, "weekdays") == end


def test_weekdays_are_those_of_utc() -> None:
    # Monday 02:00 in UTC+8 is Sunday 18:00 in UTC: the first working day after it is Monday.
    monday_in_china = datetime(2025, 5, 5, 2, tzinfo=timezone(timedelta(hours=8)))
    assert add_business_days(monday_in_china, 1, "weekdays") == utc(2025, 5, 5, 18)


@pytest.mark.usefixtures("far_east")
def test_weekdays_are_those_of_utc_wherever_we_run() -> None:
    # Friday 18:00 in UTC is Saturday 02:00 here, from where Monday would come a day sooner.
    assert add_business_days(utc(2025, 5, 2, 18), 1, "weekdays") == utc(2025, 5, 5, 18)


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(Failure, match='The calendar "CN" is not known here'):
        add_business_days(FROM, 1, "CN")


@pytest.mark.parametrize(
    ("starts", "expected"),
    [(FROM - SECOND, 5), (FROM, 9), (UNTIL - SECOND, 9), (UNTIL, 5)],
)
def test_an_override_is_chosen_by_the_start_of_the_timer(starts: datetime, expected: int) -> None:
    assert response(overridden({"value": "P9D"}), starts) == expected * DAY


def test_of_several_that_match_the_last_listed_counts() -> None:
    assert response(overridden({"value": "P9D"}, {"add_days": 2}), FROM) == 7 * DAY


def test_one_that_does_not_match_leaves_the_one_before() -> None:
    policy = overridden({"value": "P9D"}, {"value": "P1D", "scope": {"seller": "other"}})
    assert response(policy, FROM) == 9 * DAY


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"seller": "shop"}, 9),
        ({"seller": "shop", "destination": "US"}, 9),
        ({"seller": "shop", "destination": "DE"}, 5),
        ({"carrier_service": "EMS"}, 9),
        ({"category": "toys"}, 5),
        ({}, 9),
    ],
)
def test_every_part_of_the_scope_must_equal_the_orders(scope: dict[str, str], expected: int) -> None:
    assert response(overridden({"value": "P9D", "scope": scope}), FROM) == expected * DAY


def test_added_days_are_business_days_where_the_parameter_is() -> None:
    policy = overridden({"parameter": "service.review", "add_days": 2})
    assert parameter(policy, "service.review", FROM, ORDER) == 5


def test_added_days_lengthen_every_entry_of_a_table_of_days() -> None:
    policy = overridden({"parameter": "promise.max", "add_days": 5})
    assert parameter(policy, "promise.max", FROM, ORDER) == {"RU": 95, "BR": 125, "*": 65}


def test_what_is_off_stays_off_when_days_are_added() -> None:
    policy = overridden({"parameter": "escalate.manual_to", "add_days": 5})
    policy = with_changes(policy, {"escalate.manual_to": "none"})
    assert parameter(policy, "escalate.manual_to", FROM, ORDER) is None


def test_a_duration_never_becomes_negative() -> None:
    assert response(overridden({"add_days": -30}), FROM) == timedelta(0)


def test_nor_does_a_number_of_business_days() -> None:
    # It is 3 days, and 30 are taken away.
    policy = overridden({"parameter": "service.review", "add_days": -30})
    assert parameter(policy, "service.review", FROM, ORDER) == 0


def test_nor_does_an_entry_of_a_table_of_days() -> None:
    # 90 days to Russia, 120 to Brazil, 60 elsewhere.
    policy = overridden({"parameter": "promise.max", "add_days": -90})
    assert parameter(policy, "promise.max", FROM, ORDER) == {"RU": 0, "BR": 30, "*": 0}


def test_an_override_of_any_other_parameter_has_its_own_type() -> None:
    policy = overridden({"parameter": "counterfeit.base", "value": "net_paid_goods"})
    assert parameter(policy, "counterfeit.base", FROM, ORDER) == "net_paid_goods"
