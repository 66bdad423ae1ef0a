"""Facts before commands: a party is judged on everything that had reached us before they spoke.

Topics have no order among them. After a backlog, and with one broker even within milliseconds, a complaint may be
fetched before the shipment it is about, though it was appended after it, and would be refused as "not shipped". So
commands are held back until the facts of their partition number have been read as far as they went when the commands
were fetched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aftersales.runtime.causes import DeadLetter, Record
from aftersales.runtime.fence import Partition


@dataclass(slots=True)
class FactsFirst:
    """commands: the topics that carry commands. Everything else that a service hears are facts."""

    commands: frozenset[str]
    _held: list[Record | DeadLetter] = field(default_factory=list)
    _until: dict[Partition, int] = field(default_factory=dict)

    @property
    def holding(self) -> bool:
        return bool(self._held)

    @property
    def held(self) -> Sequence[Record | DeadLetter]:
        return self._held

    def is_fact(self, partition: Partition) -> bool:
        return partition.topic not in self.commands

    def forget(self) -> None:
        self._held.clear()
        self._until.clear()

    def hold_back(self, records: Sequence[Record | DeadLetter]) -> tuple[list[Record | DeadLetter], frozenset[int]]:
        """The facts among the records, and the partition numbers of the commands, which are held from now on."""
        facts = [record for record in records if record.place.topic not in self.commands]
        commands = [record for record in records if record.place.topic in self.commands]
        self._held += commands
        return facts, frozenset(record.place.partition for record in commands)

    def wait_for(self, ends: Mapping[Partition, int]) -> None:
        """The facts end there as of now; what is appended later is no concern of the commands held so far."""
        for partition, end in ends.items():
            self._until[partition] = max(end, self._until.get(partition, 0))

    def release(self, positions: Mapping[Partition, int]) -> list[Record | DeadLetter]:
        """The commands held, in their order, whose facts are read; one partition that stands still holds no others."""
        self._until = {each: end for each, end in self._until.items() if positions.get(each, end) < end}
        waiting = {each.partition for each in self._until}
        released = [record for record in self._held if record.place.partition not in waiting]
        self._held = [record for record in self._held if record.place.partition in waiting]
        return released

    def waits(self, partition: Partition) -> bool:
        """Whether commands of this partition are held for facts that are not read yet."""
        return not self.is_fact(partition) and any(each.partition == partition.partition for each in self._until)

    def waited_for(self) -> tuple[Partition, ...]:
        """The partitions of facts that are not read far enough yet."""
        return tuple(self._until)
