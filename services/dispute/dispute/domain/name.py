"""The name of a dispute, given by whoever opens it and good for one order only."""

from msgspec import Struct


class Name(Struct, frozen=True):
    """Which order's dispute has this name. Listeners know disputes by it alone, so no other order may use it."""

    order: str
