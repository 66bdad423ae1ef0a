"""How often a message came more than once: counted in the topics themselves, from their beginning to their end."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aftersales_local.checks import delivery, topics


@dataclass(frozen=True, slots=True)
class Repeats:
    """records, repeated: by topic; a record is a repeat where its (source, id) came before on its topic."""

    records: Mapping[str, int]
    repeated: Mapping[str, int]


async def repeats(bootstrap: str) -> Repeats:
    return counted(await topics.read(bootstrap, delivery.EVERY_TOPIC))


def counted(records: Iterable[topics.Seen]) -> Repeats:
    every: Counter[str] = Counter()
    first: dict[str, set[tuple[str, str]]] = {}
    for record in records:
        every[record.topic] += 1
        first.setdefault(record.topic, set()).add((record.source, record.id))
    return Repeats(dict(every), {topic: total - len(first[topic]) for topic, total in every.items()})
