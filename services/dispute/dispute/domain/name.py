"""The name of a dispute, given by whoever opens it and good for one order only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """Which order's dispute has this name. Listeners know disputes by it alone, so no other order may use it."""

    order: str
