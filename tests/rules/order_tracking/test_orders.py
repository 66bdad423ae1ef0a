"""Orders and shipments: known, early, repeated, foreign (rulebook 8.33, 8.34; dangers 6.21)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid5

import pytest

from aftersales.contracts.marketplace import AddressChanged, OrderCancelled, ParcelShipped, ReceiptConfirmed
from aftersales.contracts.tracking import PromiseBroken
from aftersales.decision import Decision, Given, Move
from aftersales.identity import NAMESPACE
from aftersales.policy.book import PolicyBook
from aftersales.policy.parse import with_changes
from order_tracking.domain.order import Order, Span, numbers, spans
from order_tracking.domain.refs import order_ref
from order_tracking.handlers import SERVICE
from order_tracking.rules.early import MOST_BYTES
from order_tracking.rules.orders import MOST_DESTINATIONS, place
from order_tracking.rules.shipments import MOST_SHIPMENTS
from tests.rules.order_tracking.builders import (
    DAY,
    PLACED,
    PROMISED,
    SHIPPED,
    a_scan,
    a_shipment,
    a_tracked_parcel,
    an_order,
    parcel,
    said,
)
from tests.support.in_memory import BOOK, InMemory


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


def test_the_promise_of_what_waited_for_its_order_ends_as_any_other() -> None:
    world = InMemory(SERVICE)
    world.hear(a_shipment(), SHIPPED)
    [decision] = world.hear(an_order(), SHIPPED + DAY)
    assert decision.moves == (Move("parcel O1/P1", None, "shipped", "8.15"),)
    world.until(PROMISED)
    assert [type(event) for event in world.said][-1] is PromiseBroken


def test_nothing_when_what_waits_is_told_again() -> None:
    world = InMemory(SERVICE)
    world.hear(a_shipment(), SHIPPED)
    before = order(world)
    assert answered(world.hear(a_shipment(), SHIPPED + DAY)) == ("nothing", "fact-known")
    assert order(world) == before


def test_everything_that_was_dropped_is_named_in_order() -> None:
    world = InMemory(SERVICE)
    world.hear(a_shipment(), SHIPPED)
    world.hear(a_shipment(parcel="P2", number="EE2"), SHIPPED)
    world.hear(ReceiptConfirmed(order="O1", buyer="bert", confirmed_at=SHIPPED + DAY), SHIPPED + DAY)
    [decision] = world.hear(an_order(), SHIPPED + DAY)
    because = decision.because
    assert because is not None
    assert (because.rule, because.policy_version) == ("order placed", BOOK.in_force(PLACED).identity)
    assert because.facts == {
        "waited": 3,
        "dropped": [
            {
                "type": ParcelShipped.TYPE,
                "slug": "units-shipped-twice",
                "sentence": "Unit 1 of line L1 was shipped before, in parcel P1.",
            },
            {
                "type": ReceiptConfirmed.TYPE,
                "slug": "not-the-buyer",
                "sentence": "Order O1 was not bought by bert.",
            },
        ],
    }


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


@pytest.mark.parametrize(
    ("event", "slug"),
    [
        (OrderCancelled(order="O1", cancelled_at=SHIPPED), "order-cancelled"),
        (AddressChanged(order="O1", destination="BR", changed_at=SHIPPED), "address-known"),
    ],
)
def test_nothing_when_a_change_of_the_order_is_told_again(event: Any, slug: str) -> None:
    world = a_tracked_parcel()
    assert answered(world.hear(event, SHIPPED)) == ("applied", None)
    before = order(world)
    assert answered(world.hear(event, SHIPPED + DAY)) == ("nothing", slug)
    assert order(world) == before


def test_known_when_placed_again_though_another_policy_is_in_force_by_then() -> None:
    known = order(a_tracked_parcel())
    later = PolicyBook([with_changes(BOOK.in_force(PLACED), {"seller.response": "P9D"})])
    now = Given(SHIPPED, SHIPPED, uuid5(NAMESPACE, "again"), later, source="market")
    assert place(known, an_order(), now).slug == "order-known"


@pytest.mark.parametrize(
    ("units", "sentence"),
    [
        ({"L1": (3,)}, "Line L1 has 2 units; no more can be shipped."),
        ({"L9": (1,)}, "Line L9 has 0 units; no more can be shipped."),
    ],
)
def test_refused_it_says_how_many_units_there_are(units: dict[str, tuple[int, ...]], sentence: str) -> None:
    [decision] = a_tracked_parcel().hear(a_shipment(parcel="P2", units=units), SHIPPED)
    assert decision.sentence == sentence


def test_under_one_number_travel_so_many_parcels_and_no_more() -> None:
    world = InMemory(SERVICE)
    answers = []
    for number in range(MOST_SHIPMENTS + 1):
        world.hear(an_order(order=f"O{number}"), PLACED)
        answers.append(answered(world.hear(a_shipment(order=f"O{number}"), SHIPPED)))
    assert answers[MOST_SHIPMENTS - 1 :] == [("applied", None), ("refused", "too-many-parcels")]


def test_several_parcels_when_each_carries_other_units() -> None:
    world = InMemory(SERVICE)
    world.hear(an_order(), PLACED)
    world.hear(a_shipment(units={"L1": (2,)}), SHIPPED)
    world.hear(a_shipment(parcel="P2", number="EE2", units={"L1": (1,)}), SHIPPED)
    assert said(world) == [("ParcelTracked", None)] * 2


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
def test_receipt_refused_until_everything_is_shipped(first: int, second: int) -> None:
    world = InMemory(SERVICE)
    received = ReceiptConfirmed(order="O1", buyer="anna", confirmed_at=SHIPPED + DAY)
    world.hear(an_order(), PLACED)
    world.hear(a_shipment(units={"L1": (first,)}), SHIPPED)
    assert answered(world.hear(received, SHIPPED + DAY)) == ("refused", "not-shipped")
    world.hear(a_shipment(parcel="P2", number="EE2", units={"L1": (second,)}), SHIPPED + DAY)
    assert answered(world.hear(received, SHIPPED + DAY)) == ("applied", None)
    assert answered(world.hear(received, SHIPPED + DAY)) == ("nothing", "receipt-known")


def test_received_is_what_was_ordered_and_nothing_else_under_its_number() -> None:
    world = a_tracked_parcel()
    world.hear(an_order(order="O2"), PLACED)
    world.hear(a_shipment(order="O2"), SHIPPED)
    world.hear(ReceiptConfirmed(order="O1", buyer="anna", confirmed_at=SHIPPED + DAY), SHIPPED + DAY)
    received = {each.order: each.received_at for each in parcel(world).shipments}
    assert received == {"O1": SHIPPED + DAY, "O2": None}


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


def a_shipment_of(size: int) -> ParcelShipped:
    """It takes so many bytes: a unit is named again and again."""
    for name in ("P1", "P11"):
        known = a_shipment(parcel=name, units={"L1": (1,)})
        times, rest = divmod(size - len(known.model_dump_json(exclude_none=True)), len(",1"))
        if not rest:
            return a_shipment(parcel=name, units={"L1": (1,) * (1 + times)})
    raise AssertionError(size)


@pytest.mark.parametrize(
    ("size", "answer"),
    [(MOST_BYTES, ("waiting", "order-awaited")), (MOST_BYTES + 1, ("refused", "too-many-waiting"))],
)
def test_what_waits_takes_so_much_room_and_no_more(size: int, answer: tuple[str, str]) -> None:
    assert answered(InMemory(SERVICE).hear(a_shipment_of(size), SHIPPED)) == answer


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
