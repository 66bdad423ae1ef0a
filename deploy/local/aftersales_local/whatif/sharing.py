"""Two replays of a history share what does not differ: a decision that read no parameter in which the policies differ.

Rules are pure, so the same rule on an equal state, event, instant and further rows, without a look at what differs,
decides the same. That spares the second replay most of its work; a test plays histories with and without.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from aftersales.contracts.envelope import Event
from aftersales.decision import Decision, Given, SubjectRef, TimerFired
from aftersales.policy.book import PolicyBook
from aftersales.policy.model import Policy
from aftersales.service import On, OnTimer
from aftersales_local.stories.kernel import Place

# A version's name is written down and decides nothing.
NAMING: Final = frozenset({"name", "version", "content", "effective_from"})


class OnePolicy(PolicyBook):
    """Every order is judged by one policy, whichever version it is pinned to: shared states name the other one's."""

    def __init__(self, policy: Policy) -> None:
        super().__init__([policy])
        self._one = policy

    def in_force(self, placed_at: datetime) -> Policy:
        return self._one

    def named(self, identity: str) -> Policy:
        return self._one


class Reads:
    """Whether a parameter that differs was read since the flag was last let down."""

    touched = False


def watched(policy: Policy, other: Policy, reads: Reads) -> Policy:
    """`policy` as it is, but that reading what `other` has otherwise raises the flag."""
    values = {field.name: getattr(policy, field.name) for field in fields(Policy)}
    differing = [name for name, value in values.items() if name not in NAMING and value != getattr(other, name)]
    noticed = {name: _noticed(name, reads) for name in differing}
    kind: type[Policy] = type("Watched", (Policy,), {"__slots__": (), **noticed})
    return kind(**values)


def _noticed(name: str, reads: Reads) -> property:
    slot = Policy.__dict__[name]

    def read(policy: Policy) -> Any:
        reads.touched = True
        return slot.__get__(policy)

    return property(read, slot.__set__)


class Known(Struct, frozen=True):
    """A decision and all that it rests on."""

    state: Any
    event: Event | TimerFired
    now: datetime
    others: Mapping[SubjectRef, Any]
    found: tuple[SubjectRef, ...]
    decision: Decision

    def rests_on(self, state: Any, event: Event | TimerFired, given: Given) -> bool:
        # Not only the very same state: once a deadline that differed is gone, a dispute stands alike under both again.
        return (
            self.now == given.now
            and (self.state is state or self.state == state)
            and (self.event is event or self.event == event)
            and self.found == given.found
            and self.others == given.others
        )


class Shared:
    """The decisions of the first replay that hold for the second. A World decides by `first`, the other by `second`.

    differs: whether a decision has read what differs.
    """

    def __init__(self, reads: Reads) -> None:
        self.again = 0
        self.differs = False
        self._reads = reads
        self._known: dict[tuple[Place, int], Known] = {}

    def first(self, on: On | OnTimer, place: Place, state: Any, event: Event | TimerFired, given: Given) -> Decision:
        self._reads.touched = False
        decision = on.decide(state, event, given)
        if self._reads.touched:
            self.differs = True
        else:
            self._known[place, given.cause.int] = Known(state, event, given.now, given.others, given.found, decision)
        return decision

    def second(self, on: On | OnTimer, place: Place, state: Any, event: Event | TimerFired, given: Given) -> Decision:
        known = self._known.get((place, given.cause.int))
        if known is not None and known.rests_on(state, event, given):
            self.again += 1
            return known.decision
        return on.decide(state, event, given)
