"""Sums over disputes under two policies: all, and by cause, seller and lane. Tallies of parts add up."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from aftersales_local.whatif.standing import NOT_OPENED, Pair, Standing

ALL: Final = "all"
DIMENSIONS: Final = ("cause", "lane", "seller")


@dataclass
class Figures:
    """Of some disputes under one policy. money: (what, currency) to minor units. hours: to close, histogram."""

    outcomes: Counter[str] = field(default_factory=Counter)
    liable: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    money: Counter[tuple[str, str]] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    escalated: int = 0

    def count(self, standing: Standing | None) -> None:
        self.outcomes[NOT_OPENED if standing is None else standing.outcome] += 1
        if standing is None:
            return
        self.escalated += standing.escalated
        if standing.liable is not None:
            self.liable[standing.liable] += 1
        if standing.rule is not None:
            self.rules[standing.rule] += 1
        if (hours := standing.hours) is not None:
            self.hours[hours] += 1
        for name, amount in standing.money.items():
            if amount:
                self.money[name, standing.currency] += amount

    def add(self, other: "Figures") -> None:
        self.outcomes.update(other.outcomes)
        self.liable.update(other.liable)
        self.rules.update(other.rules)
        self.money.update(other.money)
        self.hours.update(other.hours)
        self.escalated += other.escalated

    def share_of_hours(self, percent: int) -> int | None:
        """The hours within which that share of what was closed had been closed; None where nothing was."""
        wanted = -(-sum(self.hours.values()) * percent // 100)
        seen = 0
        for hours in sorted(self.hours):
            seen += self.hours[hours]
            if seen >= wanted:
                return hours
        return None


@dataclass
class Both:
    """changed: how many disputes end otherwise."""

    before: Figures = field(default_factory=Figures)
    after: Figures = field(default_factory=Figures)
    disputes: int = 0
    changed: int = 0

    def count(self, pair: Pair, *, changed: bool) -> None:
        self.disputes += 1
        self.changed += changed
        self.before.count(pair.before)
        self.after.count(pair.after)

    def add(self, other: "Both") -> None:
        self.disputes += other.disputes
        self.changed += other.changed
        self.before.add(other.before)
        self.after.add(other.after)


@dataclass
class Tally:
    """changes: how many disputes differ in what. by: (dimension, value) to its sums; the whole is `ALL`.

    dropped_before, dropped_after: messages that one policy alone does not allow; dropped_both: neither. touched:
    disputes with a message that one policy alone drops, or with a ruling made later than history has it.
    """

    by: defaultdict[tuple[str, str], Both] = field(default_factory=lambda: defaultdict(Both))
    changes: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    dropped_before: int = 0
    dropped_after: int = 0
    dropped_both: int = 0
    waited: int = 0
    touched: int = 0

    @property
    def whole(self) -> Both:
        return self.by[ALL, ""]

    def count(self, pair: Pair) -> None:
        changed, either = pair.changed, pair.either
        self.changes.update(changed)
        if pair.before is None or pair.after is None or pair.before.outcome != pair.after.outcome:
            self.moves[_outcome(pair.before), _outcome(pair.after)] += 1
        for key in ((ALL, ""), ("cause", either.cause), ("lane", either.lane), ("seller", either.seller)):
            self.by[key].count(pair, changed=bool(changed))

    def add(self, other: "Tally") -> None:
        """Takes `other` over: most sellers come in one part only."""
        for key, both in other.by.items():
            if key in self.by:
                self.by[key].add(both)
            else:
                self.by[key] = both
        self.changes.update(other.changes)
        self.moves.update(other.moves)
        self.dropped_before += other.dropped_before
        self.dropped_after += other.dropped_after
        self.dropped_both += other.dropped_both
        self.waited += other.waited
        self.touched += other.touched

    def of(self, dimension: str) -> Iterable[tuple[str, Both]]:
        """The values of a dimension with their sums, those with the most disputes first."""
        found = [(value, both) for (name, value), both in self.by.items() if name == dimension]
        return sorted(found, key=lambda one: (-one[1].disputes, one[0]))


def _outcome(standing: Standing | None) -> str:
    return NOT_OPENED if standing is None else standing.outcome
