"""Force majeure: more time for a dispute, and for what waits for a lane's promise (rulebook 28, 8.21, 8.43, R26)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from aftersales.contracts.dispute import DisputeFactsChanged
from aftersales.contracts.envelope import YEARS
from aftersales.contracts.extension import DisputeExtended, ExtensionRefused
from aftersales.decision import Given
from dispute.domain import states
from dispute.rules.draft import Draft
from dispute.rules.extension import MOST_EXTENSIONS
from dispute.rules.windows import manual_window
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SECOND, SHIPPED
from tests.rules.dispute.test_hold import held
from tests.rules.dispute.test_transitions import standing
from tests.rules.dispute.world import World, a_world, opened, slug

TEN = timedelta(days=10)


def extend(world: World, at: datetime, **differs: Any) -> str | None:
    return slug(world.hear(say.an_extension(at, **differs), at, source="arbitration"))


def given(world: World) -> Given:
    return Given(now=world.now, arrived_at=world.now, cause=UUID(int=1), policies=world.policies)


def test_the_sellers_time_the_escalation_and_the_manual_window_move() -> None:
    world = opened()
    assert extend(world, OPENED + DAY) is None
    dispute = world.dispute()
    assert (dispute.state, dispute.deadline) == ("AWAITING_SELLER", OPENED + 5 * DAY + TEN)
    assert dispute.escalates_at == OPENED + 7 * DAY + TEN
    assert manual_window(Draft(world.order, given(world)), dispute) == (OPENED + 3 * DAY, OPENED + 15 * DAY + TEN)


@pytest.mark.parametrize(
    ("at", "agreement"),
    [
        (OPENED + 5 * DAY - SECOND, None),
        (OPENED + 5 * DAY, None),
        (OPENED + 5 * DAY + TEN - SECOND, None),
        (OPENED + 5 * DAY + TEN, "seller_timeout"),
    ],
)
def test_silence_counts_from_the_later_date(at: datetime, agreement: str | None) -> None:
    world = opened()
    extend(world, OPENED + DAY)
    assert world.until(at).dispute().agreement == agreement


def test_too_late_for_a_deadline_that_has_passed() -> None:
    world = opened()
    assert extend(world, OPENED + 5 * DAY) == "dispute-closed"
    assert world.dispute().state == "CLOSED_REFUNDED"


def test_refused_while_a_chargeback_is_open() -> None:
    """Rulebook 8.20: nothing but an appeal can be said."""
    world = opened()
    world.hear(say.chargeback_opened(), OPENED + DAY)
    before = world.order
    assert extend(world, OPENED + 2 * DAY) == "chargeback-open"
    assert world.order == before
    world.hear(say.chargeback_won(), OPENED + 3 * DAY)
    assert extend(world, OPENED + 3 * DAY) is None


def test_a_hold_moves_with_the_promise_of_its_parcels() -> None:
    world = held()
    assert extend(world, OPENED + DAY) is None
    parcel = world.order.parcels["P1"]
    assert (parcel.promise_ends_at, parcel.extended) == (PROMISED + TEN, True)
    [told] = world.told(DisputeExtended)
    assert (told.deadline, told.parcels) == (PROMISED + TEN, ("P1",))
    assert world.until(PROMISED + 2 * DAY).dispute().state == "HELD_IN_TRANSIT"
    world.hear(say.promise_broken(extensions=told_extensions(world)), PROMISED + TEN)
    assert world.dispute().state == "ARBITRATION_EVIDENCE"


def told_extensions(world: World) -> tuple[Any, ...]:
    event = say.promise_extended("P1", *world.order.parcels["P1"].extensions)
    return event.extensions


def test_a_promise_that_was_broken_before_it_was_extended_ends_no_hold() -> None:
    world = held()
    extend(world, OPENED + DAY)
    world.hear(say.promise_broken(), PROMISED + TEN - SECOND)
    assert world.dispute().state == "HELD_IN_TRANSIT"


def test_elsewhere_the_promise_of_its_parcels_stays() -> None:
    world = opened()
    extend(world, OPENED + DAY)
    assert (world.order.parcels["P1"].promise_ends_at, world.told(DisputeExtended)[0].parcels) == (PROMISED, ())


def test_what_order_tracking_repeats_of_it_changes_nothing() -> None:
    world = held()
    extend(world, OPENED + DAY)
    world.hear(say.promise_extended(), OPENED + DAY)
    assert world.dispute().deadline == world.order.parcels["P1"].promise_ends_at == PROMISED + TEN
    assert len(world.told(DisputeExtended)) == 1


def test_several_parcels_of_a_hold_move_delivered_or_not() -> None:
    later = SHIPPED + 2 * DAY
    world = a_world(say.shipped("P1", units={"L1": (1,)}), say.shipped("P2", units={"L1": (2,)}, shipped_at=later))
    world.hear(say.not_received(), OPENED)
    world.hear(say.delivered(OPENED + DAY, "P1"), OPENED + DAY)
    extend(world, OPENED + 2 * DAY)
    ends = [parcel.promise_ends_at for parcel in world.order.parcels.values()]
    assert ends == [PROMISED + TEN, PROMISED + 2 * DAY + TEN]
    assert world.dispute().deadline == PROMISED + 2 * DAY + TEN


@pytest.mark.parametrize("state", states.EVERY)
def test_granted_to_every_open_dispute_and_refused_to_a_closed_one(state: Any) -> None:
    world = standing(state)
    assert (extend(world, OPENED) is None) is (state in states.OPEN)
    assert len(world.told(ExtensionRefused)) == (0 if state in states.OPEN else 1)


def test_refused_for_what_is_not_there_and_by_a_party() -> None:
    world = opened()
    assert extend(world, OPENED, dispute="D9") == "unknown-dispute"
    assert extend(world, OPENED, order="O9") == "unknown-dispute"
    assert extend(world, OPENED, agent="shop") == "conflict-of-interest"
    assert world.dispute().deadline == OPENED + 5 * DAY


def test_refused_when_the_promise_was_extended_as_often_as_it_can_be() -> None:
    world = held()
    for number in range(MOST_EXTENSIONS):
        assert extend(world, OPENED + DAY, days=1, extension=f"X{number}") is None
    assert extend(world, OPENED + DAY, days=1, extension="X9") == "too-many-extensions"


def test_refused_beyond_what_an_instant_may_be() -> None:
    world = opened()
    again = (YEARS[-1] - OPENED.year) * 365 // 365 + 5
    slugs = [extend(world, OPENED, days=365, extension=f"X{number}") for number in range(again)]
    assert (slugs[0], slugs[-1]) == (None, "instant-implausible")


# -- a lane ------------------------------------------------------------------------------------------------------------


def test_a_lanes_extension_keeps_a_hold_waiting() -> None:
    world = held()
    world.hear(say.promise_extended(), OPENED + DAY)
    dispute = world.dispute()
    assert (dispute.deadline, dispute.state) == (PROMISED + TEN, "HELD_IN_TRANSIT")
    [told] = world.told(DisputeExtended)
    assert (told.extension, told.days, told.parcels) == ("X1", 10, ())
    assert world.until(PROMISED + 2 * DAY).dispute().state == "HELD_IN_TRANSIT"


def test_a_lanes_extension_moves_the_escalation_that_waits_for_the_promise_and_no_answer() -> None:
    world = held()
    world.hear(say.anomalous("customs_hold", OPENED + DAY), OPENED + DAY)
    assert world.dispute().escalates_at == max(PROMISED, OPENED + 8 * DAY)
    world.hear(say.promise_extended(seen=("customs_hold",)), OPENED + 2 * DAY)
    dispute = world.dispute()
    assert (dispute.deadline, dispute.escalates_at) == (OPENED + 6 * DAY, PROMISED + TEN)


def test_a_lanes_extension_moves_nothing_that_does_not_wait_for_the_promise() -> None:
    world = a_world(say.shipped(), say.in_transit())
    world.hear(say.a_complaint(), OPENED)
    world.hear(say.promise_extended(), OPENED + DAY)
    dispute = world.dispute()
    assert (dispute.deadline, dispute.escalates_at) == (OPENED + 5 * DAY, OPENED + 7 * DAY)
    assert world.told(DisputeExtended) == []


def test_a_hold_waits_for_the_latest_of_its_parcels_when_an_earlier_one_is_extended() -> None:
    later = SHIPPED + 20 * DAY
    world = a_world(say.shipped("P1", units={"L1": (1,)}), say.shipped("P2", units={"L1": (2,)}, shipped_at=later))
    world.hear(say.not_received(), OPENED + 11 * DAY - 9 * 3600 * SECOND)
    before = world.dispute().deadline
    world.hear(say.promise_extended("P1"), OPENED + 11 * DAY)
    assert world.dispute().deadline == before == PROMISED + 20 * DAY


def test_the_desk_is_told_of_a_longer_promise() -> None:
    world = held()
    world.hear(say.promise_broken(), PROMISED)
    world.hear(say.promise_extended(), PROMISED + DAY)
    [told] = world.told(DisputeFactsChanged)
    assert (told.file.parcels[0].extended, told.file.parcels[0].promise_ends_at) == (True, PROMISED + TEN)


def test_extensions_are_known_in_whichever_order_they_are_told() -> None:
    told = [
        say.promise_extended("P1", ("X1", 10)),
        say.promise_extended("P1", ("X1", 10), ("X2", 3)),
        say.promise_broken(),
        say.promise_broken(extensions=say.promise_extended("P1", ("X1", 10), ("X2", 3)).extensions),
    ]
    found = []
    for order in (told, told[::-1], [told[3], told[0], told[2], told[1]]):
        world = a_world(say.shipped(), say.in_transit())
        for event in order:
            world.hear(event, OPENED)
        found.append(world.order.parcels["P1"])
    assert found[0] == found[1] == found[2]
    assert (found[0].promise_ends_at, found[0].broken) == (PROMISED + 13 * DAY, True)


def test_a_hold_that_a_lane_lengthened_ends_by_itself_at_the_later_promise() -> None:
    world = held()
    world.hear(say.promise_extended(), OPENED + DAY)
    overdue = PROMISED + TEN + timedelta(hours=1)
    assert world.until(overdue - SECOND).dispute().state == "HELD_IN_TRANSIT"
    assert world.until(overdue).dispute().state == "ARBITRATION_EVIDENCE"


def test_each_extension_of_a_lane_is_told_by_its_own_name() -> None:
    world = held()
    world.hear(say.promise_extended("P1", ("X1", 10)), OPENED + DAY)
    world.hear(say.promise_extended("P1", ("X1", 10), ("X2", 3)), OPENED + 2 * DAY)
    assert [(told.extension, told.days) for told in world.told(DisputeExtended)] == [("X1", 10), ("X2", 3)]
    assert world.dispute().deadline == PROMISED + 13 * DAY


def two_holds(**second: Any) -> World:
    """D1 over L1 and D2 over L2; in one parcel unless L2 was shipped in another one."""
    first: dict[str, Any] = {"units": {"L1": (1, 2)}} if second else {}
    parcels = (say.shipped(**first), *([say.shipped("P2", **second)] if second else []))
    world = a_world(*parcels, order=say.an_order(lines=(say.a_line(), say.a_line("L2", 1, 1000))))
    for dispute, units in (("D1", {"L1": (1, 2)}), ("D2", {"L2": (1,)})):
        complaint = say.not_received(dispute=dispute, units=units, want=say.refund(500))
        assert slug(world.hear(complaint, OPENED)) is None
    return world


def test_an_extended_hold_lengthens_the_other_one_over_its_parcel() -> None:
    world = two_holds()
    assert extend(world, OPENED + DAY) is None
    told = [(one.dispute, one.extension, one.days, one.parcels) for one in world.told(DisputeExtended)]
    assert told == [("D1", "X1", 10, ("P1",)), ("D2", "X1", 10, ())]
    assert world.dispute("D2").deadline == PROMISED + TEN


def test_a_lanes_extension_lengthens_the_hold_over_its_parcel_alone() -> None:
    world = two_holds(units={"L2": (1,)})
    world.hear(say.promise_extended("P2"), OPENED + DAY)
    assert (world.dispute("D1").deadline, world.dispute("D2").deadline) == (PROMISED, PROMISED + TEN)


def test_a_lanes_extension_moves_no_date_of_a_dispute_at_the_desk() -> None:
    world = held()
    world.hear(say.anomalous("customs_hold", OPENED + DAY), OPENED + DAY)
    world.hear(say.a_refusal(), OPENED + 2 * DAY)
    before = world.until(PROMISED + DAY).dispute()
    assert before.state == "ARBITRATION_EVIDENCE"
    world.hear(say.promise_extended(seen=("customs_hold",)), PROMISED + DAY)
    dispute = world.dispute()
    assert (dispute.state, dispute.deadline) == (before.state, before.deadline)
    assert (len(world.told(DisputeExtended)), len(world.told(DisputeFactsChanged))) == (0, 1)


def test_an_extension_told_before_the_order_is_known_counts_once_it_is() -> None:
    world = World()
    for fact in (say.promise_extended(), say.an_order(), say.shipped()):
        world.hear(fact)
    assert world.order.parcels["P1"].promise_ends_at == PROMISED + TEN
