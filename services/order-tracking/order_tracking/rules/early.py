"""Facts that are not for an order as it stands: too early, they wait; from a stranger, they are set aside."""

from typing import Final

from msgspec.structs import replace

from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import OrderEvent
from aftersales.decision import Decision, Given, Outcome, refused
from order_tracking.domain.order import Order, Placed, Waiting

MOST_WAITING: Final = 100
MOST_BYTES: Final = 32 * 1024


def known_order(state: Order | None, event: OrderEvent, given: Given) -> tuple[Order, Placed] | Decision:
    """The order and how it was placed, where it is known and its own marketplace speaks; else what to do instead."""
    if state is None or state.placed is None:
        return _wait(state or Order(), event, given)
    if given.source != state.placed.source:
        return foreign(event, given)
    return state, state.placed


def foreign(event: OrderEvent, given: Given) -> Decision:
    sentence = f"{given.source} speaks of order {event.order}, which another source has placed; only that one may."
    return Decision(outcome=Outcome.DEAD_LETTER, slug="foreign-source", sentence=sentence)


def waited(waiting: Waiting) -> Event:
    return Event.vocabulary[waiting.type].model_validate_json(waiting.body)


def _wait(state: Order, event: OrderEvent, given: Given) -> Decision:
    waiting = Waiting(event.TYPE, given.source or "", event.model_dump_json(exclude_none=True))
    if waiting in state.waiting:
        return Decision(outcome=Outcome.NOTHING, slug="fact-known", sentence="This is known and waits for its order.")
    kept = (*state.waiting, waiting)
    if len(kept) > MOST_WAITING or sum(len(each.body) for each in kept) > MOST_BYTES:
        return refused("too-many-waiting", f"Order {event.order} is not known, and no more facts wait for it.")
    sentence = f"Order {event.order} is not known yet; this waits until it is."
    return Decision(
        state=replace(state, waiting=kept), outcome=Outcome.WAITING, slug="order-awaited", sentence=sentence
    )
