"""What comes through the three doors: causes, and records that are none."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson
from msgspec import Struct

from aftersales.contracts.envelope import Event
from aftersales.decision import SubjectRef, TimerFired
from aftersales.identity import Actor

TIMER_TYPE: Final = "timer:"
Values = tuple[Any, ...]


def written(subject: SubjectRef) -> str:
    """A subject as the engine's tables name it."""
    return f"{subject.kind}/{subject.id}"


def read_subject(text: str) -> SubjectRef:
    kind, _, name = text.partition("/")
    return SubjectRef(kind, name)


class Place(Struct, frozen=True):
    """Where a record lies. `appended_at` is its LogAppendTime, None where the topic keeps another time."""

    topic: str
    partition: int
    offset: int
    appended_at: datetime | None = None


class Record(Struct, frozen=True):
    """A record as it was received, bytes and all."""

    place: Place
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    body: bytes | None


class DeadLetter(Struct, frozen=True):
    """A record that nobody can judge; kept whole, parks nothing. `last` as in `Cause`."""

    record: Record
    reason: str
    sentence: str
    last: bool = True

    @property
    def place(self) -> Place:
        return self.record.place


class TimerRow(Struct, frozen=True):
    """A timer as the table has it."""

    id: UUID
    kind: str
    subject: str
    due: datetime
    rank: int
    party: bool
    data: Mapping[str, str]
    armed_by: UUID

    @property
    def values(self) -> Values:
        return (self.id, self.kind, self.subject, self.due, self.rank, self.party, dict(self.data), self.armed_by)


class Cause(Struct, frozen=True):
    """Something that concerns one subject. One record may be several causes.

    id: derived from (source, name); of a timer, its row's id. hash: of the content, so that a used id with other
    content is noticed. event: None where there is nothing to decide; then `note` is what the log of causes says of it.
    arrived_at: None is "now, as read under the lock". body: the event as JSON; kept in the log of causes where
    `keep_body`, and behind a parked subject always. park: the reason to park the subject instead of deciding. record:
    None for HTTP and timers. last: the record's last cause, so that the fence may move past it. queued: the row in
    `parked_cause` that this is the replay of. again: the replay of a dead letter that the log already knows. trace: the
    W3C traceparent of what caused this. timer: the row that fired.
    """

    id: UUID
    subject: SubjectRef
    event: Event | TimerFired | None
    type: str
    source: str
    name: str
    hash: bytes
    arrived_at: datetime | None = None
    body: bytes = b"null"
    keep_body: bool = False
    note: str | None = None
    park: str | None = None
    actor: Actor | None = None
    record: Record | None = None
    last: bool = True
    queued: int | None = None
    again: bool = False
    trace: str | None = None
    timer: TimerRow | None = None

    @property
    def place(self) -> Place | None:
        return self.record.place if self.record is not None else None


Item = Cause | DeadLetter


def content_hash(event: Event) -> bytes:
    """Of what an event says, the same over either door and however it was written.

    Defaults are left out: a later version with one more optional field must not take a repeat for a collision.
    """
    content = event.model_dump(mode="json", exclude_defaults=True)
    return sha256(event.TYPE.encode() + b"\n" + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()
