"""The benchmark's arithmetic: what was measured, with its spread, and whether it keeps its target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

Bound = Literal["at least", "below"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Of one figure over the rounds, in the order measured. unit: such as `scans/s`."""

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
    """Round by round: what was measured in one round is compared with what was measured beside it."""
    pairs = zip(above.values, below.values, strict=True)
    return Spread(tuple(one / other for one, other in pairs), "times")


@dataclass(frozen=True, slots=True)
class Target:
    """A floor or a ceiling for a figure, or for its ratio to another one of the same round (`beside`)."""

    figure: str
    bound: Bound
    value: float
    beside: str | None = None

    @property
    def sentence(self) -> str:
        what = f"{self.figure} / {self.beside}" if self.beside else self.figure
        return f"{what} {self.bound} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """measured: None where the run did not measure what the target speaks of; then nothing is said of it."""

    target: Target
    measured: Spread | None

    @property
    def kept(self) -> bool | None:
        """By the median; None where nothing was measured."""
        if self.measured is None:
            return None
        value = self.measured.median
        return value >= self.target.value if self.target.bound == "at least" else value < self.target.value


def judge(target: Target, figures: Mapping[str, Spread]) -> Verdict:
    measured = figures.get(target.figure)
    if measured is not None and target.beside is not None:
        below = figures.get(target.beside)
        measured = ratio(measured, below) if below is not None else None
    return Verdict(target, measured)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 1).__int__() - 1)]


__all__: Final = ["Bound", "Spread", "Target", "Verdict", "judge", "percentile", "ratio"]
