"""What of the rulebook the product has built: random stories keep to it."""

from typing import Final

ALL: Final = frozenset(
    {
        *("desk", "appeals", "chargebacks", "extend", "returns", "metrics", "escrow"),
        *("R14 after a receipt", "an anomaly again", "hold after a delivery", "R16 on a buyer's reason"),
        *("second deadline", "freight cap", "high freight", "high compensation", "late refund facts", "second receipt"),
    }
)
NOT_YET: Final = {
    "desk": "the platform's service and proposals",
    "appeals": "appeals",
    "chargebacks": "chargebacks",
    "extend": "force majeure",
    "returns": "contested returns and scans of returns",
    "metrics": "the seller's rates",
    "escrow": "the release of escrow and the collection of debts (8.6, 8.7)",
    "second deadline": "in ARBITRATION_REVIEW the deadline stays the 7-day date after it has passed (8.22)",
    "hold after a delivery": "with a younger last scan than the delivery, no end at the promise end (9)",
    "an anomaly again": "an anomaly that was the last scan before the hold, scanned once more, does not end it (10)",
    "R14 after a receipt": "R14 is refused while the promise runs, though the receipt counts as delivery (8.24, 8.25)",
    "R16 on a buyer's reason": "the seller does not pay the return freight of R16 and R18 (8.39)",
    "second receipt": "a receipt after the window is forgotten, so that a second one is taken (8.25: once)",
    "late refund facts": "refund_executed and refund_failed of a closed dispute are refused (8.34: recorded)",
    "high freight": "a freight above what the units cost is refused; the rulebook has no such limit",
    "high compensation": "a departure's compensation above the counterfeit multiple is refused; no such limit",
    "freight cap": "a freight above return.freight_cap is refused, not capped (section 6)",
}
BUILT: Final = ALL - NOT_YET.keys()
