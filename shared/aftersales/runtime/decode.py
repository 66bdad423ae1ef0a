"""From a record's bytes to causes. What cannot be read becomes a dead letter with a reason, and parks nothing.

Never a client's deserializer: one that raises stops its consumer for ever (dangers A10). orjson is the gate for
well-formedness (UTF-8 without a byte order mark, no NaN, no lone surrogates), the contract's strict model for the
meaning.
"""

import json
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, Final

import orjson
import structlog
from pydantic import ValidationError

from aftersales.contracts.envelope import Event
from aftersales.contracts.words import VOCABULARY
from aftersales.decision import SubjectRef
from aftersales.identity import cause_id
from aftersales.runtime.causes import Cause, DeadLetter, Item, Record, content_hash
from aftersales.service import On, Service

LOG: Final = structlog.get_logger()
MAX_BODY: Final = 64 * 1024
# What our own services say may be as large as the outbox takes: a stricter listener would lose a step of a dispute.
MAX_OWN_BODY: Final = 200 * 1024
OWN_TOPICS: Final = ("tracking.", "dispute.", "arbitration.", "notification.")
# Longer ones do not fit into an index, and no id of the vocabulary is longer.
MAX_KEY: Final = 200
MAX_HEADERS: Final = 64
MAX_HEADER_BYTES: Final = 16 * 1024
MAX_DEPTH: Final = 20
MAX_SUBJECTS: Final = 500
# Where two readings of one amount would be a fraud and not a slip; the commands' topics are added per service.
MONEY_TOPICS: Final = frozenset({"marketplace.payments"})
ENVELOPE: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?")
VERSIONED: Final = re.compile(r"(?P<name>.+)\.v(?P<version>[0-9]{1,4})")
# At least what precedes every value of an object.
NAMED: Final = re.compile(rb'"\s*:')
TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Unreadable(Exception):
    """Why a record is a dead letter."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sentence = sentence


class Decoder:
    """Knows what one service listens to."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._heard: dict[str, On] = {on.event.TYPE: on for on in service.rules if isinstance(on, On)}
        self._versions: dict[str, int] = {}
        for type_ in self._heard:
            name, version = versioned(type_)
            self._versions[name] = max(version, self._versions.get(name, 0))
        self._topics = {versioned(type_)[0]: on.event.TOPIC for type_, on in self._heard.items()}
        self._strict = service.commands | MONEY_TOPICS

    def decode(self, record: Record) -> list[Item]:
        """At least one item for every record; the last one has `last`."""
        try:
            return self._causes(record)
        except Unreadable as problem:
            return [DeadLetter(record, problem.reason, problem.sentence)]

    def event(self, type_: str, body: bytes) -> Event:
        """An event that was decoded before, such as one that waited behind a parked subject. Unreadable where it is not
        heard.
        """
        on = self._heard.get(type_)
        if on is None:
            raise Unreadable("unknown-type", f"There is no rule for {type_} here.")
        return _validated(on.event, body)

    def _causes(self, record: Record) -> list[Item]:
        if record.key is None:
            raise Unreadable("no-key", "The record has no key. Give the id of what it is about.")
        if record.body is None:
            raise Unreadable("no-body", "The record has no value; nothing here is deleted by a tombstone.")
        headers = _envelope(record)
        type_, source, name = headers["ce_type"], headers["ce_source"], headers["ce_id"]
        if len(record.key) > MAX_KEY:
            raise Unreadable("wrong-key", f"The key has {len(record.key)} bytes; at most {MAX_KEY} are read.")
        key = _text(record.key, "wrong-key", "key")
        trace = headers.get("traceparent", "")
        common: dict[str, Any] = {
            "id": cause_id(source, name),
            "type": type_,
            "source": source,
            "name": name,
            "arrived_at": record.place.appended_at,
            "body": record.body,
            "record": record,
            "trace": trace if TRACEPARENT.fullmatch(trace) else None,
        }
        on = self._heard.get(type_)
        if on is None:
            return [self._unheard(type_, key, record.place.topic, common)]
        if record.place.topic != on.event.TOPIC:
            raise Unreadable("wrong-topic", f"{type_} belongs on {on.event.TOPIC}.")
        own = record.place.topic.startswith(OWN_TOPICS)
        unique_keys = record.place.topic in self._strict
        well_formed(record.body, unique_keys=unique_keys, limit=MAX_OWN_BODY if own else MAX_BODY)
        event = _validated(on.event, record.body)
        if event.key != key:
            raise Unreadable("wrong-key", f"The key is {key!r}; it must be {event.key!r}, what the event is about.")
        return self._concerned(on, event, common)

    def _unheard(self, type_: str, key: str, topic: str, common: dict[str, Any]) -> Cause:
        """A type without a rule is acknowledged, counted and logged; a later version of one with a rule is our
        omission: it waits.
        """
        subject = SubjectRef(self._service.kinds[0].name, key)
        digest = sha256(type_.encode() + b"\n" + common["body"]).digest()
        name, version = versioned(type_)
        if version > self._versions.get(name, version):
            if topic != self._topics[name]:
                raise Unreadable("wrong-topic", f"{type_} belongs on {self._topics[name]}.")
            why = f"{type_} is newer than this version of {self._service.name}"
            return Cause(subject=subject, event=None, hash=digest, park=why, **common)
        note = "ignored" if type_ in VOCABULARY else "unknown_type"
        return Cause(subject=subject, event=None, hash=digest, note=note, **common)

    def _concerned(self, on: On, event: Event, common: dict[str, Any]) -> list[Item]:
        try:
            subjects = on.subjects(event)
        except Exception as problem:
            LOG.exception("the subjects of an event could not be named", type=event.TYPE)
            raise Unreadable("no-subjects", f"{type(problem).__name__}: {problem}") from problem
        if len(subjects) > MAX_SUBJECTS:
            raise Unreadable(
                "too-many-subjects", f"It concerns {len(subjects)} subjects; at most {MAX_SUBJECTS} go into one event."
            )
        keep = event.TOPIC in self._service.commands
        digest = content_hash(event)
        if not subjects:
            nobody = SubjectRef(self._service.kinds[0].name, event.key)
            return [Cause(subject=nobody, event=None, hash=digest, note="ignored", **common)]
        distinct = list(dict.fromkeys(subjects))
        last = len(distinct) - 1
        return [
            Cause(subject=subject, event=event, hash=digest, keep_body=keep, last=position == last, **common)
            for position, subject in enumerate(distinct)
        ]


def versioned(type_: str) -> tuple[str, int]:
    """The name and the major version of a wire name; version 0 where it has none."""
    found = VERSIONED.fullmatch(type_)
    return (found["name"], int(found["version"])) if found else (type_, 0)


def well_formed(body: bytes, *, unique_keys: bool, limit: int = MAX_BODY) -> Any:
    """The parsed body; Unreadable for everything that two readers could read differently or Postgres cannot store."""
    if len(body) > limit:
        raise Unreadable("too-large", f"The body has {len(body)} bytes; at most {limit} are read.")
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise Unreadable("malformed-json", f"The body is not JSON in UTF-8: {problem}") from problem
    if b"\\u0000" in body and any("\0" in text for text in _texts(parsed)):
        raise Unreadable("nul-character", "The body holds a NUL character, which no text may.")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(parsed) > MAX_DEPTH:
        raise Unreadable("too-deep", f"The body is nested more than {MAX_DEPTH} levels deep.")
    if unique_keys and len(NAMED.findall(body)) != _keys(parsed):
        # Text may look like a key; whether a key is there twice is then read the long way.
        json.loads(body, object_pairs_hook=_unique)
    return parsed


def _validated(event: type[Event], body: bytes) -> Event:
    try:
        return event.model_validate_json(body)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise Unreadable("invalid", f"{where}: {first['msg']}") from problem


def _envelope(record: Record) -> dict[str, str]:
    if len(record.headers) > MAX_HEADERS or sum(len(n) + len(v) for n, v in record.headers) > MAX_HEADER_BYTES:
        raise Unreadable(
            "headers-too-large",
            f"There are more than {MAX_HEADERS} headers, or more than {MAX_HEADER_BYTES} bytes of them.",
        )
    found: dict[str, str] = {}
    for name, value in record.headers:
        if name in ("ce_id", "ce_type", "ce_source", "traceparent"):
            if name in found:
                raise Unreadable("bad-envelope", f"The header {name} is there twice.")
            found[name] = _text(value, "bad-envelope", f"header {name}")
    for name in ("ce_id", "ce_type", "ce_source"):
        if not ENVELOPE.fullmatch(found.get(name, "")):
            raise Unreadable("bad-envelope", f"The header {name} is missing, longer than 200 or not printable ASCII.")
    return found


def _text(value: bytes | None, reason: str, what: str) -> str:
    try:
        text = (value or b"").decode()
    except UnicodeDecodeError as problem:
        raise Unreadable(reason, f"The {what} is not UTF-8.") from problem
    if "\0" in text:
        raise Unreadable(reason, f"The {what} holds a NUL character.")
    return text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _depth(value: Any) -> int:
    """How many objects and lists lie in one another, empty ones too."""
    level, depth = _inside([value]), 0
    while level:
        level = [inner for outer in level for inner in _inside(outer)]
        depth += 1
    return depth


def _keys(value: Any) -> int:
    """How many keys the objects in it have after a reader has let the last of equal ones win."""
    if isinstance(value, dict):
        return len(value) + sum(_keys(inner) for inner in value.values())
    return sum(_keys(inner) for inner in value) if isinstance(value, list) else 0


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    """The objects and lists directly in one."""
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value
    return [each for each in inner if isinstance(each, (dict, list))]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("duplicate-key", "A key is there twice in one object; say each thing once.")
    return found
