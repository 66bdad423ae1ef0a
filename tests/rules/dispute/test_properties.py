"""What holds for every order of facts and every course of a dispute."""

from collections import Counter
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aftersales.contracts.dispute import RefundOrdered
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import AddressChanged, OrderPaid, PartyChanged, RefundFailed
from dispute.domain import states, transitions
from dispute.domain.order import Order
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SHIPPED
from tests.rules.dispute.world import World, executed

BEFORE: list[Event] = [
    say.an_order(),
    OrderPaid(order="O1", amount=4198, paid_at=SHIPPED),
    OrderPaid(order="O1", amount=4198, paid_at=SHIPPED - DAY),
    AddressChanged(order="O1", destination="BR", changed_at=SHIPPED - DAY),
    say.shipped("P1", units={"L1": (1,)}),
    say.shipped("P2", units={"L1": (2,)}, shipped_at=SHIPPED + DAY),
    say.in_transit(parcel="P1"),
    say.told(type(say.in_transit()), "attempted", SHIPPED + 9 * DAY, "P1", seen=("attempted", "in_transit")),
    say.in_transit(parcel="P2"),
]
MEANWHILE: list[Event] = [
    say.told(type(say.in_transit()), "out_for_delivery", OPENED + timedelta(hours=1), "P1"),
    say.delivered(OPENED + timedelta(hours=2), "P1"),
    say.delivered(OPENED + timedelta(hours=3), "P1"),
    say.in_transit(OPENED, "P2"),
    say.delivered(OPENED + timedelta(hours=4), "P2"),
    OrderPaid(order="O1", amount=4198, paid_at=SHIPPED),
]


@st.composite
def shuffled(draw: st.DrawFn, facts: list[Event]) -> list[Event]:
    again = draw(st.lists(st.sampled_from(facts), max_size=4))
    order: list[Event] = draw(st.permutations([*facts, *again]))
    return order


def played(before: list[Event], meanwhile: list[Event]) -> Order:
    """Facts, a complaint, facts, another reason, a refusal, an escalation, a late fact, a ruling."""
    world = World(now=OPENED)
    for fact in before:
        world.hear(fact)
    world.hear(say.not_received(evidence=("photo",)), OPENED)
    for fact in meanwhile:
        world.hear(fact, OPENED + DAY)
    world.hear(say.change(3000, reason="SNAD_DAMAGED"), OPENED + 2 * DAY)
    for fact in reversed(before):
        world.hear(fact, OPENED + 2 * DAY)
    world.hear(say.a_refusal(500), OPENED + 3 * DAY)
    world.hear(say.escalation(), OPENED + 5 * DAY)
    for fact in meanwhile:
        world.hear(fact)
    world.until(OPENED + 9 * DAY)
    world.hear(say.a_ruling(world.now, refund=2000, compensation=100))
    return plain(world.order)


def plain(order: Order) -> Order:
    """Without what is derived from the cause, and the number of steps: the desk may hear of facts in other portions."""

    def told(dispute: Any) -> Any:
        return replace(dispute, step=0, settlements=tuple(replace(s, instruction="") for s in dispute.settlements))

    return replace(order, disputes={name: told(dispute) for name, dispute in order.disputes.items()})


EXPECTED = played(BEFORE, MEANWHILE)


def test_the_course_played_below_is_a_whole_one() -> None:
    dispute = EXPECTED.disputes["D1"]
    assert (dispute.state, dispute.refund, dispute.reason) == ("CLOSED_REFUNDED", 2000, "SNAD_DAMAGED")


@given(shuffled(BEFORE), shuffled(MEANWHILE))
@settings(max_examples=60, deadline=None)
def test_facts_in_any_order_and_number_lead_to_the_same_end(before: list[Event], meanwhile: list[Event]) -> None:
    assert played(before, meanwhile) == EXPECTED


UNITS = st.sampled_from([{"L1": (1,)}, {"L1": (1, 2)}, {"L2": (1, 2, 3)}, {"L1": (2,), "L2": (2,)}])
REASONS = st.sampled_from(["SNAD_QUALITY", "SNAD_COUNTERFEIT", "INR_OVERDUE", "BUY_CHANGED_MIND", "SNAD_DAMAGED"])
NAMES = st.sampled_from(["D1", "D1", "D1", "D2", "D3"])
AMOUNTS = st.integers(0, 5000)


@st.composite
def happening(draw: st.DrawFn) -> tuple[timedelta, Any]:
    """Something, and how long after the thing before."""
    wait = draw(st.sampled_from([timedelta(0), timedelta(seconds=1), DAY, 2 * DAY, 3 * DAY, 5 * DAY]))
    name, amount = draw(NAMES), draw(AMOUNTS)
    by = draw(st.sampled_from(["anna", "shop"]))
    compensation = draw(st.sampled_from([0, 5000]))
    event = draw(
        st.sampled_from(
            [
                say.a_complaint(dispute=name, units=draw(UNITS), reason=draw(REASONS), want=say.refund(amount)),
                say.change(amount, dispute=name),
                say.command(type(say.change(1)), want=say.goods_back(amount), dispute=name),
                say.a_refusal(amount, dispute=name),
                say.accepted(by, dispute=name),
                say.escalation(dispute=name),
                say.cancellation(dispute=name),
                say.evidence(by, dispute=name),
                say.evidence_done(by, dispute=name),
                say.accepted("shop", dispute=name, return_address="CN"),
                say.return_shipped(amount, dispute=name),
                say.return_confirmed(dispute=name),
                say.a_ruling(OPENED, dispute=name, ruling=f"R-{amount}", refund=amount, compensation=compensation),
                say.delivered(PROMISED - DAY),
                say.anomalous("lost", PROMISED - 2 * DAY),
                say.promise_broken(),
                say.receipt(PROMISED),
                PartyChanged(party="shop", role="seller", deposit=amount),
                "fail",
                "pay",
            ]
        )
    )
    return wait, event


@given(st.lists(happening(), min_size=8, max_size=30), st.booleans())
@settings(max_examples=200, deadline=None)
def test_money_and_states_hold_in_every_course(course: list[tuple[timedelta, Any]], pays: bool) -> None:
    world = World(pays=pays, now=OPENED)
    world.hear(say.an_order(lines=(say.a_line(), say.a_line("L2", 3, 700))))
    world.hear(say.shipped())
    world.hear(say.a_complaint())
    for wait, event in course:
        world.until(world.now + wait)
        _happen(world, event)
        _check(world)
    world.until(world.now + 60 * DAY)
    _check(world)
    for dispute in world.order.disputes.values():
        assert not dispute.is_open or dispute.pending or dispute.state == states.ARBITRATION_REVIEW


def _happen(world: World, event: Any) -> None:
    if isinstance(event, Event):
        world.hear(event)
        return
    for ordered in world.told(RefundOrdered):
        paid = executed(ordered, world.now)
        failed = RefundFailed(order="O1", dispute=ordered.dispute, instruction=ordered.instruction, failed_at=world.now)
        world.hear(paid if event == "pay" else failed)


def _check(world: World) -> None:
    order = world.order
    assert 0 <= order.refunded <= order.known.paid
    assert order.escrow_left >= 0
    for unit in order.known.every_unit():
        assert order.refunded_units().get((unit.line, unit.number), 0) <= unit.paid
    journals: Counter[str] = Counter()
    for row in world.rows("journal"):
        journals[row["journal_id"]] += row["amount"]
    assert not any(journals.values())
    resolved = [row["dispute"] for row in world.rows("resolution")]
    assert len(resolved) == len(set(resolved))
    instructions = {ordered.instruction for ordered in world.told(RefundOrdered)}
    assert len(instructions) == len(journals)
    for move in world.moves:
        assert _legal(move.before, move.after, move.transition), move
    for dispute in order.disputes.values():
        steps = [
            event.step for event in world.said if getattr(event, "dispute", "") == dispute.id and hasattr(event, "step")
        ]
        assert steps == list(range(1, len(steps) + 1))
    assert len(msgspec.json.encode(order)) < 64 * 1024


def _legal(before: str | None, after: str, number: str) -> bool:
    return any(row.number == number and before in row.sources and after in row.to for row in transitions.TRANSITIONS)
