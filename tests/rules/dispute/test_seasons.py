"""A calendar override counts for what starts inside its window, whenever it is asked about (rulebook 8.23)."""

from collections.abc import Callable
from datetime import datetime

import pytest

from aftersales.policy.book import PolicyBook
from aftersales.policy.parse import with_changes
from tests.rules.dispute import builders as say
from tests.rules.dispute.appeals import CLOSED, REJECTION, ruled
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SECOND
from tests.rules.dispute.world import World, a_world, slug

PLACED = say.an_order().placed_at


def in_season(parameter: str, starts: datetime) -> PolicyBook:
    """Two days more for what starts at this very instant, and for nothing else."""
    window = {"from": starts.isoformat(), "until": (starts + SECOND).isoformat(), "parameter": parameter}
    return PolicyBook([with_changes(World().policies.in_force(OPENED), {}, [{**window, "add_days": 2}])])


def without_escalation_before(book: PolicyBook) -> PolicyBook:
    """The same, where a dispute does not escalate by itself before its manual window has ended."""
    return PolicyBook([with_changes(book.in_force(OPENED), {"escalate.auto_at": "P20D"})])


def complained(book: PolicyBook, at: datetime) -> str | None:
    return slug(a_world(policies=book).hear(say.a_complaint(), at))


def complained_after_a_receipt(book: PolicyBook, at: datetime) -> str | None:
    world = a_world(policies=book)
    world.hear(say.receipt(RECEIVED), RECEIVED)
    return slug(world.hear(say.a_complaint(), at))


def complained_of_what_is_under_way(book: PolicyBook, at: datetime) -> str | None:
    return slug(a_world(say.shipped(shipped_at=SENT), policies=book).hear(say.not_received(), at))


def complained_of_what_was_never_shipped(book: PolicyBook, at: datetime) -> str | None:
    world = World(policies=book, now=PLACED)
    world.hear(say.an_order())
    return slug(world.hear(say.not_received(reason="INR_NOT_SHIPPED"), at))


def asked_for_the_platform(book: PolicyBook, at: datetime) -> str | None:
    world = a_world(policies=book)
    world.hear(say.a_complaint(), OPENED)
    world.hear(say.a_refusal(), OPENED + DAY)
    return slug(world.hear(say.escalation(), at))


def asked_for_the_platform_late(book: PolicyBook, at: datetime) -> str | None:
    return asked_for_the_platform(without_escalation_before(book), at)


def appealed(book: PolicyBook, at: datetime) -> str | None:
    world = a_world(policies=book)
    world.hear(say.a_complaint(), OPENED)
    return slug(ruled(world, **REJECTION).hear(say.an_appeal("anna"), at))


SENT = OPENED - 5 * DAY
RECEIVED = PROMISED + DAY
Asked = Callable[[PolicyBook, datetime], str | None]


@pytest.mark.parametrize(
    ("parameter", "starts", "asked", "at", "without"),
    [
        ("open.latest", PROMISED, complained, PROMISED + 16 * DAY, "too-late"),
        ("open.latest", RECEIVED, complained_after_a_receipt, RECEIVED + 16 * DAY, "too-late"),
        ("appeal.window", CLOSED, appealed, CLOSED + 8 * DAY, "too-late"),
        ("escalate.manual_to", OPENED, asked_for_the_platform_late, OPENED + 16 * DAY, "too-late"),
    ],
)
def test_a_longer_window_is_that_of_its_start(
    parameter: str, starts: datetime, asked: Asked, at: datetime, without: str
) -> None:
    assert asked(in_season(parameter, starts), at) is None
    assert asked(in_season(parameter, starts - SECOND), at) == without
    assert asked(in_season(parameter, at), at) == without


@pytest.mark.parametrize(
    ("parameter", "starts", "asked", "at"),
    [
        ("open.earliest_after_ship", SENT, complained_of_what_is_under_way, SENT + 11 * DAY),
        ("ship.within", PLACED, complained_of_what_was_never_shipped, PLACED + 8 * DAY),
        ("escalate.manual_from", OPENED, asked_for_the_platform, OPENED + 4 * DAY),
    ],
)
def test_a_later_beginning_is_that_of_its_start(parameter: str, starts: datetime, asked: Asked, at: datetime) -> None:
    assert asked(in_season(parameter, starts), at) == "too-early"
    assert asked(in_season(parameter, starts - SECOND), at) is None
    assert asked(in_season(parameter, at), at) is None


@pytest.mark.parametrize(
    ("parameter", "waits"),
    [
        ("seller.response", (OPENED + 7 * DAY, OPENED + 7 * DAY)),
        ("escalate.auto_at", (OPENED + 5 * DAY, OPENED + 9 * DAY)),
    ],
)
def test_a_longer_wait_is_that_of_its_start(parameter: str, waits: tuple[datetime, datetime]) -> None:
    world = a_world(policies=in_season(parameter, OPENED))
    world.hear(say.a_complaint(), OPENED)
    assert (world.dispute().deadline, world.dispute().auto_at) == waits


def test_a_changed_plan_does_not_lengthen_a_running_escalation_by_the_season_it_falls_into() -> None:
    world = a_world(policies=in_season("escalate.auto_at", OPENED + DAY))
    world.hear(say.a_complaint(), OPENED)
    world.hear(say.change(1500), OPENED + DAY)
    assert world.dispute().auto_at == OPENED + 7 * DAY


@pytest.mark.parametrize(("starts", "days"), [(OPENED, "P7D"), (OPENED + 5 * DAY, "P5D")])
def test_silence_is_explained_by_the_time_that_the_seller_had(starts: datetime, days: str) -> None:
    world = a_world(policies=in_season("seller.response", starts))
    world.hear(say.a_complaint(), OPENED)
    world.until(OPENED + 7 * DAY)
    [silence] = [one.because for one in world.decisions if one.because and one.because.rule == "transition 6"]
    assert silence.policy["seller.response"] == days
