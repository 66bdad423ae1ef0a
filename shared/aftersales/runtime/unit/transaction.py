"""receive -> lock -> decide -> keep, inside one transaction that the caller opens and commits."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from aftersales.decision import Decision, Outage, SubjectRef, TimerFired
from aftersales.policy.book import PolicyBook
from aftersales.runtime import fence, metrics
from aftersales.runtime.causes import Cause, Item, read_subject, written
from aftersales.runtime.failpoints import reached
from aftersales.runtime.fence import Claim
from aftersales.runtime.postgres import Connection
from aftersales.runtime.unit.admit import Known, behind_the_fence, look_up, sift
from aftersales.runtime.unit.decide import Book, Decider
from aftersales.runtime.unit.find import find
from aftersales.runtime.unit.keep import Keeper
from aftersales.runtime.unit.lock import Locks
from aftersales.service import On, OnTimer, Service

LOOK: Final = """
    select app_now() as now, exists (select from simulated_clock) as simulated,
        array(select since from outage order by id) as since, array(select until from outage order by id) as until,
        array(select subject from parked where subject = any($1::text[])) as parked
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """What is read under the locks. parked: of the subjects in hand those whose causes must wait."""

    now: datetime
    simulated: bool
    outages: tuple[Outage, ...]
    parked: frozenset[SubjectRef]


@dataclass(frozen=True, slots=True)
class Door:
    """What differs between the doors.

    steps: the failpoints after the locks and before COMMIT. claim: of the partitions that the items were fetched from.
    allow: asked with the locked state of the first cause before anything is decided; raises `Refused`.
    """

    steps: tuple[str, str]
    claim: Claim | None = None
    allow: Callable[[Any], None] | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a transaction did: the number of items it took, the decisions by position among its new causes, what was
    parked, what the log already knew of the first cause, and the earliest instant for which a timer was armed.
    """

    taken: int
    decisions: dict[int, Decision]
    queued: int
    known: Known | None
    collided: bool
    armed: datetime | None


class Transaction:
    """The steps of a unit, for one service."""

    def __init__(self, service: Service, policies: PolicyBook) -> None:
        self._service = service
        self._policies = policies
        self._locks = Locks(service)
        self._keeper = Keeper(service)

    async def run(self, connection: Connection, items: Sequence[Item], door: Door) -> Done:
        """Takes all items, or those before the one at which the batch must be cut."""
        await reached("C2")
        locked, log = await look_up(connection, items, door.claim)
        await reached("C3")
        sifted = sift(behind_the_fence(items, door.claim, locked), log)
        await reached("C4")
        positions = [position for position, _ in sifted.causes]
        causes = [cause for _, cause in sifted.causes]
        rows = await self._locks.lock(connection, causes, self._rule_of)
        await reached(door.steps[0])
        positions, causes = await _admitted(connection, positions, causes)
        moment = await look(connection, causes)
        if door.allow is not None and causes:
            door.allow(rows[causes[0].subject].state)
        if moment.simulated:
            causes = [cause if cause.queued is not None else replace(cause, arrived_at=moment.now) for cause in causes]
        decider = Decider(
            self._service,
            self._policies,
            rows,
            now=moment.now,
            outages=moment.outages,
            parked=moment.parked,
            found=await find(connection, causes, rows, self._rule_of),
        )
        count = decider.run(causes, self._rule_of)
        taken = positions[count] if count < len(causes) else len(items)
        book = decider.book
        book.dead.extend(letter for position, letter in sifted.dead if position < taken)
        book.timers.extend(cause.timer.values for cause in causes[count:] if cause.timer is not None)
        await self._keep(connection, book, moment, items[:taken], door)
        for outcome, number in book.outcomes.items():
            metrics.CAUSES.labels(outcome).inc(number)
        first = items[0] if items and isinstance(items[0], Cause) else None
        return Done(
            taken=taken,
            decisions=book.decisions,
            queued=len(book.queue),
            known=log.find(first) if first is not None else None,
            collided=first is not None and log.collides(first),
            armed=min((row[3] for row in book.timers), default=None),
        )

    async def _keep(
        self, connection: Connection, book: Book, moment: Moment, taken: Sequence[Item], door: Door
    ) -> None:
        moved = fence.advance(taken, simulated=moment.simulated) if door.claim is not None else None
        await self._keeper.keep(connection, book, moment.now, moved)
        await reached(door.steps[1])

    def _rule_of(self, cause: Cause) -> On | OnTimer | None:
        if cause.event is None:
            return None
        if isinstance(cause.event, TimerFired):
            return self._service.on_timer(cause.event.kind)
        return self._service.on_event(type(cause.event))


async def look(connection: Connection, causes: Iterable[Cause]) -> Moment:
    # A replay goes ahead: it is what the causes of a parked subject wait for.
    subjects = sorted({written(cause.subject) for cause in causes if cause.queued is None})
    row = await connection.fetchrow(LOOK, subjects)
    assert row is not None
    outages = tuple(Outage(since, until) for since, until in zip(row["since"], row["until"], strict=True))
    parked = frozenset(read_subject(each) for each in row["parked"])
    return Moment(row["now"], row["simulated"], outages, parked)


async def _admitted(connection: Connection, positions: list[int], causes: list[Cause]) -> tuple[list[int], list[Cause]]:
    """Without the timers that another unit has fired: whoever deletes the row fires it.

    After the subjects' locks, never before: an answer and its deadline must meet on the subject's row, or both could
    win.
    """
    timers = sorted(cause.id for cause in causes if cause.timer is not None)
    if not timers:
        return positions, causes
    rows = await connection.fetch("delete from timers where id = any($1::uuid[]) returning id", timers)
    mine = {row["id"] for row in rows}
    left = [(p, cause) for p, cause in zip(positions, causes, strict=True) if cause.timer is None or cause.id in mine]
    return [position for position, _ in left], [cause for _, cause in left]
