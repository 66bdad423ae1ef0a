"""What waits to be sent: claimed with a lease, so that one sender is at work on a notice at a time.

These notes are no decision of ours and have no history; that a notice left is recorded by a unit. Leases are real time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from aftersales.runtime.postgres import Connection

# A lease grows with the attempts: it is also the pause before the next one. Of a parked thread nothing is sent: its
# delivery could not be recorded, so it would leave again with every lease.
CLAIM: Final = """
    with next as (
        select notice from to_send where channel = $1 and leased_until <= clock_timestamp()
            and notice <> all (array(
                select id from notice where channel = $1 and order_id = any (array(
                    select substr(subject, 8) from parked where subject like 'thread/%'
                ))
            ))
        order by leased_until, notice limit $2 for update skip locked
    ), claimed as (
        update to_send t set attempts = t.attempts + 1,
            leased_until = clock_timestamp() + least(interval '30 s' * 2 ^ least(t.attempts, 10), interval '1 h')
        from next where t.notice = next.notice returning t.notice, t.attempts
    )
    select n.id, n.order_id, n.dispute, n.parcel, n.step, n.party, n.recipient, n.channel, n.type, n.title, n.words,
        n.at, c.attempts
    from claimed c join notice n on n.id = c.notice order by n.number
"""
WAITING: Final = """
    select count(*) as notices, coalesce(extract(epoch from app_now() - min(at)), 0)::float8 as age
    from (select n.at from to_send t join notice n on n.id = t.notice where t.channel = $1 limit $2) as waiting
"""
FORGET: Final = "delete from to_send t using delivery d where d.notice = t.notice and t.notice = any($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice on its way. id: the stable key under which it leaves, however often. attempts: this one included."""

    id: UUID
    order_id: str
    dispute: str | None
    parcel: str | None
    step: str
    party: str
    recipient: str
    channel: str
    type: str
    title: str
    words: str
    at: datetime
    attempts: int


async def claim(connection: Connection, channel: str, most: int) -> list[Outgoing]:
    """The next notices of a channel, now ours until their lease ends."""
    return [Outgoing(**row) for row in await connection.fetch(CLAIM, channel, most)]


async def waiting(connection: Connection, channel: str, most: int) -> tuple[int, float]:
    """How many notices of a channel have not left, counted up to `most`, and the oldest one's age in seconds."""
    row = await connection.fetchrow(WAITING, channel, most)
    assert row is not None
    return row["notices"], row["age"]


async def forget(connection: Connection, notices: Iterable[UUID]) -> None:
    """Take those out of the line whose delivery is recorded."""
    await connection.execute(FORGET, list(notices))
