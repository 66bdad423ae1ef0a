"""The services' rules run in memory: the engine's order of things without its servers.

Fast and silent, so that it serves backtests too. What a cause does is recorded as `Happened`, for whom it concerns.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct

from aftersales.contracts.envelope import Event
from aftersales.decision import Decision, Given, Outcome, SubjectRef, Timer, TimerFired, refused
from aftersales.errors import Refused
from aftersales.identity import Actor, cause_id, effect_id
from aftersales.policy.book import PolicyBook
from aftersales.service import On, OnTimer, Service

# Python 3.11 looks a member up in its enumeration slowly, and this one is asked for after each decision.
DEAD_LETTER: Final = Outcome.DEAD_LETTER
NOBODY: Final[Mapping[SubjectRef, Any]] = MappingProxyType({})


class Said(Struct, frozen=True):
    """An event with the pair that is its identity, as it would travel."""

    event: Event
    source: str
    name: str
    actor: Actor | None = None


class Happened(Struct, frozen=True):
    """One decision. `event` is a TimerFired for a timer."""

    at: datetime
    service: str
    subject: SubjectRef
    event: Event | TimerFired
    decision: Decision


class Place(NamedTuple):
    """A subject of a service. A tuple, as it is looked up many times a decision."""

    service: str
    subject: SubjectRef


class Armed(NamedTuple):
    """In firing order: due, rank, the subject or dispute that was opened first, what was armed first (each once).

    cause, written, ordinal: what its id is derived from, which most timers are outlived without.
    """

    due: datetime
    rank: int
    opened: int
    armed: int
    cause: UUID
    written: str
    ordinal: int
    place: Place
    timer: Timer

    @property
    def id(self) -> UUID:
        return effect_id(self.cause, self.written, self.ordinal, f"timer:{self.timer.kind}")


class Decides(Protocol):
    """How a rule is asked."""

    def __call__(
        self, on: On | OnTimer, place: Place, state: Any, event: Event | TimerFired, given: Given, /
    ) -> Decision: ...


def by_its_rule(on: On | OnTimer, _place: Place, state: Any, event: Event | TimerFired, given: Given) -> Decision:
    return on.decide(state, event, given)


class World:
    """All subjects of some services, their timers, and the clock.

    answers: asked after every event that a service says; gives what the outside world says in return.
    decides: asks the rule; a backtest may know the answer already. logs: whether `log` is kept; who reads only states
    goes without, as it keeps everything alive that was ever said.
    """

    def __init__(
        self,
        services: Iterable[Service],
        policies: PolicyBook,
        now: datetime,
        answers: Callable[[Event], Iterable[Said]] = lambda _event: (),
        decides: Decides = by_its_rule,
        *,
        logs: bool = True,
    ) -> None:
        self.now = now
        self.states: dict[Place, Any] = {}
        self.log: list[Happened] = []
        self.broken: dict[Place, str] = {}
        self._services = {service.name: service for service in services}
        self._policies = policies
        self._answers = answers
        self._decides = decides
        self._logs = logs
        self._timers: list[Armed] = []
        self._opened: dict[tuple[Place, str], int] = {}
        self._armed = 0
        self._admitted: set[tuple[Place, str, str]] = set()
        self._queue: deque[Said] = deque()
        self._listeners: dict[type[Event], list[tuple[Service, On]]] = {}

    def under(self, policies: PolicyBook, decides: Decides) -> "World":
        """A world that goes on from how this one stands, by itself; states are frozen, so both may hold them."""
        other = World(self._services.values(), policies, self.now, self._answers, decides, logs=self._logs)
        other.states = self.states.copy()
        other.log = self.log.copy()
        other.broken = self.broken.copy()
        other._timers = self._timers.copy()
        other._opened = self._opened.copy()
        other._armed = self._armed
        other._admitted = self._admitted.copy()
        other._listeners = self._listeners
        return other

    def state(self, service: str, kind: str, name: str) -> Any:
        """None for a subject that nothing was decided about."""
        return self.states.get(Place(service, SubjectRef(kind, name)))

    def listeners(self, event: type[Event]) -> Sequence[tuple[Service, On]]:
        """Who has a rule for an event."""
        known = self._listeners.get(event)
        if known is None:
            found = ((service, service.on_event(event)) for service in self._services.values())
            known = self._listeners[event] = [(service, on) for service, on in found if on is not None]
        return known

    def tell(self, said: Said) -> list[Happened]:
        """Hand in an event; returns what it decided itself. Its effects have happened too when this returns."""
        direct = self._hear(said)
        self._settle()
        self.advance(self.now)
        return direct

    def advance(self, until: datetime) -> None:
        """Let time pass: every timer due by then fires at its own instant, those armed on the way included."""
        while self._timers and self._timers[0].due <= until:
            armed = heapq.heappop(self._timers)
            if armed.due > self.now:
                self.now = armed.due
            self._fire(armed)
            self._settle()
        if until > self.now:
            self.now = until

    @property
    def next_due(self) -> datetime | None:
        return self._timers[0].due if self._timers else None

    def _settle(self) -> None:
        while self._queue:
            self._hear(self._queue.popleft())

    def _hear(self, said: Said) -> list[Happened]:
        cause = cause_id(said.source, said.name)
        done: list[Happened] = []
        for service, on in self.listeners(type(said.event)):
            for subject in on.subjects(said.event):
                place = Place(service.name, subject)
                admission = (place, said.source, said.name)
                if admission not in self._admitted:
                    self._admitted.add(admission)
                    done.append(self._decide(on, place, said.event, cause, said))
        return done

    def _fire(self, armed: Armed) -> None:
        place, timer = armed.place, armed.timer
        on = self._services[place.service].on_timer(timer.kind)
        if on is not None:
            fired = TimerFired(timer.kind, timer.due, place.subject, dict(timer.data))
            self._decide(on, place, fired, armed.id, None)

    def _decide(
        self, on: On | OnTimer, place: Place, event: Event | TimerFired, cause: UUID, said: Said | None
    ) -> Happened:
        decision = self._decision(on, place, self.states.get(place), event, cause, said)
        happened = Happened(self.now, place.service, place.subject, event, decision)
        if self._logs:
            self.log.append(happened)
        if decision.outcome is not DEAD_LETTER:
            self._keep(place, decision, cause)
        return happened

    def _decision(
        self, on: On | OnTimer, place: Place, state: Any, event: Event | TimerFired, cause: UUID, said: Said | None
    ) -> Decision:
        if self.broken and place in self.broken:
            return refused("parked", self.broken[place])
        try:
            also = on.also(state, event)
            given = Given(
                now=self.now,
                arrived_at=self.now,
                cause=cause,
                policies=self._policies,
                source=said.source if said else None,
                actor=said.actor if said else None,
                others={ref: self.states.get(Place(place.service, ref)) for ref in also} if also else NOBODY,
                found=() if said else self._found(on, place.service, state, event),
            )
            return self._decides(on, place, state, event, given)
        except Refused as problem:
            return refused(problem.slug, problem.sentence)
        except Exception as problem:
            # As the engine does: a failure of our own code parks its subject and stops nobody else.
            self.broken[place] = f"{type(problem).__name__}: {problem}"
            return refused("parked", self.broken[place])

    def _found(self, on: On | OnTimer, service: str, state: Any, event: Event | TimerFired) -> tuple[SubjectRef, ...]:
        among = on.among(state, event) if isinstance(on, OnTimer) else None
        if among is None:
            return ()
        kind = among.kind.name
        return among.within(
            (place.subject.id, known)
            for place, known in self.states.items()
            if place.service == service and place.subject.kind == kind
        )

    def _keep(self, place: Place, decision: Decision, cause: UUID) -> None:
        if decision.state is not None:
            self.states[place] = decision.state
        for subject, state in decision.others.items():
            self.states[Place(place.service, subject)] = state
        if not decision.timers and not decision.events:
            return
        written = f"{place.subject.kind}/{place.subject.id}"
        for ordinal, timer in enumerate(decision.timers):
            self._arm(place, timer, cause, written, ordinal)
        for ordinal, event in enumerate(decision.events):
            if self.listeners(type(event)):
                name = str(effect_id(cause, written, ordinal, event.name()))
                self._queue.append(Said(event, place.service, name))
            self._queue.extend(self._answers(event))

    def _arm(self, place: Place, timer: Timer, cause: UUID, written: str, ordinal: int) -> None:
        woken = Place(place.service, timer.subject) if timer.subject is not None else place
        opened = self._opened.setdefault((woken, timer.data.get("dispute", "")), len(self._opened))
        self._armed += 1
        heapq.heappush(
            self._timers, Armed(timer.due, timer.rank, opened, self._armed, cause, written, ordinal, woken, timer)
        )
