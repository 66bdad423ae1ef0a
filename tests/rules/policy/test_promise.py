"""When a promised delivery time ends (rulebook M1, `promise.max`, `promise.default`, 8.15)."""

from datetime import datetime, timedelta

import pytest

from aftersales.policy.parse import with_changes
from aftersales.policy.promise import promise_end
from tests.rules.policy.builders import STANDARD, utc

SHIPPED = utc(2025, 3, 1)


def days(
    promised: int | None, service: str = "EMS", destination: str = "US", at: datetime = SHIPPED, **changes: object
) -> int:
    policy = with_changes(STANDARD, {name.replace("__", "."): value for name, value in changes.items()})
    end = promise_end(policy, carrier_service=service, destination=destination, promise_days=promised, shipped_at=at)
    return (end - at) // timedelta(days=1)


def test_ems_to_the_us_ends_after_27_days_to_the_second() -> None:
    end = promise_end(STANDARD, carrier_service="EMS", destination="US", promise_days=27, shipped_at=SHIPPED)
    assert end == utc(2025, 3, 28)


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        *(("DHL", 23), ("UPS", 23), ("FEDEX", 23), ("FedEx", 23), ("TNT", 23)),
        *(("EMS", 27), ("SF", 27), ("CHINA_POST", 39), ("HK_POST", 39), ("PIGEON", 39)),
    ],
)
def test_default_where_the_seller_promised_nothing(service: str, expected: int) -> None:
    assert days(None, service) == expected


@pytest.mark.parametrize(
    ("destination", "promised", "expected"),
    [("US", 60, 60), ("US", 61, 60), ("RU", 90, 90), ("RU", 91, 90), ("BR", 200, 120), ("US", 1, 1)],
)
def test_the_sellers_own_promise_is_capped_by_destination(destination: str, promised: int, expected: int) -> None:
    assert days(promised, destination=destination) == expected


@pytest.mark.parametrize(
    ("parameter", "promised", "expected"), [("promise.default", None, 27 + 10), ("promise.max", 200, 60 + 10)]
)
@pytest.mark.parametrize("scope", [{}, {"carrier_service": "EMS"}, {"destination": "US"}])
def test_a_season_of_its_carrier_service_or_destination_makes_it_longer(
    parameter: str, promised: int | None, expected: int, scope: dict[str, str]
) -> None:
    season = {"from": "2025-03-01T00:00:00Z", "until": "2025-03-10T00:00:00Z", "parameter": parameter, "add_days": 10}
    policy = with_changes(STANDARD, {}, [{**season, "scope": scope}])
    end = promise_end(policy, carrier_service="EMS", destination="US", promise_days=promised, shipped_at=SHIPPED)
    assert end == SHIPPED + timedelta(days=expected)


def test_the_default_is_not_capped() -> None:
    assert days(None, "CHINA_POST", promise__max="P20D") == 39


def test_an_override_holds_for_parcels_shipped_inside_its_window() -> None:
    season = {
        "from": "2025-03-01T00:00:00Z",
        "until": "2025-03-10T00:00:00Z",
        "parameter": "promise.default",
        "add_days": 10,
        "scope": {"destination": "US", "seller": "shop"},
    }
    policy = with_changes(STANDARD, {}, [season])

    def end(at: datetime, seller: str) -> datetime:
        scope = {"seller": seller}
        return promise_end(
            policy, carrier_service="EMS", destination="US", promise_days=None, shipped_at=at, scope=scope
        )

    assert end(SHIPPED, "shop") == SHIPPED + timedelta(days=37)
    assert end(SHIPPED, "other") == SHIPPED + timedelta(days=27)
    assert end(utc(2025, 3, 10), "shop") == utc(2025, 3, 10) + timedelta(days=27)
