"""How a story's names and instants stand on a stage that other stories use too."""

from dataclasses import dataclass
from datetime import datetime, timedelta

ONE_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Cast:
    """suffix: makes the story's names its own. shift: whole weeks, so that working days stay working days."""

    suffix: str = ""
    shift: timedelta = timedelta(0)

    def name(self, name: str) -> str:
        return f"{name}{self.suffix}"

    def at(self, instant: datetime) -> datetime:
        return instant + self.shift

    def told(self, text: str) -> str:
        """A text of the stage in the story's own words."""
        return text.replace(self.suffix, "") if self.suffix else text

    def when(self, instant: datetime) -> datetime:
        return instant - self.shift


def weeks_after(first: datetime, now: datetime) -> timedelta:
    """The least shift by whole weeks that brings `first` after `now`; zero where it lies after it anyway."""
    return max(timedelta(0), (now - first) // ONE_WEEK * ONE_WEEK + ONE_WEEK)
