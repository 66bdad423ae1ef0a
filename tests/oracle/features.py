"""What of the rulebook the product has built: random stories keep to it."""

from typing import Final

ALL: Final = frozenset({"desk", "appeals", "chargebacks", "extend", "returns", "metrics", "escrow"}) | {
    "compensation in a list currency",
    "high compensation",
}
# A corner where the two are known to differ, and how; random stories keep away from it.
NOT_YET: Final[dict[str, str]] = {}
BUILT: Final[frozenset[str]] = ALL - NOT_YET.keys()
