"""The fullest order and the fullest number, with the longest of names, fit into their rows."""

from datetime import timedelta
from typing import Any

import msgspec

from aftersales.contracts.arbitration import ParcelsExtended
from aftersales.contracts.marketplace import AddressChanged
from aftersales.service import MAX_STATE
from order_tracking.domain.order import Order
from order_tracking.domain.parcel import Parcel
from order_tracking.domain.refs import order_ref, parcel_ref
from order_tracking.handlers import SERVICE
from order_tracking.rules.extension import MOST_EXTENSIONS
from order_tracking.rules.orders import MOST_DESTINATIONS
from order_tracking.rules.scans import MOST_SCANS
from order_tracking.rules.shipments import MOST_PARCELS, MOST_SHIPMENTS, MOST_SPANS
from tests.rules.order_tracking.builders import DAY, PLACED, SHIPPED, a_scan, a_shipment, an_order
from tests.support.in_memory import InMemory

# Room for a policy's name, which is this deployment's own.
FULL = MAX_STATE - 1024
MICRO = timedelta(microseconds=1)


def named(stem: Any) -> str:
    """A name of 64 characters, the most there are."""
    return f"{stem}".ljust(64, "x")


LINES = tuple({"line": named(n), "sku": "mug", "quantity": 1000, "unit_price": 1} for n in range(100))
PARTIES = {"buyer": named("anna"), "seller": named("shop"), "category": "c" * 40, "carrier_service": "s" * 40}


def size(world: InMemory, ref: Any, kind: type[Order] | type[Parcel]) -> int:
    state = world.states[ref]
    assert isinstance(state, kind)
    return len(msgspec.json.encode(state))


def shipped(world: InMemory, order: str, n: int, **changes: Any) -> str | None:
    one: dict[str, Any] = {"order": order, "parcel": named(f"P{n}"), "number": named(f"E{n}"), "carrier": "c" * 40}
    event = a_shipment(**{**one, "shipped_at": SHIPPED + MICRO, **changes})
    [decision] = world.hear(event, SHIPPED, source=named("market"))
    return decision.slug


def test_refused_when_one_parcel_takes_every_second_unit_of_many_lines() -> None:
    world = InMemory(SERVICE)
    world.hear(an_order(lines=LINES), PLACED, source=named("market"))
    units = {named(n): tuple(range(1, 1001, 2)) for n in range(24)}
    assert shipped(world, "O1", 1, units=units) == "too-many-pieces"


def test_the_fullest_order() -> None:
    world, order = InMemory(SERVICE), named("O")
    world.hear(an_order(order=order, lines=LINES, **PARTIES), PLACED + MICRO, source=named("market"))
    for n in range(MOST_DESTINATIONS):
        change = AddressChanged(order=order, destination="BR", changed_at=SHIPPED + MICRO * (n + 1))
        world.hear(change, SHIPPED, source=named("market"))
    # A line's name weighs more than a run of its units, so every run is the only one of its line in its parcel.
    runs = [{named(line): (1000 - 2 * n,) for line in range(MOST_SPANS // MOST_PARCELS)} for n in range(MOST_PARCELS)]
    assert [shipped(world, order, n, units=units) for n, units in enumerate(runs)] == [None] * MOST_PARCELS
    assert shipped(world, order, MOST_PARCELS, units={named(99): (1,)}) == "too-many-parcels"
    over = (MOST_SPANS % MOST_PARCELS) * len(f'"{named(0)}":[[1000,1000]],')
    assert size(world, order_ref(order), Order) + over < FULL


def test_the_fullest_number() -> None:
    world, carrier, number = InMemory(SERVICE), "c" * 40, named("E")
    for n in range(MOST_SHIPMENTS):
        order = named(f"O{n}")
        world.hear(an_order(order=order, placed_at=PLACED + MICRO, **PARTIES), PLACED, source=named("market"))
        assert shipped(world, order, n, number=number) is None
    for n in range(MOST_SCANS):
        at = SHIPPED + DAY + MICRO * (n + 1)
        world.hear(a_scan("out_for_delivery", at, carrier=carrier, number=number), SHIPPED)
    refused = a_scan("in_transit", SHIPPED + DAY, carrier=carrier, number=number)
    assert [each.slug for each in world.hear(refused, SHIPPED)] == ["too-many-scans"]
    received = MOST_SHIPMENTS * len("2025-02-27T00:00:00.000001Z")
    assert size(world, parcel_ref(carrier, number), Parcel) + received < FULL


def test_the_fullest_number_whose_promises_were_extended_as_often_as_they_can_be() -> None:
    world, carrier, number = InMemory(SERVICE), "c" * 40, named("E")
    for n in range(MOST_SHIPMENTS):
        order = named(f"O{n}")
        world.hear(an_order(order=order, placed_at=PLACED + MICRO, **PARTIES), PLACED, source=named("market"))
        assert shipped(world, order, n, number=number) is None
        for extension in range(MOST_EXTENSIONS):
            extended = ParcelsExtended(
                order=order,
                dispute="D1",
                extension=named(extension),
                days=100,
                at=SHIPPED,
                parcels=(named(f"P{n}"),),
            )
            world.hear(extended, SHIPPED)
    for n in range(MOST_SCANS):
        at = SHIPPED + DAY + MICRO * (n + 1)
        world.hear(a_scan("out_for_delivery", at, carrier=carrier, number=number), SHIPPED)
    received = MOST_SHIPMENTS * len("2025-02-27T00:00:00.000001Z")
    assert len(world.states[parcel_ref(carrier, number)].shipments[0].extensions) == MOST_EXTENSIONS
    assert size(world, parcel_ref(carrier, number), Parcel) + received < FULL
