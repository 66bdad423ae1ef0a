"""Replay: of what waits behind a parked subject, and of dead letters. Both go through the same unit, with their
arrival.
"""

from typing import Final

import asyncpg
from msgspec.structs import replace

from aftersales.decision import SubjectRef
from aftersales.errors import Failure
from aftersales.identity import Actor, Role
from aftersales.runtime.causes import Cause, DeadLetter, Item, Place, Record, read_subject
from aftersales.runtime.dead_letters import read_headers
from aftersales.runtime.decode import Decoder, Unreadable
from aftersales.runtime.unit import Unit

BATCH: Final = 200
QUEUE: Final = "select * from parked_cause where subject = $1 order by id limit $2"
# Under the subject's lock, as every unit looks at `parked` under it: a cause that comes now either waits in the queue,
# and the subject stays parked, or finds it free.
RELEASE: Final = """
    delete from parked where subject = $1 and not exists (select from parked_cause where subject = $1) returning true
"""


async def replay_parked(unit: Unit, subject: str) -> int:
    """Feed the queue of a parked subject (`kind/id`) through the rules, in order; gives how many went through.

    Failure where one fails again: it and what is behind it keep waiting, and `parked` says why.
    """
    ref, done = read_subject(subject), 0
    while True:
        rows = await unit.pool.fetch(QUEUE, subject, BATCH)
        if not rows:
            if await _release(unit, ref, subject):
                return done
            continue
        for cause in _causes(unit, rows):
            await unit.run([cause])
            if await unit.pool.fetchval("select exists (select from parked_cause where id = $1)", cause.queued):
                reason = await unit.pool.fetchval("select reason from parked where subject = $1", subject)
                raise Failure(
                    f"{subject} stays parked after {done} of its causes: {reason}. Mend that, then replay again.", 1
                )
            done += 1


async def _release(unit: Unit, ref: SubjectRef, subject: str) -> bool:
    [table] = [kind.table for kind in unit.service.kinds if kind.name == ref.kind]
    async with unit.pool.acquire() as connection, connection.transaction():
        await connection.execute(f"select from {table} where id = $1 for update", ref.id)
        if await connection.fetchval(RELEASE, subject):
            return True
        return not await connection.fetchval("select exists (select from parked where subject = $1)", subject)


def _causes(unit: Unit, rows: list[asyncpg.Record]) -> list[Cause]:
    decoder = Decoder(unit.service)
    return [_cause(unit, decoder, row) for row in rows]


def _cause(unit: Unit, decoder: Decoder, row: asyncpg.Record) -> Cause:
    place = Place(row["topic"], row["partition"], row["record_offset"], row["arrived_at"]) if row["topic"] else None
    cause = Cause(
        id=row["cause_id"],
        subject=read_subject(row["subject"]),
        event=None,
        type=row["type"],
        source=row["source"],
        name=row["name"],
        hash=row["hash"],
        arrived_at=row["arrived_at"],
        body=row["body"],
        actor=Actor(Role(row["role"]), row["sub"]) if row["role"] else None,
        record=Record(place, None, (), row["body"]) if place is not None else None,
        queued=row["id"],
        trace=row["trace"],
    )
    try:
        event = decoder.event(row["type"], row["body"])
    except Unreadable as problem:
        return replace(cause, park=problem.sentence)
    commands = event.TOPIC in unit.service.commands or cause.actor is not None
    return replace(cause, event=event, keep_body=commands)


async def replay_dead_letter(unit: Unit, number: int) -> None:
    """Read a dead letter again, with what the code knows now; Failure where it is one still."""
    row = await unit.pool.fetchrow("select * from dead_letter where id = $1", number)
    if row is None:
        raise Failure(f"There is no dead letter {number}. `aftersales dead-letters list` names them.", 1)
    place = Place(row["topic"], row["partition"], row["record_offset"], row["appended_at"])
    record = Record(place, row["key"], read_headers(row["headers"]), row["body"])
    items: list[Item] = Decoder(unit.service).decode(record)
    for item in items:
        if isinstance(item, DeadLetter):
            raise Failure(f"It is a dead letter still ({item.reason}): {item.sentence}", 1)
    before = await unit.pool.fetchval("select coalesce(max(id), 0) from dead_letter")
    await unit.run([replace(item, again=True) for item in items if isinstance(item, Cause)])
    again = await unit.pool.fetchrow(
        "select reason, sentence from dead_letter where id > $1 and (topic, partition, record_offset) = ($2, $3, $4)",
        *(before, place.topic, place.partition, place.offset),
    )
    if again is not None:
        await unit.pool.execute("delete from dead_letter where id = $1", number)
        raise Failure(f"It is a dead letter still ({again['reason']}): {again['sentence']}", 1)
    await unit.pool.execute("update dead_letter set replayed_at = app_now() where id = $1", number)
