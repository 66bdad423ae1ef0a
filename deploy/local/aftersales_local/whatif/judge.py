"""What two policies make of some sellers' disputed orders. Runs in several processes that share nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nlargest
from typing import Final, NamedTuple

from aftersales.policy.model import Policy
from aftersales_local.whatif.lines import Told
from aftersales_local.whatif.ranges import Broken
from aftersales_local.whatif.replay import Played, play_both
from aftersales_local.whatif.scan import Line
from aftersales_local.whatif.sharing import OnePolicy, Reads, Shared, watched
from aftersales_local.whatif.standing import Pair, Standing, standings
from aftersales_local.whatif.tally import Tally

MOST_CHANGED: Final = 10


class Group(NamedTuple):
    """Orders that must be played together: they share a seller's deposit and debts."""

    name: str
    lines: Sequence[Line]


class Changed(NamedTuple):
    group: str
    pair: Pair


@dataclass(frozen=True, slots=True)
class Question:
    """Two policies, and until when time goes on. skip_bad: go on without lines that are no events."""

    before: Policy
    after: Policy
    until: datetime
    skip_bad: bool = False


@dataclass
class Answer:
    """most: the disputes that changed most. faults: subjects whose rules failed, which is our own error."""

    tally: Tally = field(default_factory=Tally)
    most: list[Changed] = field(default_factory=list)
    bad: list[Broken] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    messages: int = 0

    def add(self, other: "Answer") -> None:
        self.tally.add(other.tally)
        self.most = most_changed([*self.most, *other.most])
        self.bad += other.bad
        self.faults += other.faults
        self.messages += other.messages


def most_changed(found: Iterable[Changed]) -> list[Changed]:
    return nlargest(MOST_CHANGED, found, key=lambda one: one.pair.weight)


def judge(groups: Sequence[Group], question: Question) -> Answer:
    answer = Answer()
    changed: list[Changed] = []
    reads = Reads()
    before, after = OnePolicy(watched(question.before, question.after, reads)), OnePolicy(question.after)
    for group in groups:
        history = decoded(group.lines, answer.bad, skip_bad=question.skip_bad)
        if not history:
            continue
        answer.messages += len(history)
        shared = Shared(reads)
        one, other = play_both(history, before, after, question.until, shared)
        answer.faults += [*one.broken.values(), *other.broken.values()]
        changed += [Changed(group.name, pair) for pair in compared(answer.tally, one, other)]
    answer.most = most_changed(changed)
    return answer


def decoded(lines: Iterable[Line], bad: list[Broken], *, skip_bad: bool) -> list[Told]:
    """The events of the lines in order of their instants; of equal ones, in order of the lines."""
    history: list[Told] = []
    for line in lines:
        try:
            told = line.told()
        except Broken as broken:
            if not skip_bad:
                raise
            bad.append(broken)
            continue
        if told is not None:
            history.append(told)
    history.sort(key=lambda told: told.at)
    return history


def compared(tally: Tally, one: Played, other: Played) -> list[Pair]:
    """Count every dispute of a replay; returns the pairs that differ."""
    before, after = _standings(one), _standings(other)
    odd = one.dropped ^ other.dropped
    tally.dropped_before += len(one.dropped - other.dropped)
    tally.dropped_after += len(other.dropped - one.dropped)
    tally.dropped_both += len(one.dropped & other.dropped)
    tally.waited += len(one.waited | other.waited)
    touched = {key for key, _ in odd} | one.waited | other.waited
    differing = []
    for key in before | after:
        pair = Pair(before.get(key), after.get(key))
        tally.count(pair)
        tally.touched += not touched.isdisjoint(key)
        if pair.changed:
            differing.append(pair)
    return differing


def _standings(played: Played) -> dict[tuple[str, str], Standing]:
    return {
        (standing.order, standing.dispute): standing
        for order in played.orders.values()
        for standing in standings(order)
    }
