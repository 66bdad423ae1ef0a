"""Which causes are new: looked up before anything is locked, and enforced by the primary key of `inbox` when the unit
keeps.

Looking first costs one index read a cause and lets every row of the log be written once, by COPY, with its outcome. Two
units that meet with one cause at the same moment both find nothing; the later one then breaks the primary key and runs
again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from msgspec.structs import replace

from aftersales.decision import SubjectRef
from aftersales.runtime.causes import Cause, DeadLetter, Item, written
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


async def look_up(connection: Connection, causes: Sequence[Cause]) -> Log:
    ids = list({cause.id for cause in causes if cause.timer is None})
    log = Log()
    if ids:
        rows = await connection.fetch(
            "select cause_id, subject, hash, outcome, answer from inbox where cause_id = any($1::uuid[])", ids
        )
        for row in rows:
            answer = orjson.loads(row["answer"]) if row["answer"] is not None else None
            log.by_cause.setdefault(row["cause_id"], {})[row["subject"]] = Known(row["hash"], row["outcome"], answer)
    return log


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
