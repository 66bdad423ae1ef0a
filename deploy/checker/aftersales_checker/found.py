"""What the checks look at: rows as they stand in the tables, records as they lie in the topics, and what they say."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID, uuid5

Row = Mapping[str, Any]
Place = tuple[str, int, int]

# Who listens to what, and who speaks where.
LISTENS: Final[Mapping[str, tuple[str, ...]]] = {
    "order_tracking": ("marketplace.orders", "carrier.scans", "arbitration.extensions", "dispute.returns"),
    "dispute": (
        *("marketplace.orders", "marketplace.complaints", "marketplace.payments", "marketplace.parties"),
        *("tracking.parcels", "arbitration.cases", "arbitration.extensions"),
    ),
    "arbitration": ("dispute.disputes",),
    "notification": ("dispute.disputes", "tracking.parcels", "marketplace.parties"),
}
SPEAKS: Final[Mapping[str, tuple[str, ...]]] = {
    "order_tracking": ("tracking.parcels",),
    "dispute": ("dispute.disputes", "dispute.settlements", "dispute.returns"),
    "arbitration": ("arbitration.cases", "arbitration.extensions"),
    "notification": ("notification.notices",),
}
INPUT_TOPICS: Final = (
    *("marketplace.orders", "marketplace.complaints", "marketplace.payments", "marketplace.parties", "carrier.scans"),
)
EVERY_TOPIC: Final = (*INPUT_TOPICS, *(topic for topics in SPEAKS.values() for topic in topics))
# The name space of causes: the id of a cause is uuid5(this, source, line feed, name).
CAUSES: Final = UUID("6f1c5a0e-3b0a-5d0c-9c8e-0d6f2f7f7a11")


def cause_of(source: str, name: str) -> UUID:
    return uuid5(CAUSES, f"{source}\n{name}")


@dataclass(frozen=True)
class Record:
    """A record of a topic. source, id, type, sequence, cause: CloudEvents headers, empty where it has none.

    appended_at: None where the topic keeps another time.
    """

    topic: str
    partition: int
    offset: int
    key: str = ""
    source: str = ""
    id: str = ""
    type: str = ""
    sequence: str = ""
    cause: str = ""
    body: bytes | None = None
    appended_at: datetime | None = None

    @property
    def place(self) -> Place:
        return self.topic, self.partition, self.offset

    @cached_property
    def cause_id(self) -> UUID:
        return cause_of(self.source, self.id)

    @cached_property
    def says(self) -> Mapping[str, Any]:
        """The body; empty where it is not a JSON object."""
        try:
            found = json.loads(self.body or b"")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        """The type without its version: `dispute.opened`."""
        return self.type.rpartition(".v")[0]

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}@{self.offset} ({self.source or 'no source'} {self.id or 'no id'})"


@dataclass(frozen=True, slots=True)
class Run:
    """What the run folder says.

    databases: DSN by service, with underscores. poison: planted records as (topic, ce_id). produced: what Kafka
    acknowledged, and operations: begins and ends of HTTP commands, both as written. sink: lines of the notices' file,
    None where there is no such file. quiet: whether everything had come to rest.
    """

    bootstrap: str
    databases: Mapping[str, str]
    poison: frozenset[tuple[str, str]] = frozenset()
    produced: Sequence[Row] = ()
    operations: Sequence[Row] = ()
    sink: Sequence[Row] | None = None
    quiet: bool = True


@dataclass(frozen=True, slots=True)
class Database:
    """The tables of one service at one instant. now: its `app_now()`; simulated: whether that clock is stepped."""

    now: datetime
    simulated: bool
    tables: Mapping[str, Sequence[Row]]

    def rows(self, table: str) -> Sequence[Row]:
        return self.tables.get(table, ())


@dataclass(frozen=True, slots=True)
class Found:
    """Everything a check may look at. Only services of the run are in `databases`."""

    run: Run
    databases: Mapping[str, Database]
    records: Sequence[Record]

    def rows(self, service: str, table: str) -> Sequence[Row]:
        """None of a service that did not run."""
        return self.databases[service].rows(table) if service in self.databases else ()

    def on(self, topic: str, *types: str) -> list[Record]:
        """The records of a topic in the order of each partition, each id once; `types` narrows it down."""
        seen: set[tuple[str, str]] = set()
        first = []
        for record in self.records:
            if record.topic == topic and (not types or record.type in types) and (record.source, record.id) not in seen:
                seen.add((record.source, record.id))
                first.append(record)
        return first


@dataclass(frozen=True, slots=True)
class Violation:
    invariant: str
    sentence: str
    order: str | None = None
    dispute: str | None = None

    def document(self) -> dict[str, str | None]:
        return {
            "invariant": self.invariant,
            "sentence": self.sentence,
            "order": self.order,
            "dispute": self.dispute,
        }


@dataclass(slots=True)
class Verdict:
    """What one check counted and what it found wrong."""

    invariant: str
    figures: dict[str, int | float] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    def wrong(self, sentence: str, *, order: str | None = None, dispute: str | None = None) -> None:
        self.violations.append(Violation(self.invariant, sentence, order, dispute))


def order_of(subject: str) -> str | None:
    """The order that a subject is, or None where it is of another kind."""
    kind, _, name = subject.partition("/")
    return name if kind in ("order", "thread") else None


def repeated(values: Iterable[Any]) -> int:
    """How many of the values are there a second time or more often."""
    listed = list(values)
    return len(listed) - len(set(listed))
