"""Goods on their way back: followed from the buyer's word on, told to dispute (rulebook, transitions 18 to 21)."""

from datetime import datetime

import pytest

from aftersales.contracts.dispute import ReturnSent
from aftersales.contracts.tracking import ReturnScanned
from aftersales.decision import Outcome
from order_tracking.handlers import SERVICE
from order_tracking.rules.returns import MOST_RETURNS
from tests.rules.order_tracking.builders import DAY, SHIPPED, a_scan, a_tracked_parcel
from tests.support.in_memory import InMemory

SENT = SHIPPED + 40 * DAY


def sent_back(number: str = "EE9", dispute: str = "D1", since: datetime | None = None) -> ReturnSent:
    return ReturnSent(order="O1", dispute=dispute, carrier="EMS", number=number, at=SENT, since=since)


def followed() -> InMemory:
    world = InMemory(SERVICE)
    world.hear(sent_back(), SENT, source="dispute")
    return world


def told(world: InMemory) -> list[tuple[str, bool]]:
    return [(e.status, e.delivered_at is not None) for e in world.said if isinstance(e, ReturnScanned)]


def test_every_news_of_it_is_told() -> None:
    world = followed()
    for days, status in enumerate(("in_transit", "in_transit", "delivered", "lost")):
        world.hear(a_scan(status, SENT + days * DAY, number="EE9"), SENT + days * DAY)
    assert told(world) == [("in_transit", False), ("delivered", True), ("lost", True)]


def test_scanned_before_it_was_heard_of_it_is_told_at_once() -> None:
    world = InMemory(SERVICE)
    world.hear(a_scan("delivered", SENT, number="EE9"), SENT)
    world.hear(sent_back(), SENT + DAY, source="dispute")
    assert told(world) == [("delivered", True)]


@pytest.mark.parametrize(("days", "told_of"), [(4, [("delivered", True)]), (6, [])])
def test_scans_since_the_return_was_agreed_are_its_own_however_late_the_number_is_named(
    days: int, told_of: list[tuple[str, bool]]
) -> None:
    world = InMemory(SERVICE)
    scanned_at = SENT - days * DAY
    world.hear(a_scan("delivered", scanned_at, number="EE9"), scanned_at)
    world.hear(sent_back(since=SENT - 5 * DAY), SENT, source="dispute")
    assert told(world) == told_of


def test_an_older_scan_does_not_replace_the_last() -> None:
    world = followed()
    world.hear(a_scan("delivered", SENT + 2 * DAY, number="EE9"), SENT + 2 * DAY)
    world.hear(a_scan("lost", SENT + DAY, number="EE9"), SENT + 3 * DAY)
    assert told(world) == [("delivered", True)]


def test_followed_once_and_what_the_number_carried_before_is_not_its() -> None:
    world = a_tracked_parcel()
    world.hear(a_scan("delivered", SHIPPED + DAY), SHIPPED + DAY)
    world.said.clear()
    world.hear(sent_back("EE1"), SENT, source="dispute")
    [again] = world.hear(sent_back("EE1"), SENT, source="dispute")
    assert (again.slug, told(world)) == ("return-known", [])
    world.hear(a_scan("lost", SENT + DAY), SENT + DAY)
    assert told(world) == [("lost", False)]


def test_under_one_number_come_back_so_many_and_no_more() -> None:
    world = InMemory(SERVICE)
    for number in range(MOST_RETURNS):
        [decision] = world.hear(sent_back(dispute=f"D{number}"), SENT, source="dispute")
        assert decision.outcome is Outcome.APPLIED
    [decision] = world.hear(sent_back(dispute="another"), SENT, source="dispute")
    assert (decision.outcome, decision.slug) == (Outcome.REFUSED, "too-many-returns")
