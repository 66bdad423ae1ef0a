"""Which causes are new: looked up before anything is locked, and enforced by the primary key of `inbox` when the unit
keeps.

Looking first costs one index read a cause and lets every row of the log be written once, by COPY, with its outcome. Two
units that meet with one cause at the same moment both find nothing; the later one then breaks the primary key and runs
again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson
from msgspec.structs import replace

from aftersales.decision import SubjectRef
from aftersales.runtime.causes import Cause, DeadLetter, Item, written
from aftersales.runtime.fence import LOCK, Claim, Locked, Partition, check, partition_of, partitions_of
from aftersales.runtime.postgres import Connection

# What the log says of causes that were not decided yet: their replay is no repeat.
UNDECIDED = frozenset({"parked", "dead_letter"})


@dataclass(frozen=True, slots=True)
class Known:
    """A cause the log has. `answer` is {"status", "body"} for commands."""

    hash: bytes
    outcome: str
    answer: dict[str, Any] | None


@dataclass(slots=True)
class Log:
    """What the log of causes has of the ids in hand."""

    by_cause: dict[UUID, dict[str, Known]] = field(default_factory=dict)

    def find(self, cause: Cause) -> Known | None:
        found = self.by_cause.get(cause.id)
        return found.get(written(cause.subject)) if found is not None else None

    def collides(self, cause: Cause) -> bool:
        """Whether the id was used for other content, of whichever subject."""
        found = self.by_cause.get(cause.id)
        return found is not None and any(known.hash != cause.hash for known in found.values())


# Both in one round trip. The log is seen as of the statement's beginning, which a wait for the fence may make old: the
# primary key of `inbox` would then tell.
LOCK_AND_LOOK_UP: Final = f"""
    with fence as ({LOCK})
    select topic, partition, epoch, next_offset, null::uuid as cause_id, null as subject, null::bytea as hash,
        null as outcome, null::jsonb as answer
    from fence union all
    select null, null, null, null, cause_id, subject, hash, outcome, answer from inbox where cause_id = any($3::uuid[])
"""  # noqa: S608 - both are ours


async def look_up(connection: Connection, items: Sequence[Item], claim: Claim | None) -> tuple[Locked, Log]:
    """What the log has of the causes; with a claim their partitions' rows of the fence too, locked."""
    wanted = [] if claim is None else partitions_of(items)
    ids = list({item.id for item in items if isinstance(item, Cause) and item.timer is None})
    locked: Locked = {}
    log = Log()
    if not wanted and not ids:
        return locked, log
    rows = await connection.fetch(
        LOCK_AND_LOOK_UP, [each.topic for each in wanted], [each.partition for each in wanted], ids
    )
    for topic, partition, epoch, next_offset, cause, subject, digest, outcome, answer in rows:
        if cause is None:
            locked[Partition(topic, partition)] = (epoch, next_offset)
        else:
            known = Known(digest, outcome, orjson.loads(answer) if answer is not None else None)
            log.by_cause.setdefault(cause, {})[subject] = known
    return locked, log


def behind_the_fence(items: Sequence[Item], claim: Claim | None, locked: Locked) -> list[tuple[int, Item]]:
    """The items that are not committed here yet, with their positions; Fenced under another epoch."""
    numbered = list(enumerate(items))
    if claim is None:
        return numbered
    check(claim, partitions_of(items), locked)
    return [
        (position, item)
        for position, item in numbered
        if item.place is not None and item.place.offset >= locked[partition_of(item.place)][1]
    ]


@dataclass(slots=True)
class Sifted:
    """What is new, with each one's position among the items; repeats are in neither list."""

    causes: list[tuple[int, Cause]] = field(default_factory=list)
    dead: list[tuple[int, DeadLetter]] = field(default_factory=list)


def sift(items: Sequence[tuple[int, Item]], log: Log) -> Sifted:
    sifted = Sifted()
    hashes: dict[UUID, bytes] = {}
    seen: set[tuple[UUID, SubjectRef]] = set()
    for position, item in items:
        if isinstance(item, DeadLetter):
            sifted.dead.append((position, item))
        elif log.collides(item) or hashes.setdefault(item.id, item.hash) != item.hash:
            sifted.dead.extend((position, letter) for letter in _collision(item))
        elif (item.id, item.subject) not in seen and not _is_repeat(item, log):
            seen.add((item.id, item.subject))
            if item.again and log.find(item) is None:
                # A dead letter may be replayed that the log has never seen: its record could not be read before.
                item = replace(item, again=False)  # noqa: PLW2901
            sifted.causes.append((position, item))
    return sifted


def _is_repeat(cause: Cause, log: Log) -> bool:
    known = log.find(cause)
    replay = cause.queued is not None or cause.again
    return known is not None and not (replay and known.outcome in UNDECIDED)


def _collision(cause: Cause) -> list[DeadLetter]:
    if cause.record is None:
        return []
    sentence = f"The id {cause.name} of {cause.source} was used before, for other content. The first one stands."
    return [DeadLetter(cause.record, "id-collision", sentence, cause.last)]
