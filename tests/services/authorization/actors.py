"""Who may come to a door, and whose things lie behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.support.tokens import Issuer, bearer

# Everybody by role and subject. A subject in the wrong role is somebody else.
ACTORS: Final[dict[str, tuple[str, str] | None]] = {
    "nobody": None,
    "buyer": ("buyer", "anna"),
    "seller": ("seller", "shop"),
    "marketplace": ("service", "market"),
    "agent": ("agent", "kim"),
    "supervisor": ("supervisor", "lee"),
    "the buyer's id as seller": ("seller", "anna"),
    "the seller's id as buyer": ("buyer", "shop"),
    "the buyer's id as service": ("service", "anna"),
    "the marketplace's id as buyer": ("buyer", "market"),
    "the buyer as agent": ("agent", "anna"),
    "the seller as supervisor": ("supervisor", "shop"),
}

# What an actor is answered: a status, or a status with a slug. Without a slug it is that of the table below.
Cell = int | str
# By actor, one cell for each of a service's `WHOSE`, in that order.
Grid = Mapping[str, tuple[Cell, ...]]
USUAL: Final = {401: "token-missing", 403: "role-not-allowed", 404: "not-found"}


def told(cell: Cell) -> str:
    """A cell as answers are written down."""
    return f"{cell} {USUAL[cell]}" if isinstance(cell, int) and cell in USUAL else str(cell)


@dataclass(frozen=True)
class Row:
    """A route's row. `ask`: the body, with {buyer}, {seller} and the thing's other names filled in. `speaks`: for whom
    a marketplace speaks. `kind`: of the things that the world must make for it."""

    grid: Grid
    kind: str
    body: Any = None
    speaks: str | None = None
    headers: Mapping[str, str] | None = None


def credentials(issuer: Issuer, actor: str) -> dict[str, str]:
    who = ACTORS[actor]
    return {} if who is None else bearer(issuer.token(role=who[0], sub=who[1]))
