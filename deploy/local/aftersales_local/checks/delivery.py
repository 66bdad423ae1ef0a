"""Nothing lost on the way in or out: the topics against logs of causes and outboxes (dangers 5.1, I1 and I6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from aftersales_local.checks.report import Check, Connections, judged
from aftersales_local.checks.topics import Seen

# Who listens to what (design section 4).
LISTENS: Final = {
    "order_tracking": ("marketplace.orders", "carrier.scans", "arbitration.extensions", "dispute.returns"),
    "dispute": (
        *("marketplace.orders", "marketplace.complaints", "marketplace.payments", "marketplace.parties"),
        *("tracking.parcels", "arbitration.cases", "arbitration.extensions"),
    ),
    "arbitration": ("dispute.disputes",),
    "notification": ("dispute.disputes", "tracking.parcels", "marketplace.parties"),
}
SPOKEN: Final = ("dispute.settlements", "notification.notices")
EVERY_TOPIC: Final = tuple(sorted({topic for topics in LISTENS.values() for topic in topics} | set(SPOKEN)))
# The name space of causes' ids: an id is uuid5(this, source, line feed, name).
CAUSES: Final = UUID("6f1c5a0e-3b0a-5d0c-9c8e-0d6f2f7f7a11")


async def every_record_known(connections: Connections, records: Sequence[Seen]) -> Check:
    """Every record of a topic that a service listens to is a cause it has admitted, or waits, or is a dead letter."""
    missing: list[str] = []
    count = dead = 0
    for service, connection in connections.items():
        heard = [record for record in records if record.topic in LISTENS[service]]
        causes = {row["id"] for row in await connection.fetch("select distinct cause_id as id from inbox")}
        causes |= {row["id"] for row in await connection.fetch("select distinct cause_id as id from parked_cause")}
        letters = await connection.fetch("select topic, partition, record_offset from dead_letter")
        refused = {tuple(row) for row in letters}
        count += len(heard)
        dead += len(refused)
        missing += [
            f"{service} does not know {record}"
            for record in heard
            if record.place not in refused and uuid5(CAUSES, f"{record.source}\n{record.id}") not in causes
        ]
    return judged("every record known", f"{count} records heard, {dead} dead letters", missing)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event that a service says it has sent. id: its number in the outbox, which is its sequence."""

    service: str
    id: int
    event: str
    topic: str
    key: str
    subject: str
    type: str

    def __str__(self) -> str:
        return f"{self.type} {self.event} of {self.service}"


async def outgoing(connections: Connections) -> list[Outgoing]:
    """To be asked for before the topics are read: what a service sends meanwhile would seem lost."""
    return [
        Outgoing(service, row["id"], str(row["event_id"]), row["topic"], row["key"], row["subject"], row["type"])
        for service, connection in connections.items()
        for row in await connection.fetch(
            "select id, event_id, topic, key, subject, type from outbox where sent_at is not null order by id"
        )
    ]


def every_event_published(sent: Sequence[Outgoing], records: Sequence[Seen]) -> Check:
    """Every event of an outbox is in its topic, first occurrences of a subject in the order of their sequence."""
    wrong: list[str] = []
    first: dict[tuple[str, str], Seen] = {}
    for record in records:
        first.setdefault((record.source, record.id), record)
    last: dict[tuple[str, str, str, str], Seen] = {}
    for event in sent:
        there = first.get((event.service, event.event))
        if there is None or there.topic != event.topic:
            wrong.append(f"{event} is not in {event.topic}")
            continue
        if there.sequence != str(event.id):
            wrong.append(f"{event} has the sequence {there.sequence or 'none'} and not {event.id}")
        stream = (event.service, event.topic, event.key, event.subject)
        before = last.get(stream)
        if before is not None and (before.partition, before.offset) >= (there.partition, there.offset):
            wrong.append(f"{event} stands before an earlier event of {event.subject}")
        last[stream] = there
    return judged("every event published in order", f"{len(sent)} events", wrong)
