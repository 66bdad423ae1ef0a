"""What of the rulebook the product has built: random stories keep to it."""

from typing import Final

ALL: Final = frozenset({"desk", "appeals", "chargebacks", "extend", "returns", "metrics", "escrow"}) | {
    "compensation in a list currency",
    "high compensation",
}
NOT_YET: Final = {
    "compensation in a list currency": "each price is rounded before the multiple, not once at the end (section 6)",
    "high compensation": "a departure's compensation above the counterfeit multiple is refused; no such limit",
}
BUILT: Final = ALL - NOT_YET.keys()
