"""What a rule is handed and what it returns. Pure: no I/O, no clock, no chance.

rule: (state | None, event, given) -> Decision
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct, field

from aftersales.contracts.envelope import Event
from aftersales.identity import Actor
from aftersales.policy.book import PolicyBook


class SubjectRef(NamedTuple):
    """One row that decisions are about: `kind` names the service's kind of subject, `id` the row."""

    kind: str
    id: str


class Outage(Struct, frozen=True):
    """Our own system was deaf from `since` until `until`; what fell due inside moves by the length, 7 days at most."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return min(self.until - self.since, timedelta(days=7))


class Given(Struct, frozen=True):
    """Everything a rule may know beside the state and the event.

    now: `app_now()` read under the lock; windows given to a party start here.
    arrived_at: when the cause reached the platform; this alone decides whether a command is in time.
    source: the CloudEvents source, or the actor's source over HTTP; None for a timer.
    actor: the caller over HTTP; None over Kafka and for timers.
    others: the states of the subjects that `also` named, None where a row is new.
    found: a page of the subjects that `among` asked for, by id.
    """

    now: datetime
    arrived_at: datetime
    cause: UUID
    policies: PolicyBook
    source: str | None = None
    actor: Actor | None = None
    outages: tuple[Outage, ...] = ()
    others: Mapping[SubjectRef, Any] = field(default_factory=dict)
    found: tuple[SubjectRef, ...] = ()

    def extended(self, due: datetime) -> datetime:
        """A deadline, moved by every outage it fell into (rulebook 8.19). In time: `arrived_at < extended(due)`."""
        for outage in sorted(self.outages, key=lambda o: o.since):
            if outage.since <= due < outage.until:
                due += outage.length
        return due


class Timer(Struct, frozen=True):
    """Wake this subject at `due`. Insert-only: never moved or cancelled, only outlived.

    rank: among timers due at one instant the lower rank fires first (rulebook section 4).
    party: a deadline of a party; it fires only once every command that arrived before it has been read.
    subject: None is the subject of the decision.
    data: what the rule needs to know again, such as which dispute and which deadline it was armed for.
    """

    kind: str
    due: datetime
    rank: int = 50
    party: bool = True
    data: Mapping[str, str] = field(default_factory=dict)
    subject: SubjectRef | None = None


class TimerFired(Struct, frozen=True):
    """The event a due timer becomes."""

    kind: str
    due: datetime
    subject: SubjectRef
    data: Mapping[str, str]


class Append(Struct, frozen=True):
    """A row for an append-only table of the service (journals, statements, intents), by the table's columns."""

    table: str
    row: Mapping[str, Any]


class Move(Struct, frozen=True):
    """A thing (dispute, parcel, case) went from one status to another; `transition` is its number in the rulebook."""

    thing: str
    before: str | None
    after: str
    transition: str


class Source(Struct, frozen=True, omit_defaults=True):
    """Where a fact comes from: the wire name of what said it, without version, and the instant at which it was so."""

    event: str
    at: datetime


class Boundary(Struct, frozen=True, omit_defaults=True):
    """The nearest place at which the decision would have turned; `turn` is a key of `explanation.TURNS`.

    at: an instant. amount: minor units. then: what would have been so on the other side, where the key needs it.
    """

    turn: str
    at: datetime | None = None
    amount: int | None = None
    then: int | str | None = None


class Because(Struct, frozen=True):
    """Why: the rule, the facts and the policy a decision rests on. JSON-ready; stored in `history`.

    title: of a rule that `rulebook.titles` does not name, as its own table has it.
    sources: of the facts that the cause itself did not say, by their names.
    amounts: name to how it was computed: `value`, `formula` and the figures that go into it, all minor units.
    otherwise: where it would have turned. `aftersales.explanation` makes sentences of all this, and only when asked to.
    """

    rule: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    policy_version: str | None = None
    title: str | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    amounts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    otherwise: tuple[Boundary, ...] = ()


class Outcome(StrEnum):
    APPLIED = "applied"
    NOTHING = "nothing"  # late, duplicate, wrong state: an answer with a name
    REFUSED = "refused"  # a guard of the rulebook said no
    WAITING = "waiting"  # kept in the subject's row until what it speaks of is heard of
    DEAD_LETTER = "dead_letter"  # not ours to judge: foreign source and the like


class Decision(Struct, frozen=True):
    """What a rule returns. `state` None leaves the subject's row as it is."""

    state: Any = None
    events: tuple[Event, ...] = ()
    timers: tuple[Timer, ...] = ()
    appends: tuple[Append, ...] = ()
    moves: tuple[Move, ...] = ()
    others: Mapping[SubjectRef, Any] = field(default_factory=dict)
    outcome: Outcome = Outcome.APPLIED
    slug: str | None = None
    sentence: str | None = None
    because: Because | None = None
    answer: Mapping[str, Any] | None = None  # what an HTTP caller is told beside the status


class Rule(Protocol):
    def __call__(self, state: Any, event: Any, given: Given, /) -> Decision: ...


def nothing(slug: str, sentence: str, *events: Event) -> Decision:
    """Nothing to do: late, duplicate, wrong state."""
    return Decision(outcome=Outcome.NOTHING, slug=slug, sentence=sentence, events=events)


def refused(slug: str, sentence: str, *events: Event) -> Decision:
    return Decision(outcome=Outcome.REFUSED, slug=slug, sentence=sentence, events=events)
