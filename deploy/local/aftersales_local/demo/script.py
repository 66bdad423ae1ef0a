"""What will be said and when: dated messages and rulings, decided before anything runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from aftersales.contracts.envelope import Event
from aftersales_local.demo.journey import DAY, day_of

Door = Literal["kafka", "http"]
Ending = Literal["seller_timeout", "consensus", "arbitration", "cancelled", "refused"]

# What stands open when the last thing was said runs out by itself within this: 7 days to the escalation, 3 of evidence,
# 14 to the fallback ruling; or a promise of 120 days at most, and then these.
AFTERMATH = 45 * DAY


@dataclass(frozen=True, slots=True)
class Planned:
    """A message: a record on `event.TOPIC` with (source, id) as its CloudEvents pair, or that command over HTTP.

    at: when it reaches the platform. An event says of itself when it happened; a late scan differs.
    id: over HTTP the Idempotency-Key. Two with one id are one message repeated, and come over the same door.
    expect_refused: the model says something here that the rules must answer with "nothing to do" or a refusal.
    """

    at: datetime
    event: Event
    id: str
    source: str
    door: Door = "kafka"
    expect_refused: bool = False


@dataclass(frozen=True, slots=True)
class PlannedRuling:
    """What an agent will state as found, and rule as the desk recommends on it.

    second: who confirms it where the desk asks for a second agent.
    """

    at: datetime
    order: str
    dispute: str
    agent: str
    second: str
    findings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Course:
    """How one complaint is meant to go. held: it waits for its parcel first.

    ending: what the model means to bring about. An arbitration may end as refunded or rejected: the ruling table says.
    """

    order: str
    dispute: str
    reason: str
    opened_at: datetime
    held: bool
    ending: Ending
    steps: str


@dataclass(frozen=True, slots=True)
class Day:
    """Everything that reaches the platform on a day, in order."""

    starts_at: datetime
    planned: tuple[Planned, ...]
    rulings: tuple[PlannedRuling, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """planned, rulings: in order of their instants."""

    planned: tuple[Planned, ...]
    rulings: tuple[PlannedRuling, ...]
    courses: tuple[Course, ...]

    @property
    def starts_at(self) -> datetime:
        return day_of(self.planned[0].at)

    @property
    def ends_at(self) -> datetime:
        """When nothing can be open any more: run the clock up to here."""
        return day_of(max([*(said.at for said in self.planned), *(ruling.at for ruling in self.rulings)])) + AFTERMATH

    def days(self) -> Iterator[Day]:
        """The days on which something is said; on the others the clock alone moves."""
        by_day: dict[datetime, tuple[list[Planned], list[PlannedRuling]]] = {}
        for planned in self.planned:
            by_day.setdefault(day_of(planned.at), ([], []))[0].append(planned)
        for ruling in self.rulings:
            by_day.setdefault(day_of(ruling.at), ([], []))[1].append(ruling)
        for starts_at in sorted(by_day):
            said, ruled = by_day[starts_at]
            yield Day(starts_at, tuple(said), tuple(ruled))
