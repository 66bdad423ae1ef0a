"""The duty that sends: claim with a lease, hand to the sender, record by a unit, forget.

A crash between sending and recording sends again, under the same key: at least once. Recording is exactly once, for the
cause's id is derived from the notice.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge

from aftersales.identity import cause_id
from aftersales.runtime import metrics
from aftersales.runtime.causes import Cause, content_hash
from aftersales.runtime.postgres import is_passing
from aftersales.runtime.unit import Unit
from notification.domain.commands import NoticeCommand, NoticeDelivered, NoticeGivenUp
from notification.domain.refs import thread_ref
from notification.senders import Sender
from notification.store.queue import Outgoing, claim, forget, waiting

LOG: Final = structlog.get_logger()
NOTICES: Final = Counter("aftersales_notices_total", "Attempts to send a notice", ["channel", "outcome"])
NOTICES_UNSENT: Final = Gauge("aftersales_notices_unsent", "Notices that have not left, at most 20001", ["channel"])
NOTICES_AGE: Final = Gauge(
    "aftersales_notices_oldest_unsent_seconds", "Age of the oldest notice that has not left", ["channel"]
)
COUNTED: Final = 20_001
SOURCE: Final = "notification"
BATCH: Final = 500
# So many are recorded in one transaction: what is heard of the same disputes waits for their rows meanwhile.
TOGETHER: Final = 50
LOOK_EVERY: Final = 1.0
# With leases of 30 s that double up to an hour: some four hours.
MOST_ATTEMPTS: Final = 10


async def send_for_ever(unit: Unit, sender: Sender) -> None:
    """One channel's duty; ends by cancellation, never in the middle of a commit."""
    shown = float("-inf")
    while True:
        # Counting reads up to `COUNTED` rows: where much waits, that must not come with every batch.
        show = time.monotonic() - shown >= LOOK_EVERY
        if show:
            shown = time.monotonic()
        sent = asyncio.ensure_future(_round(unit, sender, show=show))
        try:
            full = await asyncio.shield(sent)
        except asyncio.CancelledError:
            await asyncio.wait([sent])
            raise
        if not full:
            await asyncio.sleep(LOOK_EVERY)


async def send_once(unit: Unit, sender: Sender) -> int:
    """Send what is in line, a batch at most; gives how many were claimed."""
    async with unit.pool.acquire() as connection:
        notices = await claim(connection, sender.channel, BATCH)
    if not notices:
        return 0
    failed = await sender.send(notices)
    NOTICES.labels(sender.channel, "sent").inc(len(notices) - len(failed))
    NOTICES.labels(sender.channel, "failed").inc(len(failed))
    recorded = [cause for notice in notices if (cause := _cause(notice, failed)) is not None]
    if failed:
        LOG.warning("notices did not leave", channel=sender.channel, count=len(failed), why=next(iter(failed.values())))
    for first in range(0, len(recorded), TOGETHER):
        await unit.run(recorded[first : first + TOGETHER])
        async with unit.pool.acquire() as connection:
            await forget(connection, [notice.id for notice in notices])
    return len(notices)


async def _round(unit: Unit, sender: Sender, *, show: bool) -> bool:
    """Whether there may be more in line."""
    try:
        full = await send_once(unit, sender) == BATCH
        if show:
            await _show_waiting(unit, sender.channel)
        metrics.went_well("sending")
        return full
    except Exception as problem:
        if not is_passing(problem):
            raise
        metrics.failed("sending")
        LOG.warning("notices are not sent for now", channel=sender.channel, problem=repr(problem))
        return False


async def _show_waiting(unit: Unit, channel: str) -> None:
    async with unit.pool.acquire() as connection:
        notices, age = await waiting(connection, channel, COUNTED)
    NOTICES_UNSENT.labels(channel).set(notices)
    NOTICES_AGE.labels(channel).set(age)


def _cause(notice: Outgoing, failed: Mapping[UUID, str]) -> Cause | None:
    """None where it is to be tried again."""
    named: dict[str, Any] = {name: getattr(notice, COLUMNS.get(name, name)) for name in NoticeCommand.model_fields}
    named["notice"] = str(notice.id)
    why = failed.get(notice.id)
    if why is None:
        return _of(NoticeDelivered(**named, attempts=notice.attempts))
    if notice.attempts >= MOST_ATTEMPTS:
        return _of(NoticeGivenUp(**named, attempts=notice.attempts, why=why))
    return None


COLUMNS: Final = {"order": "order_id", "notice": "id"}


def _of(said: NoticeDelivered | NoticeGivenUp) -> Cause:
    # One name for both: a notice is sent or given up, and that once.
    name = f"delivery/{said.notice}"
    return Cause(
        id=cause_id(SOURCE, name),
        subject=thread_ref(said.order),
        event=said,
        type=said.TYPE,
        source=SOURCE,
        name=name,
        hash=content_hash(said),
        body=said.model_dump_json().encode(),
    )
