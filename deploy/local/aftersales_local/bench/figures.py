"""The benchmark's arithmetic: what was measured, with its spread, and whether it keeps its target."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

Bound = Literal["at least", "below"]


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure's values, in the order measured. unit: such as `scans/s`."""

    values: tuple[float, ...]
    unit: str

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def most(self) -> float:
        return max(self.values)


def ratio(above: Spread, below: Spread) -> Spread:
    """Round by round: what was measured in a round is compared with what was measured beside it."""
    pairs = zip(above.values, below.values, strict=True)
    return Spread(tuple(one / other for one, other in pairs), "times")


@dataclass(frozen=True, slots=True)
class Target:
    """A floor or a ceiling for a figure, or for its ratio to another one of the same round (`beside`).

    always: every value must keep it; else the median must.
    """

    figure: str
    bound: Bound
    value: float
    beside: str | None = None
    always: bool = False

    @property
    def name(self) -> str:
        return f"{self.figure} / {self.beside}" if self.beside else self.figure


@dataclass(frozen=True, slots=True)
class Verdict:
    """measured: None where the run did not measure what the target speaks of."""

    target: Target
    measured: Spread | None

    @property
    def kept(self) -> bool | None:
        """None where nothing was measured."""
        if self.measured is None:
            return None
        if self.target.bound == "at least":
            return (self.measured.least if self.target.always else self.measured.median) >= self.target.value
        return (self.measured.most if self.target.always else self.measured.median) < self.target.value


def judge(target: Target, figures: Mapping[str, Spread]) -> Verdict:
    measured = figures.get(target.figure)
    if measured is not None and target.beside is not None:
        below = figures.get(target.beside)
        measured = ratio(measured, below) if below is not None else None
    return Verdict(target, measured)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least this share of them (0 to 1) does not exceed."""
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]
