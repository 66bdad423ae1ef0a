"""What the reasons of the rulebook mean to a dispute; the table itself is shared with the desk and the notices."""

from typing import Final

from aftersales.contracts.carrier import ScanStatus
from aftersales.rulebook.reasons import (
    COUNTERFEIT,
    NOT_SHIPPED,
    REASONS,
    Family,
    Reason,
    is_not_received,
    refund_only,
    unknown,
)

__all__ = [
    "COUNTERFEIT",
    "NOT_SHIPPED",
    "REASONS",
    "RECLASSIFIED",
    "Family",
    "Reason",
    "is_not_received",
    "refund_only",
    "unknown",
]

# What an anomaly of its parcel makes of a held dispute (rulebook 8.24).
RECLASSIFIED: Final[dict[ScanStatus, str]] = {scan: code for code, reason in REASONS.items() for scan in reason.after}
