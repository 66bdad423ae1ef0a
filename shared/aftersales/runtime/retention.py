"""Retention: what is forgotten, and after how long (dangers 3.3).

The log of causes outlives everything that could bring a cause again: a record still in its topic, an event published
anew from the outbox, a dead letter fed in again, a request repeated under its key; else an old replay would be done
twice. Causes of a subject that is still open stay with it, however old: open is what is parked, what a timer waits for,
and what anything was decided about in all that time. History, journals and states are never forgotten here.

Under a simulated clock nothing is: Kafka's retention follows real time, and years pass in minutes.
"""

from datetime import timedelta
from typing import Final

from aftersales.runtime.clock import is_simulated
from aftersales.runtime.postgres import Connection

# As deploy/kafka/topics.toml declares it.
TOPICS_KEPT: Final = timedelta(days=14)
OUTBOX_KEPT: Final = timedelta(days=14)
# Replayed or not: what nobody has looked at for a quarter of a year is rubbish that somebody published.
DEAD_LETTERS_KEPT: Final = timedelta(days=90)
# Callers repeat a request for a week at most; what the keys guarded is guarded by the log of causes still.
KEYS_KEPT: Final = timedelta(days=30)
CAUSES_KEPT: Final = max(TOPICS_KEPT, OUTBOX_KEPT, DEAD_LETTERS_KEPT, KEYS_KEPT) + timedelta(days=7)
CHUNK: Final = 5_000

KEYS: Final = """
    delete from http_request where ctid = any(array(
        select ctid from http_request where at < app_now() - $1::interval limit $2
    ))
"""
DEAD_LETTERS: Final = """
    delete from dead_letter where id = any(array(
        select id from dead_letter where coalesce(replayed_at, at) < app_now() - $1::interval order by id limit $2
    ))
"""
CAUSES: Final = """
    delete from inbox where ctid = any(array(
        select ctid from inbox i where received_at < app_now() - $1::interval
        and not exists (select from parked p where p.subject = i.subject)
        and not exists (select from timers t where t.subject = i.subject)
        and not exists (select from history h where h.subject = i.subject and h.at >= app_now() - $1::interval)
        limit $2
    ))
"""


async def forget(connection: Connection) -> bool:
    """A few thousand rows of each table at most; whether there may be more."""
    if await is_simulated(connection):
        return False
    full = False
    for statement, kept in ((KEYS, KEYS_KEPT), (DEAD_LETTERS, DEAD_LETTERS_KEPT), (CAUSES, CAUSES_KEPT)):
        done = await connection.execute(statement, kept, CHUNK)
        full = full or int(done.split()[-1]) >= CHUNK
    return full
