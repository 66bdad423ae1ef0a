"""Facts in any order and any number; strangers; and what is said before the order is known."""

from datetime import timedelta
from typing import Any

import pytest

from aftersales.contracts.dispute import CommandRefused
from aftersales.contracts.marketplace import AddressChanged, OrderPaid
from aftersales.decision import Because, Outcome
from aftersales.errors import Refused
from aftersales.identity import Actor, Role, cause_id
from dispute.rules.facts import MOST_ADDRESSES, MOST_PARCELS
from dispute.rules.wait import MOST_FACTS
from order_tracking.rules import orders, shipments
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, DELIVERED, OPENED, PROMISED, SHIPPED
from tests.rules.dispute.world import MARKET, World, a_world, opened, slug


def test_what_is_known_already_changes_nothing() -> None:
    world = a_world()
    before = world.order
    for fact in (say.an_order(), say.shipped(), say.in_transit(), say.delivered()):
        assert slug(world.hear(fact)) == "known"
    assert world.order == before


def test_an_older_scan_never_undoes_a_delivery() -> None:
    world = a_world(say.shipped(), say.delivered(), say.anomalous("lost", DELIVERED - DAY))
    parcel = world.order.parcels["P1"]
    assert (parcel.status, parcel.delivered_at, parcel.seen) == ("delivered", DELIVERED, ("delivered", "lost"))


def test_the_first_delivery_counts_and_the_last_scan_is_the_latest() -> None:
    world = a_world(say.shipped(), say.delivered(DELIVERED + DAY), say.delivered(DELIVERED))
    parcel = world.order.parcels["P1"]
    assert (parcel.delivered_at, parcel.scanned_at) == (DELIVERED, DELIVERED + DAY)


def test_of_two_scans_at_one_instant_the_later_arrival_is_the_last() -> None:
    both = say.anomalous("lost", DELIVERED, seen=("delivered", "lost"), delivered_at=DELIVERED)
    world = a_world(say.shipped(), say.delivered(), both)
    assert world.order.parcels["P1"].status == "lost"
    world.hear(say.delivered())
    assert world.order.parcels["P1"].status == "lost"


def test_units_are_not_shipped_twice() -> None:
    world = a_world(say.shipped(units={"L1": (1,)}))
    assert slug(world.hear(say.shipped("P2"))) == "shipped-twice"
    assert slug(world.hear(say.shipped("P1", units={"L1": (2,)}))) == "shipped-twice"
    for units in ({"L1": (3,)}, {"L9": (1,)}):
        assert slug(world.hear(say.shipped("P2", units=units))) == "no-such-unit"
    assert slug(world.hear(say.shipped("P2", units={"L1": (2,)}))) is None


def test_a_receipt_is_confirmed_once_and_after_everything_was_shipped() -> None:
    world = a_world(say.shipped(units={"L1": (1,)}))
    assert slug(world.hear(say.receipt(OPENED))) == "not-shipped"
    world.hear(say.shipped("P2", units={"L1": (2,)}))
    assert slug(world.hear(say.receipt(OPENED, buyer="eve"))) == "stranger"
    assert slug(world.hear(say.receipt(OPENED))) is None
    assert slug(world.hear(say.receipt(OPENED))) == "confirmed-already"
    assert slug(world.hear(say.receipt(OPENED + DAY), OPENED + DAY)) == "confirmed-already"


def test_the_promise_goes_by_the_address_at_the_dispatch() -> None:
    def moved(world: World) -> World:
        world.hear(AddressChanged(order="O1", destination="RU", changed_at=SHIPPED - DAY))
        world.hear(AddressChanged(order="O1", destination="BR", changed_at=SHIPPED + DAY))
        return world

    order = say.an_order(promise_days=100)
    before, after = moved(a_world(say.in_transit(), order=order)), a_world(say.shipped(), order=order)
    before.hear(say.shipped())
    assert before.order.parcels["P1"].promise_ends_at == SHIPPED + 90 * DAY
    assert moved(after).order.parcels["P1"].promise_ends_at == SHIPPED + 90 * DAY
    assert before.order.destination == "BR"


def test_the_earliest_payment_is_kept() -> None:
    world = a_world(
        say.shipped(),
        OrderPaid(order="O1", amount=4198, paid_at=OPENED),
        OrderPaid(order="O1", amount=4198, paid_at=SHIPPED),
    )
    assert world.order.paid_at == SHIPPED


@pytest.mark.parametrize("event", [say.shipped("P9"), say.an_order(), say.a_complaint(), say.receipt(OPENED)])
def test_another_source_cannot_speak_of_the_order(event: Any) -> None:
    world = a_world()
    before = world.order
    decision = world.hear(event, source="bazaar")
    assert (decision.outcome, decision.slug) == (Outcome.DEAD_LETTER, "foreign-source")
    assert decision.sentence == "The order was placed by market; bazaar cannot speak of it."
    assert world.order == before


def test_facts_wait_for_their_order_and_strangers_facts_are_left_out() -> None:
    world = World()
    assert world.hear(say.shipped()).outcome is Outcome.WAITING
    assert world.hear(say.shipped("P2"), source="bazaar").outcome is Outcome.WAITING
    world.hear(say.delivered())
    world.hear(say.an_order())
    assert world.order.waiting == ()
    parcel = world.order.parcels["P1"]
    assert (parcel.delivered_at, parcel.promise_ends_at) == (DELIVERED, PROMISED)
    assert "P2" not in world.order.parcels


def test_commands_wait_for_their_order_and_are_judged_by_their_arrival() -> None:
    world = World()
    world.hear(say.a_complaint(), OPENED)
    world.hear(say.accepted(), OPENED + timedelta(hours=1))
    for fact in (say.shipped(), say.delivered()):
        world.hear(fact)
    world.hear(say.an_order(), OPENED + timedelta(hours=2))
    assert (world.dispute().agreement, world.dispute().refund) == ("consensus", 2000)
    assert world.order.waiting == ()
    assert world.until(OPENED + 2 * DAY).told(CommandRefused) == []
    assert [row["cause"] for row in world.rows("statement")] == [cause_id(MARKET, "0")]


def test_a_complaint_that_arrived_in_time_counts_though_its_order_came_after_the_window() -> None:
    closes = PROMISED + 15 * DAY
    world = World()
    world.hear(say.a_complaint(), closes - timedelta(hours=1))
    for fact in (say.shipped(), say.delivered(), say.an_order()):
        world.hear(fact, closes + timedelta(hours=1))
    assert world.dispute().state == "AWAITING_SELLER"


def test_a_command_is_refused_after_a_day_without_its_order() -> None:
    world = World()
    assert world.hear(say.a_complaint(), OPENED).outcome is Outcome.WAITING
    assert world.until(OPENED + DAY - timedelta(seconds=1)).told(CommandRefused) == []
    [told] = world.until(OPENED + DAY).told(CommandRefused)
    assert (told.slug, told.by, told.command) == ("unknown-order", "anna", "marketplace.complaint_made")
    assert world.order.waiting == ()


def test_history_says_what_waits_and_how_much_with_it() -> None:
    world = World()
    waits = [world.hear(fact).because for fact in (say.shipped(), say.a_complaint())]
    assert waits == [
        Because("waiting for the order", {"said": "marketplace.parcel_shipped", "waiting": 1}),
        Because("waiting for the order", {"said": "marketplace.complaint_made", "waiting": 2}),
    ]


def test_refused_after_a_day_under_the_name_of_the_command_itself() -> None:
    world = World()
    world.hear(say.a_complaint(), OPENED)
    [waiting] = world.order.waiting
    [told] = world.until(OPENED + DAY).told(CommandRefused)
    assert told.cause == waiting.cause
    assert world.decisions[-1].because == Because("refused: unknown-order", {"command": "marketplace.complaint_made"})


def test_more_facts_than_fit_are_a_dead_letter() -> None:
    world = World()
    answers = [world.hear(say.shipped(f"P{number}")) for number in range(MOST_FACTS + 1)]
    assert [answer.outcome for answer in answers] == [Outcome.WAITING] * MOST_FACTS + [Outcome.DEAD_LETTER]
    assert answers[-1].slug == "too-many-waiting"


def test_no_more_than_twenty_commands_wait() -> None:
    world = World()
    answers = [world.hear(say.a_complaint(dispute=f"D{number}"), OPENED) for number in range(21)]
    assert [answer.outcome for answer in answers] == [Outcome.WAITING] * 20 + [Outcome.REFUSED]
    assert [told.slug for told in world.told(CommandRefused)] == ["unknown-order"]


def test_long_words_do_not_outgrow_the_orders_row() -> None:
    world = World()
    answers = [world.hear(say.a_complaint(dispute=f"D{n}", words="蜜" * 4000), OPENED) for n in range(5)]
    assert [answer.outcome for answer in answers] == [Outcome.WAITING] + [Outcome.REFUSED] * 4


def test_what_strangers_say_of_an_order_to_come_leaves_room_for_its_own_marketplace() -> None:
    world = World()
    for number in range(60):
        world.hear(say.a_complaint(dispute=f"D{number}"), OPENED, source="bazaar")
        world.hear(say.shipped(f"P{number}"), OPENED, source="bazaar")
    assert world.hear(say.shipped()).outcome is Outcome.WAITING
    assert world.hear(say.a_complaint()).outcome is Outcome.WAITING
    for fact in (say.an_order(), say.delivered()):
        world.hear(fact)
    assert list(world.order.parcels) == ["P1"]
    assert list(world.order.disputes) == ["D1"]


BUYER, SELLER = Actor(Role.BUYER, "anna"), Actor(Role.SELLER, "shop")


@pytest.mark.parametrize(
    "actor", [Actor(Role.BUYER, "eve"), Actor(Role.SELLER, "other"), Actor(Role.SERVICE, "bazaar")]
)
def test_an_order_that_is_not_theirs_does_not_exist_for_them(actor: Actor) -> None:
    with pytest.raises(Refused) as refusal:
        opened().hear(say.cancellation(by=actor.sub), actor=actor)
    assert (refusal.value.slug, refusal.value.status) == ("not-found", 404)


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
def test_the_platforms_people_do_not_speak_for_a_party(role: Role) -> None:
    with pytest.raises(Refused) as refusal:
        opened().hear(say.cancellation(), actor=Actor(role, "kim"))
    assert refusal.value.status == 403


def test_an_unknown_order_is_not_found_over_http() -> None:
    with pytest.raises(Refused) as refusal:
        World().hear(say.a_complaint(), actor=BUYER)
    assert refusal.value.status == 404


def test_a_person_speaks_for_themselves_alone() -> None:
    assert slug(opened().hear(say.accepted(by="shop"), actor=BUYER)) == "stranger"


def test_the_marketplace_speaks_for_both_parties_by_name() -> None:
    market = Actor(Role.SERVICE, MARKET)
    world = opened()
    assert slug(world.hear(say.a_refusal(), actor=market)) is None
    assert slug(world.hear(say.cancellation(), actor=market)) is None


def test_a_dispute_nobody_opened_is_unknown() -> None:
    assert slug(a_world().hear(say.cancellation())) == "unknown-dispute"


@pytest.mark.parametrize(("at", "answer"), [(2970, None), (2999, "instant-implausible")])
def test_a_promise_beyond_the_year_2999_is_none(at: int, answer: str | None) -> None:
    world = a_world(say.shipped("P2", units={"L1": (2,)}))
    shipped_at = SHIPPED.replace(year=at, month=12, day=30)
    assert slug(world.hear(say.shipped(units={"L1": (1,)}, shipped_at=shipped_at))) == answer


def test_no_address_moves_a_promise_beyond_the_year_2999() -> None:
    far = SHIPPED.replace(year=2999, month=11, day=1)
    world = a_world(say.shipped(shipped_at=far), order=say.an_order(promise_days=90))
    change = AddressChanged(order="O1", destination="BR", changed_at=SHIPPED)
    before = world.order
    assert slug(world.hear(change)) == "instant-implausible"
    assert world.order == before


def test_the_units_of_a_parcel_are_a_small_row() -> None:
    units = {"L1": tuple(range(1000, 0, -1))}
    order = say.an_order(lines=(say.a_line(quantity=1000),))
    shipment = a_world(say.shipped(units=units), order=order).order.parcels["P1"].shipped
    assert shipment is not None
    assert shipment.units == {"L1": ((1, 1000),)}


def test_a_thousand_pieces_are_a_small_row() -> None:
    world = a_world(order=say.an_order(lines=(say.a_line(quantity=1000, unit_price=1999),)))
    assert len(world.order.known.runs) <= 4
    assert sum(unit.paid for unit in world.order.known.every_unit()) == world.order.known.paid
    many = {"L1": tuple(range(1, 502))}
    assert slug(world.hear(say.a_complaint(units=many), OPENED)) == "too-many-units"


def test_an_order_is_sent_in_as_many_parcels_and_to_as_many_places_as_order_tracking_follows() -> None:
    assert (MOST_PARCELS, MOST_ADDRESSES) == (shipments.MOST_PARCELS, orders.MOST_DESTINATIONS)
    parcels = [say.shipped(f"P{number}", units={"L1": (number,)}) for number in range(1, MOST_PARCELS + 2)]
    *first, one_more = parcels
    world = a_world(*first, order=say.an_order(lines=(say.a_line(quantity=len(parcels)),)))
    assert len(world.order.parcels) == MOST_PARCELS
    assert slug(world.hear(one_more)) == "too-many-parcels"


def test_a_parcel_too_many_is_refused_when_order_tracking_tells_of_it_first() -> None:
    world = a_world(*(say.delivered(parcel=f"P{number}") for number in range(MOST_PARCELS)))
    assert slug(world.hear(say.delivered(parcel="P-more"))) == "too-many-parcels"
    assert slug(world.hear(say.anomalous("returned", OPENED, "P1"))) is None
