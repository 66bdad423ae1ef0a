"""One canonical order, shipment and scan, with overrides: O1 by EMS to the US, promised in 27 days (rulebook, S2)."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aftersales.contracts.carrier import ParcelScanned
from aftersales.contracts.marketplace import OrderPlaced, ParcelShipped
from aftersales.contracts.tracking import ParcelEvent
from order_tracking.domain.parcel import Facts, Parcel
from order_tracking.domain.refs import parcel_ref
from order_tracking.handlers import SERVICE
from order_tracking.rules.facts import facts_of
from tests.support.in_memory import InMemory

PLACED: Final = datetime(2025, 2, 27, tzinfo=UTC)
SHIPPED: Final = datetime(2025, 3, 1, tzinfo=UTC)
PROMISED: Final = datetime(2025, 3, 28, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
DAY: Final = timedelta(days=1)
LINES: Final = ({"line": "L1", "sku": "mug", "quantity": 2, "unit_price": 1999},)


def an_order(**changes: Any) -> OrderPlaced:
    order = {
        "order": "O1",
        "buyer": "anna",
        "seller": "shop",
        "placed_at": PLACED,
        "currency": "USD",
        "lines": LINES,
        "destination": "US",
        "carrier_service": "EMS",
        **changes,
    }
    return OrderPlaced.model_validate(order)


def a_shipment(**changes: Any) -> ParcelShipped:
    shipment = {
        "order": "O1",
        "parcel": "P1",
        "carrier": "EMS",
        "number": "EE1",
        "shipped_at": SHIPPED,
        **changes,
    }
    return ParcelShipped.model_validate(shipment)


def a_scan(status: str, at: datetime, **changes: Any) -> ParcelScanned:
    scan = {"carrier": "EMS", "number": "EE1", "status": status, "scanned_at": at, **changes}
    return ParcelScanned.model_validate(scan)


def a_tracked_parcel() -> InMemory:
    """O1 placed and P1 shipped, and what was said of that forgotten."""
    world = InMemory(SERVICE)
    world.hear(an_order(), PLACED)
    world.hear(a_shipment(), SHIPPED)
    world.said.clear()
    world.decisions.clear()
    return world


def parcel(world: InMemory, carrier: str = "EMS", number: str = "EE1") -> Parcel:
    found = world.states[parcel_ref(carrier, number)]
    assert isinstance(found, Parcel)
    return found


def facts(world: InMemory) -> Facts:
    found = parcel(world)
    return facts_of(found.scans, found.shipments[0])


def said(world: InMemory) -> list[tuple[str, str | None]]:
    """The names of what was said of parcels, with the status."""
    return [(type(each).__name__, each.status) for each in world.said if isinstance(each, ParcelEvent)]
