"""Orders and shipments: known, early, repeated, foreign (rulebook 8.33, 8.34; dangers 6.21)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aftersales.contracts.marketplace import AddressChanged, OrderCancelled, ReceiptConfirmed
from aftersales.decision import Decision
from order_tracking.domain.order import Order, Span, numbers, spans
from order_tracking.domain.refs import order_ref
from order_tracking.handlers import SERVICE
from order_tracking.rules.orders import MOST_DESTINATIONS
from tests.rules.order_tracking.builders import (
    DAY,
    PLACED,
    SHIPPED,
    a_scan,
    a_shipment,
    a_tracked_parcel,
    an_order,
    parcel,
    said,
)
from tests.support.in_memory import InMemory


def answered(decisions: list[Decision]) -> tuple[str, str | None]:
    [decision] = decisions
    return decision.outcome.value, decision.slug


def order(world: InMemory) -> Order:
    found = world.states[order_ref("O1")]
    assert isinstance(found, Order)
    return found


def test_tracked_when_shipped() -> None:
    world = InMemory(SERVICE)
    world.hear(an_order(), PLACED)
    world.hear(a_shipment(), SHIPPED)
    assert said(world) == [("ParcelTracked", None)]


def test_waits_until_its_order_is_known_and_then_speaks() -> None:
    world = InMemory(SERVICE)
    world.hear(a_scan("in_transit", SHIPPED + DAY), SHIPPED + DAY)
    assert answered(world.hear(a_shipment(), SHIPPED + DAY)) == ("waiting", "order-awaited")
    assert world.said == []
    world.hear(an_order(), SHIPPED + DAY * 2)
    assert said(world) == [("ParcelTracked", "in_transit"), ("ParcelInTransit", "in_transit")]
    assert order(world).waiting == ()


def test_everything_that_waited_is_heard_in_order() -> None:
    world = InMemory(SERVICE)
    world.hear(AddressChanged(order="O1", destination="BR", changed_at=PLACED), SHIPPED)
    world.hear(a_shipment(), SHIPPED)
    world.hear(ReceiptConfirmed(order="O1", buyer="anna", confirmed_at=SHIPPED + DAY), SHIPPED + DAY)
    world.hear(OrderCancelled(order="O1", cancelled_at=SHIPPED), SHIPPED + DAY)
    world.hear(an_order(), SHIPPED + DAY * 2)
    assert order(world).received_at == SHIPPED + DAY
    assert order(world).cancelled_at == SHIPPED
    assert parcel(world).shipments[0].received_at == SHIPPED + DAY


def test_dropped_and_named_when_what_waited_came_from_a_stranger() -> None:
    world = InMemory(SERVICE)
    world.hear(a_shipment(), SHIPPED, source="stranger")
    [decision] = world.hear(an_order(), SHIPPED)
    assert world.said == []
    assert decision.because is not None
    assert [dropped["slug"] for dropped in decision.because.facts["dropped"]] == ["foreign-source"]


@pytest.mark.parametrize("event", [an_order(), a_shipment(), OrderCancelled(order="O1", cancelled_at=SHIPPED)])
def test_a_dead_letter_when_another_source_speaks_of_the_order(event: Any) -> None:
    world = a_tracked_parcel()
    assert answered(world.hear(event, SHIPPED, source="stranger")) == ("dead_letter", "foreign-source")
    assert world.said == []


@pytest.mark.parametrize(
    ("event", "answer"),
    [
        (an_order(), ("nothing", "order-known")),
        (an_order(buyer="bert"), ("refused", "order-differs")),
        (a_shipment(), ("nothing", "parcel-known")),
        (a_shipment(number="EE2"), ("refused", "parcel-differs")),
        (a_shipment(parcel="P2"), ("refused", "units-shipped-twice")),
        (a_shipment(parcel="P2", units={"L1": (2,)}), ("refused", "units-shipped-twice")),
        (a_shipment(parcel="P2", units={"L1": (3,)}), ("refused", "no-such-unit")),
        (a_shipment(parcel="P2", units={"L9": (1,)}), ("refused", "no-such-unit")),
        (a_shipment(parcel="P2", shipped_at=datetime(2999, 12, 31, tzinfo=UTC)), ("refused", "instant-implausible")),
        (ReceiptConfirmed(order="O1", buyer="bert", confirmed_at=SHIPPED), ("refused", "not-the-buyer")),
    ],
)
def test_nothing_changes_when_repeated_or_impossible(event: Any, answer: tuple[str, str]) -> None:
    world = a_tracked_parcel()
    before = dict(world.states)
    assert answered(world.hear(event, SHIPPED)) == answer
    assert (world.said, world.timers[1:]) == ([], [])
    assert {ref: world.states[ref] for ref in before} == before


def test_several_parcels_when_each_carries_other_units() -> None:
    world = InMemory(SERVICE)
    world.hear(an_order(), PLACED)
    world.hear(a_shipment(units={"L1": (2,)}), SHIPPED)
    world.hear(a_shipment(parcel="P2", number="EE2", units={"L1": (1,)}), SHIPPED)
    assert said(world) == [("ParcelTracked", None)] * 2


def test_receipt_refused_until_everything_is_shipped() -> None:
    world = InMemory(SERVICE)
    received = ReceiptConfirmed(order="O1", buyer="anna", confirmed_at=SHIPPED + DAY)
    world.hear(an_order(), PLACED)
    world.hear(a_shipment(units={"L1": (1,)}), SHIPPED)
    assert answered(world.hear(received, SHIPPED + DAY)) == ("refused", "not-shipped")
    world.hear(a_shipment(parcel="P2", number="EE2", units={"L1": (2,)}), SHIPPED + DAY)
    assert answered(world.hear(received, SHIPPED + DAY)) == ("applied", None)
    assert answered(world.hear(received, SHIPPED + DAY)) == ("nothing", "receipt-known")


def test_tracked_when_the_order_has_no_lines() -> None:
    world = InMemory(SERVICE)
    world.hear(an_order(lines=()), PLACED)
    world.hear(a_shipment(), SHIPPED)
    world.hear(a_shipment(parcel="P2", number="EE2"), SHIPPED)
    assert said(world) == [("ParcelTracked", None)] * 2


def test_refused_when_too_much_waits_for_an_order_that_never_comes() -> None:
    world = InMemory(SERVICE)
    answers = [answered(world.hear(a_shipment(parcel=f"P{n}", number=f"E{n}"), SHIPPED)) for n in range(101)]
    assert answers[99:] == [("waiting", "order-awaited"), ("refused", "too-many-waiting")]


def test_unit_numbers_kept_as_spans() -> None:
    assert spans([3, 1, 2, 7, 2]) == (Span(1, 3), Span(7, 7))
    assert numbers(spans([3, 1, 2, 7])) == {1, 2, 3, 7}


def test_an_address_changes_so_often_and_no_more() -> None:
    world = a_tracked_parcel()
    changes = [
        AddressChanged(order="O1", destination="BR", changed_at=SHIPPED + timedelta(hours=hours))
        for hours in range(MOST_DESTINATIONS + 1)
    ]
    for change in changes[:-1]:
        assert answered(world.hear(change, SHIPPED + 9 * DAY)) == ("applied", None)
    assert answered(world.hear(changes[-1], SHIPPED + 9 * DAY)) == ("refused", "too-many-changes")
