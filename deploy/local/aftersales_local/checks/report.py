"""A check's finding, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

Connections = Mapping[str, asyncpg.Connection]
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Check:
    """detail: what was counted, and the first offenders where it did not hold."""

    name: str
    held: bool
    detail: str


def judged(name: str, counted: str, offenders: Sequence[str]) -> Check:
    if not offenders:
        return Check(name, held=True, detail=counted)
    more = f" and {len(offenders) - SHOWN} more" if len(offenders) > SHOWN else ""
    return Check(name, held=False, detail=f"{counted}; wrong: {'; '.join(offenders[:SHOWN])}{more}")
