"""A case goes from one status to another by a named transition of the table."""

from typing import Any

from msgspec.structs import replace

from aftersales.decision import Move
from arbitration.domain.case import TRANSITIONS, Case


def moved(case: Case, name: str, **changes: Any) -> tuple[Case, tuple[Move, ...]]:
    """The case after the transition, one version on. Raises ValueError where the table does not know it from here."""
    transition = TRANSITIONS[name]
    if case.status not in transition.before:
        raise ValueError(f"{name} does not follow {case.status}")
    move = Move("case", case.status, transition.after, name)
    return replace(case, status=transition.after, version=case.version + 1, **changes), (move,)


def changed(case: Case, **changes: Any) -> Case:
    """The case with what has changed, one version on, in the same status."""
    return replace(case, version=case.version + 1, **changes)
