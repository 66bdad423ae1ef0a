"""Decide in memory, in order, by pure rules; what is to be written is gathered in a `Book`.

A cause goes into the book whole or not at all: states are encoded, columns and views computed before anything is
entered, so that a failure of our own code is met at its record, parks its subject and stops nobody else.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import orjson
import structlog

from aftersales.decision import Decision, Given, Outage, Outcome, SubjectRef, refused
from aftersales.errors import Failure, Refused
from aftersales.identity import effect_id
from aftersales.policy.book import PolicyBook
from aftersales.runtime.causes import Cause, DeadLetter, Values, written
from aftersales.runtime.postgres import plain
from aftersales.runtime.unit.explain import explained, rule_name, told
from aftersales.runtime.unit.lock import Row
from aftersales.service import Kind, On, OnTimer, Service, View

LOG: Final = structlog.get_logger()


class SubjectFull(Exception):
    """What a message would make of its subject is more than a row may hold."""


class NotLocked(Exception):
    """A cause names a further subject that was not known when the batch was locked; the batch is cut before it."""


@dataclass(slots=True)
class Kept:
    """A subject as it will be written: `state` None where no decision of this unit changed it."""

    version: int
    state: bytes | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Book:
    """Everything a unit writes, by table."""

    subjects: dict[SubjectRef, Kept] = field(default_factory=dict)
    views: dict[tuple[str, tuple[str, ...]], dict[Values, Mapping[str, Any]]] = field(default_factory=dict)
    inbox: list[Values] = field(default_factory=list)
    undecided: list[tuple[Cause, str, str | None, bytes | None]] = field(default_factory=list)
    history: list[Values] = field(default_factory=list)
    outbox: list[Values] = field(default_factory=list)
    timers: list[Values] = field(default_factory=list)
    appends: dict[tuple[str, tuple[str, ...]], list[Values]] = field(default_factory=dict)
    dead: list[DeadLetter] = field(default_factory=list)
    parked: dict[SubjectRef, tuple[str, Cause]] = field(default_factory=dict)
    queue: list[Cause] = field(default_factory=list)
    unqueue: list[int] = field(default_factory=list)
    decisions: dict[int, Decision] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Effects:
    """One decision, ready to be entered."""

    decision: Decision
    subjects: dict[SubjectRef, tuple[Any, bytes | None, Mapping[str, Any]]]
    views: list[tuple[View, list[Mapping[str, Any]]]]
    history: list[Values]
    outbox: list[Values]
    timers: list[Values]


class Decider:
    """Runs the rules of one service over one batch of locked subjects."""

    def __init__(
        self,
        service: Service,
        policies: PolicyBook,
        rows: Mapping[SubjectRef, Row],
        *,
        now: datetime,
        outages: tuple[Outage, ...],
        parked: frozenset[SubjectRef],
        found: Mapping[UUID, tuple[SubjectRef, ...]],
    ) -> None:
        self._kinds = {kind.name: kind for kind in service.kinds}
        self._order = [kind.name for kind in service.kinds]
        self._service = service
        self._policies = policies
        self._now = now
        self._time = now.isoformat()
        self._outages = outages
        self._parked = set(parked)
        self._found = found
        self._states = {ref: row.state for ref, row in rows.items()}
        self._versions = {ref: row.version for ref, row in rows.items()}
        self.book = Book()

    def run(self, causes: Sequence[Cause], decider: Callable[[Cause], On | OnTimer | None]) -> int:
        """Decide as many as can be; gives their number, which is less than all where the batch must be cut."""
        for position, cause in enumerate(causes):
            try:
                self._one(position, cause, decider(cause))
            except NotLocked:
                if position == 0:
                    # Nothing has changed since the locks were taken, so a new unit would come no further.
                    self._park(cause, f"{cause.type}: `also` names other subjects for one and the same state")
                    continue
                return position
        return len(causes)

    def _one(self, position: int, cause: Cause, on: On | OnTimer | None) -> None:
        if cause.park is not None:
            self._park(cause, cause.park)
        elif cause.event is None or on is None:
            self._log(cause, cause.note or "ignored", None, None)
        elif cause.subject in self._parked:
            self._wait(cause)
        else:
            try:
                effects = self._effects(cause, on)
            except (Failure, NotLocked):
                raise
            except Refused:
                raise  # over HTTP only: nothing is kept of a request that its rule does not allow
            except Exception as problem:
                # A rule is pure: the same state and the same event fail the same way however often they are tried, so
                # the subject is parked at once; replay is the second attempt, once the code is mended.
                LOG.exception("rule failed", subject=written(cause.subject), type=cause.type, cause=str(cause.id))
                self._park(cause, f"{rule_name(on)}: {type(problem).__name__}: {problem}"[:500])
            else:
                self._enter(position, cause, effects)

    def _park(self, cause: Cause, reason: str) -> None:
        self.book.parked[cause.subject] = (reason, cause)
        self._parked.add(cause.subject)
        self._wait(cause)

    def _wait(self, cause: Cause) -> None:
        """Behind a parked subject: commands and facts queue, timers stay where they are."""
        if cause.timer is not None:
            self.book.timers.append(cause.timer.values)
        elif cause.queued is None:
            self.book.queue.append(cause)
            self._log(cause, "parked", None, None)

    def _effects(self, cause: Cause, on: On | OnTimer) -> Effects:
        state = self._states[cause.subject]
        others = on.also(state, cause.event)
        if any(ref not in self._states for ref in others):
            raise NotLocked
        given = Given(
            now=self._now,
            arrived_at=cause.arrived_at or self._now,
            cause=cause.id,
            policies=self._policies,
            source=None if cause.timer is not None else cause.source,
            actor=cause.actor,
            outages=self._outages,
            others={ref: self._states[ref] for ref in others},
            found=self._found.get(cause.id, ()),
        )
        try:
            decision = on.decide(state, cause.event, given)
        except Refused as problem:
            if cause.actor is not None and cause.queued is None:
                raise
            decision = refused(problem.slug, problem.sentence)
        if decision.outcome is Outcome.DEAD_LETTER:
            return Effects(decision, {}, [], [], [], [])
        strangers = [ref for ref in decision.others if ref not in others]
        if strangers:
            raise LookupError(f"{rule_name(on)} writes {strangers[0]}, which `also` does not name")
        try:
            return self._prepared(cause, on, decision, given)
        except SubjectFull as problem:
            # A stranger must not park anybody by saying much: the message is refused, the subject goes on.
            if cause.timer is not None or cause.queued is not None:
                raise
            if cause.actor is not None:
                raise Refused("subject-full", str(problem)) from None
            full = Decision(outcome=Outcome.DEAD_LETTER, slug="subject-full", sentence=str(problem))
            return Effects(full, {}, [], [], [], [])

    def _prepared(self, cause: Cause, on: On | OnTimer, decision: Decision, given: Given) -> Effects:
        states = {cause.subject: decision.state, **decision.others}
        subjects = {ref: (state, *self._encoded(ref, state)) for ref, state in states.items()}
        views = [
            (view, view.changed(ref.id, self._states[ref], state))
            for ref, state in states.items()
            if state is not None
            for view in self._kinds[ref.kind].views
        ]
        explanation = explained(decision, on)
        rule, why, outcome = explanation["rule"], orjson.dumps(explanation, default=plain), decision.outcome.value
        moves = [[move.thing, move.before, move.after, move.transition] for move in decision.moves]
        history: list[Values] = [
            (
                *(written(ref), self._versions[ref] + 1, cause.id, cause.type, rule, outcome),
                *(self._now, given.arrived_at, moves if ref == cause.subject else [], why),
            )
            for ref in states
        ]
        return Effects(decision, subjects, views, history, self._said(cause, decision), self._armed(cause, decision))

    def _encoded(self, ref: SubjectRef, state: Any) -> tuple[bytes | None, Mapping[str, Any]]:
        if state is None:
            return None, {}
        kind: Kind = self._kinds[ref.kind]
        if not isinstance(state, kind.state):
            raise TypeError(f"the state of {written(ref)} is a {type(state).__name__}, not a {kind.state.__name__}")
        encoded = msgspec.json.encode(state)
        if len(encoded) > kind.most:
            raise SubjectFull(f"{written(ref)} would come to {len(encoded)} bytes; a row holds at most {kind.most}.")
        return encoded, kind.columns(state)

    def _said(self, cause: Cause, decision: Decision) -> list[Values]:
        if not decision.events:
            return []
        subject = written(cause.subject)
        rows: list[Values] = []
        common = {"ce_source": self._service.name, "ce_time": self._time, "ce_causationid": str(cause.id)}
        if cause.trace:
            common["traceparent"] = cause.trace
        for ordinal, event in enumerate(decision.events):
            event_id = effect_id(cause.id, subject, ordinal, event.name())
            key = event.key
            headers = {"ce_id": str(event_id), "ce_type": event.TYPE, "ce_subject": key, **common}
            rows.append((event_id, event.TOPIC, key, event.TYPE, subject, headers, event.as_json()))
        return rows

    def _armed(self, cause: Cause, decision: Decision) -> list[Values]:
        if not decision.timers:
            return []
        subject = written(cause.subject)
        return [
            (
                effect_id(cause.id, subject, ordinal, f"timer:{timer.kind}"),
                timer.kind,
                written(timer.subject) if timer.subject is not None else subject,
                *(timer.due, timer.rank, timer.party, dict(timer.data), cause.id),
            )
            for ordinal, timer in enumerate(decision.timers)
        ]

    def _enter(self, position: int, cause: Cause, effects: Effects) -> None:
        book, decision = self.book, effects.decision
        book.decisions[position] = decision
        answer = orjson.dumps(told(decision), default=str) if cause.keep_body else None
        self._log(cause, decision.outcome.value, decision.slug, answer)
        if cause.queued is not None:
            book.unqueue.append(cause.queued)
        if decision.outcome is Outcome.DEAD_LETTER:
            if cause.record is not None:
                book.dead.append(
                    DeadLetter(cause.record, decision.slug or "refused", decision.sentence or "", cause.last)
                )
            return
        for ref, (state, encoded, columns) in effects.subjects.items():
            self._versions[ref] += 1
            kept = book.subjects.setdefault(ref, Kept(self._versions[ref]))
            kept.version = self._versions[ref]
            if encoded is not None:
                self._states[ref] = state
                kept.state, kept.columns = encoded, columns
        for view, rows in effects.views:
            book.views.setdefault((view.table, view.key), {}).update(view.by_key(rows))
        book.history.extend(effects.history)
        book.outbox.extend(effects.outbox)
        book.timers.extend(effects.timers)
        for append in decision.appends:
            shape = (append.table, tuple(append.row))
            book.appends.setdefault(shape, []).append(tuple(append.row.values()))

    def _log(self, cause: Cause, outcome: str, slug: str | None, answer: bytes | None) -> None:
        self.book.outcomes[outcome] += 1
        if cause.queued is not None or cause.again:
            self.book.undecided.append((cause, outcome, slug, answer))
            return
        place = cause.place
        self.book.inbox.append(
            (
                *(cause.id, written(cause.subject), cause.hash, cause.type, cause.source, cause.name),
                *(cause.arrived_at or self._now, outcome, slug, answer, cause.body if cause.keep_body else None),
                *((place.topic, place.partition, place.offset) if place is not None else (None, None, None)),
            )
        )
