"""A history on disk: one event a line, CloudEvents in JSON (docs/what-if.md tells the format).

    {"type": "...", "source": "...", "id": "...", "time": "...", "data": {...}}

type, source, id and data are what the event carries on Kafka; `time` is when it reached the platform.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, NamedTuple

import msgspec
from pydantic import ValidationError

from aftersales.contracts.arbitration import CaseRuled
from aftersales.contracts.envelope import YEARS, Event
from aftersales.service import On, Service
from arbitration.handlers import SERVICE as ARBITRATION
from dispute.handlers import SERVICE as DISPUTE
from order_tracking.handlers import SERVICE as ORDER_TRACKING

# Notices change nothing that is compared; without them a replay costs half.
SERVICES: Final[tuple[Service, ...]] = (ORDER_TRACKING, DISPUTE, ARBITRATION)
OURS: Final = ("tracking.", "dispute.", "arbitration.", "notification.")
# What the provider answered belongs to the instructions of that time; a replay's own are paid at once.
ANSWERED: Final = frozenset({"marketplace.refund_executed.v1", "marketplace.refund_failed.v1"})
RULED: Final = CaseRuled.TYPE


class BadLine(Exception):
    """Why a line is no event."""


class Told(NamedTuple):
    """An event as it reached the platform, with the pair that is its identity."""

    at: datetime
    source: str
    id: str
    event: Event


class _Envelope(msgspec.Struct):
    type: str
    source: str
    id: str
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    data: msgspec.Raw


def heard() -> dict[str, type[Event]]:
    """The events that come from outside, by type: what the services have rules for and none of them says."""
    events = [on.event for service in SERVICES for on in service.rules if isinstance(on, On)]
    return {event.TYPE: event for event in events if not event.TOPIC.startswith(OURS) and event.TYPE not in ANSWERED}


HEARD: Final = heard()
_DECODE: Final = msgspec.json.Decoder(_Envelope).decode


def opened(line: bytes) -> _Envelope:
    """The envelope of a line, what lies inside unread. BadLine with a sentence's end."""
    try:
        envelope = _DECODE(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadLine(f"it is no event: {problem}") from None
    except RecursionError:
        raise BadLine("it is no event: it is nested too deeply") from None
    if not bytes(envelope.data).startswith(b"{"):
        raise BadLine("it is no event: `data` is no object")
    if envelope.time.year not in YEARS:
        raise BadLine(f"{envelope.type}: time: an instant lies between {YEARS[0]} and {YEARS[-1]}")
    return envelope


def read(line: bytes) -> Told | None:
    """The event of a line; None for one that a replay does not hand in. BadLine with a sentence's end."""
    envelope = opened(line)
    kind = CaseRuled if envelope.type == RULED else HEARD.get(envelope.type)
    if kind is None:
        return None
    try:
        event = kind.model_validate_json(bytes(envelope.data))
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, ("data", *first["loc"])))
        raise BadLine(f"{envelope.type}: {where}: {first['msg']}") from None
    return Told(envelope.time, envelope.source, envelope.id, event)


def written(told: Told) -> bytes:
    """The line of an event, its end included."""
    return line(told.event.TYPE, told.source, told.id, told.at, told.event.model_dump_json(exclude_none=True).encode())


def line(type_: str, source: str, name: str, at: datetime, data: bytes) -> bytes:
    said = msgspec.json.encode({"type": type_, "source": source, "id": name, "time": stamp(at)})
    return b'{"specversion":"1.0",' + said[1:-1] + b',"data":' + data + b"}\n"


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
