"""Force majeure: a promise ends later, of a lane's parcels or of a held dispute's (rulebook 28, 8.21, 8.43)."""

from datetime import datetime, timedelta

import pytest

from aftersales.contracts.arbitration import LaneExtended, ParcelsExtended
from aftersales.contracts.marketplace import AddressChanged, ReceiptConfirmed
from aftersales.contracts.tracking import PromiseBroken, PromiseExtended
from aftersales.decision import SubjectRef
from order_tracking.rules.extension import MOST_EXTENSIONS
from order_tracking.store.kinds import ORDERS
from tests.rules.order_tracking.builders import (
    DAY,
    PLACED,
    PROMISED,
    SECOND,
    SHIPPED,
    a_scan,
    a_shipment,
    a_tracked_parcel,
    an_order,
    parcel,
)
from tests.support.in_memory import InMemory

TEN_DAYS = timedelta(days=10)
STRIKE = SHIPPED + 5 * DAY


def a_lane(at: datetime, service: str = "EMS", to: str = "US", name: str = "X1") -> LaneExtended:
    return LaneExtended(extension=name, days=10, at=at, carrier_service=service, destination=to, agent="sue")


def some_parcels(at: datetime, *parcels: str, name: str = "X1") -> ParcelsExtended:
    return ParcelsExtended(order="O1", dispute="D1", extension=name, days=10, at=at, parcels=parcels)


def ends_at(world: InMemory, number: str = "EE1") -> datetime:
    return parcel(world, number=number).shipments[0].promise_ends_at


def broken(world: InMemory) -> list[datetime]:
    return [said.promise_ends_at for said in world.said if isinstance(said, PromiseBroken)]


def test_the_promise_of_a_parcel_on_the_lane_ends_later_and_is_broken_then() -> None:
    world = a_tracked_parcel()
    world.hear(a_lane(STRIKE), STRIKE)
    world.until(STRIKE)
    assert ends_at(world) == PROMISED + TEN_DAYS
    [told] = [said for said in world.said if isinstance(said, PromiseExtended)]
    assert (told.promise_ends_at, told.extensions[0].days) == (PROMISED + TEN_DAYS, 10)
    world.until(PROMISED + TEN_DAYS - SECOND)
    assert broken(world) == []
    world.until(PROMISED + TEN_DAYS)
    assert broken(world) == [PROMISED + TEN_DAYS]


@pytest.mark.parametrize(("at", "moved"), [(PROMISED - SECOND, True), (PROMISED, False), (PROMISED + SECOND, False)])
def test_moved_only_before_the_promise_has_ended(at: datetime, *, moved: bool) -> None:
    world = a_tracked_parcel()
    world.hear(a_lane(at), at)
    world.until(at)
    assert (ends_at(world) == PROMISED + TEN_DAYS) is moved
    assert len(broken(world)) == (0 if moved else 1)


@pytest.mark.parametrize("lane", [("DHL", "US"), ("EMS", "CA")])
def test_another_lane_moves_nothing(lane: tuple[str, str]) -> None:
    world = a_tracked_parcel()
    world.hear(a_lane(STRIKE, *lane), STRIKE)
    world.until(STRIKE)
    assert ends_at(world) == PROMISED


def test_a_carrier_service_is_one_lane_in_upper_and_lower_case() -> None:
    world = a_tracked_parcel()
    world.hear(a_lane(STRIKE, service="ems"), STRIKE)
    world.until(STRIKE)
    assert ends_at(world) == PROMISED + TEN_DAYS


def test_what_was_delivered_or_received_is_not_moved() -> None:
    for arrived in (
        a_scan("delivered", STRIKE - SECOND),
        ReceiptConfirmed(order="O1", buyer="anna", confirmed_at=STRIKE - SECOND),
    ):
        world = a_tracked_parcel()
        world.hear(arrived, STRIKE - SECOND)
        world.hear(a_lane(STRIKE), STRIKE)
        world.until(STRIKE)
        assert ends_at(world) == PROMISED


def test_a_parcel_is_on_the_lane_to_where_it_was_sent() -> None:
    world = InMemory(a_tracked_parcel().service)
    world.hear(an_order(), PLACED)
    world.hear(a_shipment(units={"L1": (1,)}), SHIPPED)
    world.hear(AddressChanged(order="O1", destination="CA", changed_at=SHIPPED + DAY), SHIPPED + DAY)
    world.hear(a_shipment(parcel="P2", number="EE2", units={"L1": (2,)}, shipped_at=SHIPPED + DAY), SHIPPED + DAY)
    world.hear(a_lane(STRIKE, to="CA"), STRIKE)
    world.until(STRIKE)
    assert (ends_at(world), ends_at(world, "EE2")) == (PROMISED, PROMISED + DAY + TEN_DAYS)


@pytest.mark.parametrize(
    ("granted", "heard"),
    [
        # It was broken, and said to be, before we heard of it.
        (PROMISED - SECOND, PROMISED + SECOND),
        # Granted at its end by a clock that is ahead of ours.
        (PROMISED, PROMISED - SECOND),
    ],
)
def test_a_lane_moves_no_promise_that_is_broken_or_had_ended(granted: datetime, heard: datetime) -> None:
    world = a_tracked_parcel()
    world.hear(a_lane(granted), heard)
    world.until(heard)
    assert ends_at(world) == PROMISED


def two_under_one_number() -> InMemory:
    world = InMemory(a_tracked_parcel().service)
    world.hear(an_order(), PLACED)
    world.hear(a_shipment(units={"L1": (1,)}), SHIPPED)
    world.hear(a_shipment(parcel="P2", units={"L1": (2,)}, shipped_at=SHIPPED + DAY), SHIPPED + DAY)
    return world


def test_each_parcel_under_one_number_keeps_a_promise_of_its_own() -> None:
    world = two_under_one_number()
    world.hear(a_lane(STRIKE), STRIKE)
    world.until(STRIKE)
    ends = {each.parcel: each.promise_ends_at for each in parcel(world).shipments}
    assert ends == {"P1": PROMISED + TEN_DAYS, "P2": PROMISED + DAY + TEN_DAYS}


def test_of_two_parcels_only_that_is_moved_whose_promise_ends_after_the_extension_was_granted() -> None:
    # By a clock that is a second ahead of ours, so that neither was said to be broken.
    world = two_under_one_number()
    world.hear(a_lane(PROMISED), PROMISED - SECOND)
    world.until(PROMISED - SECOND)
    ends = {each.parcel: each.promise_ends_at for each in parcel(world).shipments}
    assert ends == {"P1": PROMISED, "P2": PROMISED + DAY + TEN_DAYS}


def test_a_second_extension_comes_on_top_also_after_the_first_promise() -> None:
    world = a_tracked_parcel()
    world.hear(a_lane(STRIKE), STRIKE)
    world.hear(a_lane(PROMISED + DAY, name="X2"), PROMISED + DAY)
    world.until(PROMISED + DAY)
    assert ends_at(world) == PROMISED + 2 * TEN_DAYS


def test_the_same_extension_twice_is_one() -> None:
    world = a_tracked_parcel()
    for _ in range(2):
        world.hear(a_lane(STRIKE), STRIKE)
        world.hear(some_parcels(STRIKE, "P1"), STRIKE)
        world.until(STRIKE)
    assert ends_at(world) == PROMISED + TEN_DAYS


def test_every_order_on_the_lane_is_woken_page_by_page() -> None:
    world = InMemory(a_tracked_parcel().service)
    for number in range(1, 1102):
        world.hear(an_order(order=f"O{number:04}"), PLACED)
        world.hear(a_shipment(order=f"O{number:04}", number=f"E{number}"), SHIPPED)
    world.decisions.clear()
    world.hear(a_lane(STRIKE), STRIKE)
    world.until(STRIKE)
    assert len([said for said in world.said if isinstance(said, PromiseExtended)]) == 1101
    pages = [d for d in world.decisions if d.because is not None and "orders" in d.because.facts]
    assert [d.because.facts["orders"] for d in pages if d.because] == [500, 500, 101, 0]


def test_a_disputes_parcels_are_moved_delivered_or_not_and_no_others() -> None:
    world = InMemory(a_tracked_parcel().service)
    world.hear(an_order(), PLACED)
    world.hear(a_shipment(units={"L1": (1,)}), SHIPPED)
    world.hear(a_shipment(parcel="P2", number="EE2", units={"L1": (2,)}), SHIPPED)
    world.hear(a_scan("delivered", STRIKE - SECOND), STRIKE - SECOND)
    world.hear(some_parcels(STRIKE, "P1"), STRIKE)
    assert (ends_at(world), ends_at(world, "EE2")) == (PROMISED + TEN_DAYS, PROMISED)


def test_a_broken_promise_that_a_dispute_extends_is_broken_anew_at_its_new_end() -> None:
    world = a_tracked_parcel()
    world.until(PROMISED)
    world.hear(some_parcels(PROMISED + DAY, "P1"), PROMISED + DAY)
    world.until(PROMISED + TEN_DAYS)
    assert broken(world) == [PROMISED, PROMISED + TEN_DAYS]


def test_nothing_when_the_order_or_the_parcel_is_not_known() -> None:
    world = InMemory(a_tracked_parcel().service)
    [decision] = world.hear(some_parcels(STRIKE, "P1"), STRIKE)
    assert decision.slug == "nothing-to-extend"


def test_a_parcel_can_be_extended_so_often_and_no_more() -> None:
    world = a_tracked_parcel()
    for number in range(MOST_EXTENSIONS + 1):
        world.hear(some_parcels(STRIKE, "P1", name=f"X{number}"), STRIKE)
    assert ends_at(world) == PROMISED + MOST_EXTENSIONS * TEN_DAYS


def test_lists_show_where_the_promise_ends_now() -> None:
    world = a_tracked_parcel()
    world.hear(a_lane(STRIKE), STRIKE)
    world.until(STRIKE)
    [row] = ORDERS.views[0].rows("O1", world.states[SubjectRef("order", "O1")])
    assert (row["carrier_service"], row["destination"], row["promise_ends_at"]) == ("EMS", "US", PROMISED + TEN_DAYS)


def test_lists_show_the_old_end_of_what_was_not_extended() -> None:
    world = two_under_one_number()
    world.hear(some_parcels(STRIKE, "P1"), STRIKE)
    rows = ORDERS.views[0].rows("O1", world.states[SubjectRef("order", "O1")])
    assert [row["promise_ends_at"] for row in rows] == [PROMISED + TEN_DAYS, PROMISED + DAY]
