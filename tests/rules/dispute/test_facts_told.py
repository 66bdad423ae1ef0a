"""What a fact says for itself: how many are taken, and how a decision shows them."""

from datetime import timedelta
from typing import Any

import pytest

from aftersales.contracts.dispute import CommandRefused, DisputeOpened
from aftersales.contracts.marketplace import AddressChanged, OrderCancelled, OrderPaid
from aftersales.decision import Outcome
from dispute.rules.facts import MOST_ADDRESSES
from dispute.rules.wait import MOST_BYTES
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, PROMISED
from tests.rules.dispute.world import World, a_world, slug


def test_an_order_moves_house_fifty_times_at_most() -> None:
    world = a_world()
    moves = [
        AddressChanged(order="O1", destination="BR", changed_at=OPENED + number * timedelta(seconds=1))
        for number in range(MOST_ADDRESSES + 1)
    ]
    answers = [world.hear(move) for move in moves]
    assert [slug(answer) for answer in answers] == [None] * MOST_ADDRESSES + ["too-many-addresses"]
    assert answers[-1].sentence == "An order's address can change 50 times."


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        (OrderPaid(order="O1", amount=4198, paid_at=OPENED), {"paid_at": OPENED.isoformat(), "amount": 4198}),
        (OrderCancelled(order="O1", cancelled_at=OPENED), {"cancelled_at": OPENED.isoformat()}),
        (AddressChanged(order="O1", destination="BR", changed_at=OPENED), {"destination": "BR"}),
    ],
    ids=["paid", "cancelled", "moved house"],
)
def test_a_fact_is_explained_by_what_it_says_and_known_when_it_is_told_again(fact: Any, says: dict[str, Any]) -> None:
    world = a_world()
    because = world.hear(fact).because
    assert because is not None
    assert (because.rule, because.facts) == ("fact", says)
    again = world.hear(fact)
    assert (again.outcome, again.slug) == (Outcome.NOTHING, "known")


def test_a_complaint_that_waited_is_told_and_its_answer_falls_due() -> None:
    world = World()
    world.hear(say.a_complaint(), OPENED)
    for fact in (say.shipped(), say.delivered(), say.an_order()):
        world.hear(fact, OPENED)
    assert [(told.dispute, told.state) for told in world.told(DisputeOpened)] == [("D1", "AWAITING_SELLER")]
    assert [(move.thing, move.after, move.transition) for move in world.moves] == [("D1", "AWAITING_SELLER", "1")]
    assert world.until(OPENED + 5 * DAY).dispute().agreement == "seller_timeout"


def an_order_elsewhere(world: World) -> None:
    for fact in (say.an_order(order="O2"), say.shipped(order="O2"), say.delivered(order="O2")):
        world.hear(fact, OPENED)


def test_the_name_of_a_complaint_that_waited_is_taken() -> None:
    world = World()
    world.hear(say.a_complaint(), OPENED)
    for fact in (say.shipped(), say.delivered(), say.an_order()):
        world.hear(fact, OPENED)
    an_order_elsewhere(world)
    assert slug(world.hear(say.a_complaint(order="O2"))) == "dispute-id-taken"


def test_a_complaint_that_waited_under_a_name_taken_meanwhile_is_refused() -> None:
    world = World()
    world.hear(say.a_complaint(), OPENED)
    an_order_elsewhere(world)
    assert slug(world.hear(say.a_complaint(order="O2"))) is None
    for fact in (say.shipped(), say.delivered(), say.an_order()):
        world.hear(fact)
    assert [told.slug for told in world.told(CommandRefused)] == ["dispute-id-taken"]
    assert world.order.disputes == {}


def test_a_fact_waits_longer_than_a_day() -> None:
    world = World(now=OPENED)
    world.hear(say.shipped(), OPENED)
    world.hear(say.an_order(), OPENED + 2 * DAY)
    assert world.order.parcels["P1"].promise_ends_at == PROMISED


def test_the_day_that_a_command_waits_is_no_deadline_of_a_party() -> None:
    [timer] = World().hear(say.a_complaint(), OPENED).timers
    assert (timer.due, timer.party) == (OPENED + DAY, False)


@pytest.mark.parametrize(("more", "outcome"), [(0, Outcome.WAITING), (1, Outcome.REFUSED)])
def test_what_waits_fills_its_room_to_the_last_byte(more: int, outcome: Outcome) -> None:
    world = World()
    first, second = (say.a_complaint(dispute=name, words="蜜" * 3000) for name in ("D1", "D2"))
    left = MOST_BYTES - sum(len(said.model_dump_json().encode()) for said in (first, second))
    assert left < 0
    fits = second.model_copy(update={"words": "蜜" * (3000 + left // 3) + "m" * (left % 3 + more)})
    world.hear(first, OPENED)
    assert world.hear(fits, OPENED).outcome is outcome
