"""What of the rulebook the product has built: random stories keep to it."""

from typing import Final

ALL: Final = frozenset(
    {
        *("desk", "appeals", "chargebacks", "extend", "returns", "metrics", "escrow"),
        *("a return delivered under a chargeback", "compensation in a list currency"),
        *("R14 after a receipt", "an anomaly again", "hold after a delivery", "R16 on a buyer's reason"),
        *("high freight", "high compensation", "extended under a chargeback", "second receipt"),
    }
)
NOT_YET: Final = {
    "metrics": "the seller's rates",
    "an anomaly again": "an anomaly that was the last scan before the hold, scanned once more, does not end it (10)",
    "compensation in a list currency": "each price is rounded before the multiple, not once at the end (section 6)",
    "hold after a delivery": "with a younger last scan than the delivery, no end at the promise end (9)",
    "extended under a chargeback": "every command on a dispute is refused then (8.20), but extend is taken",
    "second receipt": "a receipt after the window is forgotten, so that a second one is taken (8.25: once)",
    "high compensation": "a departure's compensation above the counterfeit multiple is refused; no such limit",
}
BUILT: Final = ALL - NOT_YET.keys()
