"""The promise as dispute knows it before it is told anything: from the order and its shipments (M1, 8.15)."""

from datetime import datetime
from typing import Any

import pytest

from aftersales.contracts.marketplace import AddressChanged
from aftersales.policy.book import PolicyBook
from aftersales.policy.parse import with_changes
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SECOND, SHIPPED
from tests.rules.dispute.world import World, a_world, slug


def promised(world: World, parcel: str = "P1") -> datetime | None:
    return world.order.parcels[parcel].promise_ends_at


@pytest.mark.parametrize(
    ("order", "days"),
    [
        ({}, 27),
        ({"promise_days": 5}, 5),
        ({"promise_days": None}, 27),
        ({"promise_days": None, "carrier_service": "DHL"}, 23),
        ({"promise_days": 200}, 60),
        ({"promise_days": 200, "destination": "BR"}, 120),
    ],
)
def test_the_sellers_own_capped_or_the_default(order: dict[str, Any], days: int) -> None:
    assert promised(a_world(say.shipped(), order=say.an_order(**order))) == SHIPPED + days * DAY


@pytest.mark.parametrize(("changed_at", "days"), [(SHIPPED, 100), (SHIPPED + SECOND, 60)])
def test_a_new_destination_counts_for_what_is_shipped_from_then_on(changed_at: datetime, days: int) -> None:
    world = a_world(say.shipped(), order=say.an_order(promise_days=100))
    world.hear(AddressChanged(order="O1", destination="BR", changed_at=changed_at))
    assert promised(world) == SHIPPED + days * DAY


@pytest.mark.parametrize(
    ("scope", "days"),
    [
        ({"seller": "shop", "destination": "US", "carrier_service": "EMS", "category": "mugs"}, 37),
        ({"seller": "other"}, 27),
        ({"destination": "DE"}, 27),
        ({"carrier_service": "DHL"}, 27),
        ({"category": "toys"}, 27),
    ],
)
def test_a_season_lengthens_it_for_the_orders_that_it_names(scope: dict[str, str], days: int) -> None:
    season = {"from": "2025-04-01T00:00:00Z", "until": "2025-05-01T00:00:00Z", "parameter": "promise.default"}
    standard = World().policies.in_force(OPENED)
    book = PolicyBook([with_changes(standard, {}, [{**season, "add_days": 10, "scope": scope}])])
    world = a_world(say.shipped(), order=say.an_order(promise_days=None, category="mugs"), policies=book)
    assert promised(world) == SHIPPED + days * DAY


def test_each_parcel_has_its_own() -> None:
    later = SHIPPED + 3 * DAY
    first, second = say.shipped(units={"L1": (1,)}), say.shipped("P2", units={"L1": (2,)}, shipped_at=later)
    world = a_world(first, second)
    assert (promised(world), promised(world, "P2")) == (SHIPPED + 27 * DAY, later + 27 * DAY)


def test_a_hold_ends_an_hour_after_it_where_tracking_is_silent() -> None:
    world = a_world(say.shipped())
    assert slug(world.hear(say.not_received(), OPENED)) is None
    overdue = say.PROMISED + DAY / 24
    assert world.until(overdue - SECOND).dispute().state == "HELD_IN_TRANSIT"
    assert world.until(overdue).dispute().state == "ARBITRATION_EVIDENCE"
