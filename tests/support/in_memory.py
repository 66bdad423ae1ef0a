"""One service's rules on states in memory: what the engine does to a cause, without a database."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from msgspec.structs import replace

from aftersales.contracts.envelope import Event
from aftersales.decision import Append, Decision, Given, Outcome, SubjectRef, Timer, TimerFired
from aftersales.identity import NAMESPACE, Actor
from aftersales.policy.parse import load_book
from aftersales.service import On, OnTimer, Service
from tests.support.written import is_written_well

BOOK = load_book()


class InMemory:
    """Hand in events with `hear`, let time pass with `until`; look at what was said, appended, decided and kept."""

    def __init__(self, service: Service, source: str = "market") -> None:
        self.service = service
        self.source = source
        self.states: dict[SubjectRef, Any] = {}
        self.said: list[Event] = []
        self.appended: list[Append] = []
        self.decisions: list[Decision] = []
        self.timers: list[Timer] = []
        self._causes = 0

    def hear(
        self, event: Event, at: datetime, *, source: str | None = None, actor: Actor | None = None
    ) -> list[Decision]:
        """The decisions, one a subject. Timers due before `at`, or at it, fire first."""
        self.until(at)
        on = self.service.on_event(type(event))
        assert on is not None, event.TYPE
        cause = self._cause()
        given = Given(at, at, cause, BOOK, source=source or self.source, actor=actor)
        return [self._decide(on, subject, event, given) for subject in on.subjects(event)]

    def until(self, at: datetime) -> None:
        """Fire what falls due up to and including this instant."""
        while due := [timer for timer in self.timers if timer.due <= at]:
            timer = min(due, key=lambda each: (each.due, each.rank))
            self.timers.remove(timer)
            assert timer.subject is not None
            on = self.service.on_timer(timer.kind)
            assert on is not None, timer.kind
            fired = TimerFired(timer.kind, timer.due, timer.subject, timer.data)
            self._decide(on, timer.subject, fired, Given(timer.due, timer.due, self._cause(), BOOK))

    def told(self, event: type[Event]) -> list[Any]:
        """What was said of this type."""
        return [each for each in self.said if isinstance(each, event)]

    def _cause(self) -> UUID:
        self._causes += 1
        return uuid5(NAMESPACE, str(self._causes))

    def _decide(self, on: On | OnTimer, subject: SubjectRef, event: Any, given: Given) -> Decision:
        state = self.states.get(subject)
        others = on.also(state, event)
        known = {ref: self.states.get(ref) for ref in others}
        given = replace(given, others=known, found=self._found(on, state, event))
        decision = on.decide(state, event, given)
        assert is_written_well(decision)
        assert set(decision.others) <= set(others)
        self.decisions.append(decision)
        if decision.outcome is not Outcome.DEAD_LETTER:
            if decision.state is not None:
                self.states[subject] = decision.state
            self.states.update(decision.others)
            self.said.extend(decision.events)
            self.appended.extend(decision.appends)
            self.timers.extend(replace(each, subject=each.subject or subject) for each in decision.timers)
        return decision

    def _found(self, on: On | OnTimer, state: Any, event: Any) -> tuple[SubjectRef, ...]:
        among = on.among(state, event) if isinstance(on, OnTimer) else None
        if among is None:
            return ()
        return among.within((ref.id, known) for ref, known in self.states.items() if ref.kind == among.kind.name)
