"""What is said of an order before the order itself is heard of: it waits in the order's row (design section 3)."""

from datetime import timedelta
from functools import wraps
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import (
    AddressChanged,
    ChargebackLost,
    ChargebackOpened,
    ChargebackWon,
    Command,
    ComplaintMade,
    OrderCancelled,
    OrderEvent,
    OrderPaid,
    OrderPlaced,
    ParcelShipped,
    PaymentEvent,
    ReceiptConfirmed,
)
from aftersales.decision import Because, Decision, Given, Outcome, Rule, Timer, TimerFired, nothing
from aftersales.identity import authorize
from dispute.domain import transitions
from dispute.domain.order import Order, Waiting
from dispute.rules import chargeback, facts
from dispute.rules.draft import Draft, No, foreign
from dispute.rules.speak import PARTIES, command_refused, hear

PATIENCE: Final = timedelta(hours=24)
MOST_COMMANDS: Final = 20
MOST_FACTS: Final = 50
# Nobody knows yet which source will place the order, so each has its own room; three must fit into the order's row.
MOST_BYTES: Final = 18_000

UNKNOWN: Final = No("unknown-order", "There is no such order. Place it first, or correct its number.")


def command(order: Order | None, said: Command, given: Given) -> Decision:
    """A party's command: heard, or kept until its order is known. Over HTTP an unknown order is simply not found."""
    if order is not None and order.terms is not None:
        return hear(order, said, given)
    if given.actor is not None:
        authorize(given.actor, PARTIES, None)
    return _keep(order or Order(said.order), said, given)


def fact(rule: Rule) -> Rule:
    """A rule about an order's facts, for orders that may not be known yet and speakers who may not speak of them."""

    @wraps(rule)
    def decide(order: Order | None, said: OrderEvent | PaymentEvent, given: Given) -> Decision:
        if order is None or order.terms is None:
            return _keep(order or Order(said.order), said, given)
        if given.source != order.terms.source:
            return foreign(order.terms.source, given)
        return rule(order, said, given)

    return decide


def order_placed(order: Order | None, said: OrderPlaced, given: Given) -> Decision:
    """The order is known from now on: what waited for it is decided, facts first, each judged by its own arrival."""
    order = order or Order(said.order)
    if order.terms is not None:
        same = given.source == order.terms.source
        return nothing("known", "This order was placed already.") if same else foreign(order.terms.source, given)
    waiting = sorted(order.waiting, key=lambda one: issubclass(Event.vocabulary[one.type], Command))
    draft = Draft(facts.placed(replace(order, waiting=()), said, given.source or "", given.policies), given)
    draft.facts.update(placed_at=said.placed_at.isoformat(), paid=draft.order.known.paid, waiting=len(waiting))
    decision = draft.decision(draft.why())
    for one in waiting:
        decision = _then(decision, one, given)
    return decision


def complaints(order: Order) -> tuple[ComplaintMade, ...]:
    """The complaints among what waits."""
    events = (_event(one) for one in order.waiting if one.type == ComplaintMade.TYPE)
    return tuple(event for event in events if isinstance(event, ComplaintMade))


def still_unknown(order: Order, fired: TimerFired, given: Given) -> Decision:
    """A day has passed and nobody placed the order: the command is refused."""
    one = next((one for one in order.waiting if one.cause == fired.data["cause"]), None)
    if one is None:
        return nothing("outlived", "The order came.")
    said = _event(one)
    assert isinstance(said, Command)
    kept = replace(order, waiting=tuple(other for other in order.waiting if other is not one))
    event = command_refused(said, replace(given, cause=UUID(one.cause)), UNKNOWN)
    return Decision(state=kept, events=(event,), because=Because("refused: unknown-order", {"command": said.name()}))


def _keep(order: Order, said: Command | OrderEvent | PaymentEvent, given: Given) -> Decision:
    body = said.model_dump_json()
    one = Waiting(said.TYPE, body, given.source, given.arrived_at, str(given.cause))
    is_command = isinstance(said, Command)
    theirs = [other for other in order.waiting if other.source == given.source]
    alike = [other for other in theirs if issubclass(Event.vocabulary[other.type], Command) == is_command]
    size = sum(len(other.body.encode()) for other in theirs) + len(body.encode())
    if len(alike) >= (MOST_COMMANDS if is_command else MOST_FACTS) or size > MOST_BYTES:
        return _no_room(said, given)
    due = given.arrived_at + PATIENCE
    timer = Timer(transitions.ORDER_UNKNOWN, due, party=False, data={"cause": one.cause})
    return Decision(
        state=replace(order, waiting=(*order.waiting, one)),
        timers=(timer,) if is_command else (),
        outcome=Outcome.WAITING,
        slug="order-not-known-yet",
        sentence="The order has not been heard of yet; this waits for it.",
        because=Because("waiting for the order", {"said": said.name(), "waiting": len(order.waiting) + 1}),
    )


def _no_room(said: Command | OrderEvent | PaymentEvent, given: Given) -> Decision:
    if isinstance(said, Command):
        event = command_refused(said, given, UNKNOWN)
        return Decision(events=(event,), outcome=Outcome.REFUSED, slug=UNKNOWN.slug, sentence=UNKNOWN.sentence)
    return Decision(
        outcome=Outcome.DEAD_LETTER, slug="too-many-waiting", sentence="Too much waits for an order nobody has placed."
    )


def _then(before: Decision, one: Waiting, given: Given) -> Decision:
    """One more decision on top of the ones before: what waited is heard as if it came now, but arrived when it did."""
    heard = replace(
        given,
        arrived_at=one.arrived_at,
        source=one.source,
        cause=UUID(one.cause),
        actor=None,
        others={**given.others, **before.others},
    )
    event = _event(one)
    order = before.state
    after = hear(order, event, heard) if isinstance(event, Command) else FACTS[type(event)](order, event, heard)
    return replace(
        before,
        state=after.state or before.state,
        events=before.events + after.events,
        timers=before.timers + after.timers,
        appends=before.appends + after.appends,
        moves=before.moves + after.moves,
        others={**before.others, **after.others},
    )


def _event(one: Waiting) -> Event:
    return Event.vocabulary[one.type].model_validate_json(one.body)


FACTS: Final[dict[type[Event], Rule]] = {
    facts_of: fact(rule)
    for facts_of, rule in (
        (OrderPaid, facts.order_paid),
        (OrderCancelled, facts.order_cancelled),
        (AddressChanged, facts.address_changed),
        (ParcelShipped, facts.parcel_shipped),
        (ReceiptConfirmed, facts.receipt_confirmed),
        (ChargebackOpened, chargeback.opened),
        (ChargebackWon, chargeback.won),
        (ChargebackLost, chargeback.lost),
    )
}
