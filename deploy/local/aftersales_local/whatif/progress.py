"""How far a long job is and how long it will take: a live line on a terminal, else a plain one now and then."""

import sys
import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console

EVERY: Final = 0.2
PLAINLY_EVERY: Final = 5.0


class Progress:
    """`with Progress("reading", 100) as progress: progress.add(1)`. bytes: for the caller to count."""

    def __init__(self, what: str, whole: int) -> None:
        self.what = what
        self.whole = max(1, whole)
        self.done = 0.0
        self.bytes = 0
        self._console = Console(file=sys.stderr, highlight=False)
        self._begun = self._said = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._console.file.write("\r\x1b[K")
            self._console.file.flush()

    def add(self, amount: float, what: str | None = None) -> None:
        self.done = min(self.whole, self.done + amount)
        self.what = what or self.what
        now = time.monotonic()
        if now - self._said >= (EVERY if self._console.is_terminal else PLAINLY_EVERY):
            self._said = now
            self._tell(now)

    def _tell(self, now: float) -> None:
        line = told(self.what, self.done / self.whole, now - self._begun)
        if self._console.is_terminal:
            self._console.file.write(f"\r\x1b[K{line}")
            self._console.file.flush()
        else:
            self._console.print(line, markup=False, soft_wrap=True)


def told(what: str, share: float, seconds: float) -> str:
    """One line: what is done, how much of it, and how long the rest will take at this pace."""
    left = f", about {seconds / share * (1 - share):.0f} s left" if share > 0.01 else ""
    return f"{what}: {100 * share:.0f} %, {seconds:.0f} s{left}"
