"""What will be said and when: dated messages and rulings, decided before anything runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    prompt: its own instant decides something, so that it must not be handed in later: a delivery just in time.
    id: over HTTP the Idempotency-Key. Two with one id are one message repeated, and come over the same door.
    expect_refused: the model says something here that the rules must answer with "nothing to do" or a refusal.
    """

    at: datetime
    event: Event
    id: str
    source: str
    door: Door = "kafka"
    expect_refused: bool = False
    prompt: bool = False


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
class Moment:
    """What is handed in at one instant, in order: first the messages, then the rulings."""

    at: datetime
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

    def moments(self, step: timedelta = DAY) -> Iterator[Moment]:
        """When to hand in what: each message at the first whole `step` not before its own instant, prompt ones at it.

        Never earlier than it happened, as scans of the future do not count. Up to a day the script stays valid; zero
        gives every message an instant of its own.
        """
        by_instant: dict[datetime, tuple[list[Planned], list[PlannedRuling]]] = {}
        for planned in self.planned:
            at = planned.at if planned.prompt else _rounded(planned.at, step)
            by_instant.setdefault(at, ([], []))[0].append(planned)
        for ruling in self.rulings:
            by_instant.setdefault(_rounded(ruling.at, step), ([], []))[1].append(ruling)
        for at in sorted(by_instant):
            said, ruled = by_instant[at]
            yield Moment(at, tuple(said), tuple(ruled))


def _rounded(instant: datetime, step: timedelta) -> datetime:
    """Up to the next whole `step` of its day."""
    if not step:
        return instant
    begins = day_of(instant)
    return begins - (begins - instant) // step * step
