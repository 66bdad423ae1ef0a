"""One seller's disputed orders, played by the services' rules under one policy: same messages, same instants.

A message that is no longer allowed is dropped and counted. The platform does its own work: refunds are paid at once, a
ruling waits for its case to come into review, and a second agent confirms where the policy asks for one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aftersales.contracts.dispute import RefundOrdered
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import Command
from aftersales.decision import Outcome
from aftersales.identity import Actor, Role
from aftersales.policy.book import PolicyBook
from aftersales_local.payments import PaymentProvider
from aftersales_local.stories.kernel import Happened, Said, World
from aftersales_local.whatif.lines import SERVICES, Told
from aftersales_local.whatif.sharing import Shared
from arbitration.domain.case import IN_REVIEW, OVER, Case
from arbitration.domain.commands import DeskCommand, RulingMade, RulingSeconded
from dispute.domain.order import Order

MARKETPLACE: Final = "marketplace"
SECOND: Final = "second-agent"
COMMANDS: Final = (Command, DeskCommand)
DROPPED: Final = (Outcome.REFUSED, Outcome.NOTHING, Outcome.DEAD_LETTER)
PROVIDER: Final = PaymentProvider()


@dataclass(frozen=True, slots=True)
class Played:
    """orders: by id, as they stand at the end. dropped: (order or case, id) of what was not allowed.

    waited: cases with a ruling that was made later than history has it, because it came into review later.
    """

    world: World
    orders: Mapping[str, Order]
    dropped: frozenset[tuple[str, str]]
    waited: frozenset[str]

    @property
    def broken(self) -> Mapping[Any, str]:
        return self.world.broken


def play(history: Sequence[Told], book: PolicyBook, until: datetime) -> Played:
    """history: in order of its instants. until: how far time goes on after the last of them."""
    return _Theatre(World(SERVICES, book, history[0].at, _paid)).played(history, until)


def play_both(
    history: Sequence[Told],
    before: PolicyBook,
    after: PolicyBook,
    until: datetime,
    shared: Shared,
    *,
    logs: bool = False,
) -> tuple[Played, Played]:
    """The same under two policies.

    Until somebody first says what they want, facts are all there is, which is half of all decisions: they are played
    once, unless one of them read what differs.
    """
    theatre = _Theatre(World(SERVICES, before, history[0].at, _paid, shared.first, logs=logs))
    facts = next((place for place, told in enumerate(history) if isinstance(told.event, COMMANDS)), len(history))
    theatre.tell_all(history[:facts])
    if facts < len(history):
        theatre.advance(history[facts].at)
    if shared.differs:
        other = _Theatre(World(SERVICES, after, history[0].at, _paid, shared.second, logs=logs))
        other.tell_all(history[:facts])
    else:
        other = _Theatre(theatre.world.under(after, shared.second))
    return theatre.played(history[facts:], until), other.played(history[facts:], until)


class _Theatre:
    def __init__(self, world: World) -> None:
        self.world = world
        self.dropped: set[tuple[str, str]] = set()
        self.waited: set[str] = set()
        self._waiting: dict[str, list[Told]] = {}

    def played(self, history: Iterable[Told], until: datetime) -> Played:
        """The rest of a history, and how all stands then."""
        self.tell_all(history)
        self.advance(until)
        orders = {
            place.subject.id: state
            for place, state in self.world.states.items()
            if place.service == "dispute" and isinstance(state, Order)
        }
        return Played(self.world, orders, frozenset(self.dropped), frozenset(self.waited))

    def tell_all(self, history: Iterable[Told]) -> None:
        for told in history:
            self.tell(told)

    def tell(self, told: Told) -> None:
        self.advance(told.at)
        event = told.event
        if not isinstance(event, COMMANDS):
            self.world.tell(_said(told, event))
        elif isinstance(event, RulingMade):
            self._rule(told, event)
        elif not isinstance(event, RulingSeconded):  # confirmed as soon as it is made
            self._note(told, self.world.tell(_said(told, self._as_seen(event))))

    def advance(self, until: datetime) -> None:
        """Let time pass; rulings that wait are made at the instant their case comes into review."""
        while self._waiting and self.world.next_due is not None and self.world.next_due <= until:
            self.world.advance(self.world.next_due)
            self._those_in_review()
        self.world.advance(until)

    def _those_in_review(self) -> None:
        for name in [name for name in self._waiting if _in_review(self._case(name))]:
            for told in self._waiting.pop(name):
                self.waited.add(name)
                self._rule(told, told.event)

    def _rule(self, told: Told, event: Any) -> None:
        case = self._case(event.case)
        if case is None or (case.status not in IN_REVIEW and case.status not in OVER and not case.sent_ruling):
            self._waiting.setdefault(event.case, []).append(told)
            return
        self._note(told, self.world.tell(_said(told, self._as_seen(event))))
        case = self._case(event.case)
        if case is not None and (held := case.waiting_ruling) is not None:
            confirmed = RulingSeconded(case=case.id, agent=SECOND, ruling=held.id)
            self.world.tell(_said(Told(self.world.now, told.source, f"{told.id}-second", confirmed), confirmed))

    def _as_seen(self, event: Event) -> Event:
        """A word of the desk on the case as it stands: what its agent saw then was another replay's."""
        if not isinstance(event, DeskCommand) or "seen" not in type(event).model_fields:
            return event
        case = self._case(event.case)
        return event if case is None else event.model_copy(update={"seen": case.version})

    def _note(self, told: Told, done: Iterable[Happened]) -> None:
        if any(each.decision.outcome in DROPPED for each in done):
            self.dropped.add((told.event.key, told.id))

    def _case(self, name: str) -> Case | None:
        found: Case | None = self.world.state("arbitration", "case", name)
        return found


def _in_review(case: Case | None) -> bool:
    return case is not None and case.status in IN_REVIEW


def _said(told: Told, event: Event) -> Said:
    # Agents speak over HTTP only, so what they say travels on no topic.
    agent = None if event.TOPIC else getattr(event, "agent", None)
    return Said(event, told.source, told.id, Actor(Role.AGENT, agent) if agent is not None else None)


def _paid(event: Event) -> tuple[Said, ...]:
    # Asked of every event that is said; isinstance of a model of pydantic takes three times as long.
    if type(event) is not RefundOrdered:
        return ()
    name, answer = PROVIDER.answer(event)
    return (Said(answer, event.marketplace or MARKETPLACE, name),)
