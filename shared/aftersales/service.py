"""What a service is, as data: its kinds of subject, and which event concerns which subjects and which rule decides.

The engine (`aftersales.runtime`) runs it on Postgres and Kafka; the story player runs the same tables in memory.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from aftersales.contracts.envelope import Event
from aftersales.decision import Rule, SubjectRef

MAX_STATE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class View:
    """Rows derived from a subject's state for lists and constraints; upserted by `key` where the state makes another.

    `rows(subject id, state)` returns every row of this subject, from the state alone; a row once there is updated,
    never deleted. Whoever changes what `rows` makes of an old state fills the table anew in the same migration.
    """

    table: str
    key: tuple[str, ...]
    rows: Callable[[str, Any], Iterable[Mapping[str, Any]]]

    def changed(self, subject: str, before: Any, after: Any) -> list[Mapping[str, Any]]:
        """The rows that `after` makes and `before` did not (None: nothing did): most decisions change few of them."""
        rows = list(self.rows(subject, after))
        if before is None:
            return rows
        known = self.by_key(self.rows(subject, before))
        return [row for key, row in self.by_key(rows).items() if known.get(key) != row]

    def by_key(self, rows: Iterable[Mapping[str, Any]]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
        return {tuple(row[column] for column in self.key): row for row in rows}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of subject: one table with `id text primary key, version bigint, state jsonb` and the columns lists need.

    state: the frozen struct (msgspec encodes it). columns: the extra columns, computed from the state. most: how many
    bytes a state may come to; what would make it longer is refused.
    """

    name: str
    table: str
    state: type
    columns: Callable[[Any], Mapping[str, Any]] = field(default=lambda state: {})
    views: tuple[View, ...] = ()
    most: int = MAX_STATE


@dataclass(frozen=True, slots=True)
class Among:
    """Subjects of a kind that a timer's rule is to reach, a page at a time, found by the rows of one of its views.

    where: columns and what they equal. later: a column and the instant that it lies after. beyond: the last id of the
    page before. The first column of the view's key is the subject's id.
    """

    kind: Kind
    view: View
    where: Mapping[str, str]
    later: tuple[str, datetime]
    beyond: str = ""
    limit: int = 500

    def within(self, states: Iterable[tuple[str, Any]]) -> tuple[SubjectRef, ...]:
        """The page, of states in memory."""
        further = ((name, state) for name, state in states if name > self.beyond)
        found = sorted(name for name, state in further if any(map(self._fits, self.view.rows(name, state))))
        return tuple(SubjectRef(self.kind.name, name) for name in found[: self.limit])

    def _fits(self, row: Mapping[str, Any]) -> bool:
        column, instant = self.later
        later = row[column] is not None and row[column] > instant
        return later and all(row[name] == wanted for name, wanted in self.where.items())


def _none(_state: Any, _event: Any) -> tuple[SubjectRef, ...]:
    return ()


def _nobody(_state: Any, _event: Any) -> None:
    return None


@dataclass(frozen=True, slots=True)
class On:
    """An event, the subjects it concerns (admitted once per event and subject) and the rule that decides.

    also: further subjects, of a later kind, that this decision reads and may write, found from the locked state.
    """

    event: type[Event]
    subjects: Callable[[Any], tuple[SubjectRef, ...]]
    decide: Rule
    also: Callable[[Any, Any], tuple[SubjectRef, ...]] = _none


@dataclass(frozen=True, slots=True)
class OnTimer:
    """A timer and the rule that decides. among: the subjects that `given.found` holds a page of, to wake them."""

    kind: str
    decide: Rule
    also: Callable[[Any, Any], tuple[SubjectRef, ...]] = _none
    among: Callable[[Any, Any], Among | None] = _nobody


@dataclass(frozen=True)
class Service:
    """A service as data. `kinds` in locking order; `commands` are the topics whose records carry parties' commands."""

    name: str
    kinds: tuple[Kind, ...]
    rules: tuple[On | OnTimer, ...]
    commands: frozenset[str] = frozenset()

    @property
    def topics(self) -> frozenset[str]:
        """The topics of the events it has rules for. Commands that come over HTTP alone have none."""
        return frozenset(on.event.TOPIC for on in self.rules if isinstance(on, On) and on.event.TOPIC) | self.commands

    def on_event(self, event: type[Event]) -> On | None:
        return self._on_event.get(event)

    def on_timer(self, kind: str) -> OnTimer | None:
        return self._on_timer.get(kind)

    # Asked several times a cause, so looked up and not searched for.
    @cached_property
    def _on_event(self) -> dict[type[Event], On]:
        return {on.event: on for on in self.rules if isinstance(on, On)}

    @cached_property
    def _on_timer(self) -> dict[str, OnTimer]:
        return {on.kind: on for on in self.rules if isinstance(on, OnTimer)}
