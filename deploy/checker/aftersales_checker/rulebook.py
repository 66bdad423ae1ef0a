"""The rulebook's transitions (section 5): who may move a dispute from where to where.

Ours is a second reading of the same page, kept in another form than the service's: by what brings a dispute into a
state. A step that this page does not allow is a violation whichever table is right.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# A cause's type begins with this when the buyer or seller, a timer, the desk, tracking or the payment provider speaks.
PARTY, TIMER, DESK, TRACKING, PAYMENT = "marketplace.", "timer:", "arbitration.", "tracking.", "marketplace.refund_"

NEGOTIATION: Final = "AWAITING_SELLER AWAITING_BUYER"
PLATFORM: Final = "ARBITRATION_EVIDENCE ARBITRATION_REVIEW PLATFORM_PROPOSED"
RETURNS: Final = "RETURN_AWAITING_SHIPMENT RETURN_IN_TRANSIT"
FINAL: Final = "CLOSED_REFUNDED CLOSED_REJECTED CLOSED_NO_RETURN"
SETTLED: Final = "REFUND_PENDING RETURN_AWAITING_SHIPMENT CLOSED_REJECTED"
FRESH: Final = "AWAITING_SELLER HELD_IN_TRANSIT SERVICE_REVIEW"
UNPAID: Final = f"{NEGOTIATION} HELD_IN_TRANSIT SERVICE_REVIEW {PLATFORM} {RETURNS}"
# No dispute yet.
NONE: Final = "-"

# number | who | from | to
PAGE: Final = (
    ("1", PARTY, NONE, FRESH),
    ("2", PARTY, NEGOTIATION, "AWAITING_SELLER HELD_IN_TRANSIT"),
    ("3", PARTY, "AWAITING_SELLER", SETTLED),
    ("4", PARTY, "AWAITING_SELLER", "AWAITING_BUYER"),
    ("5", PARTY, "AWAITING_BUYER", SETTLED),
    ("6", TIMER, "AWAITING_SELLER", f"{SETTLED} ARBITRATION_EVIDENCE"),
    ("7", PARTY, NEGOTIATION, "ARBITRATION_EVIDENCE"),
    ("8", TIMER, NEGOTIATION, "ARBITRATION_EVIDENCE"),
    ("9", TIMER, "HELD_IN_TRANSIT", "ARBITRATION_EVIDENCE"),
    ("9", TRACKING, "HELD_IN_TRANSIT", "ARBITRATION_EVIDENCE"),
    ("10", TRACKING, "HELD_IN_TRANSIT", "AWAITING_SELLER"),
    ("11", TRACKING, "HELD_IN_TRANSIT", "AWAITING_BUYER"),
    ("11", PARTY, "HELD_IN_TRANSIT AWAITING_BUYER", "CLOSED_CANCELLED"),
    ("12", PARTY, f"{NEGOTIATION} HELD_IN_TRANSIT ARBITRATION_EVIDENCE ARBITRATION_REVIEW", SETTLED),
    (
        "13",
        PARTY,
        f"{NEGOTIATION} HELD_IN_TRANSIT SERVICE_REVIEW {PLATFORM} RETURN_AWAITING_SHIPMENT",
        "CLOSED_CANCELLED",
    ),
    ("15", PARTY, "ARBITRATION_EVIDENCE", "ARBITRATION_REVIEW"),
    ("15", TIMER, "ARBITRATION_EVIDENCE", "ARBITRATION_REVIEW"),
    ("16", DESK, "ARBITRATION_REVIEW", "PLATFORM_PROPOSED"),
    ("17", DESK, "ARBITRATION_REVIEW PLATFORM_PROPOSED", SETTLED),
    ("18", PARTY, "RETURN_AWAITING_SHIPMENT", "RETURN_IN_TRANSIT"),
    ("19", PARTY, "RETURN_IN_TRANSIT", "REFUND_PENDING CLOSED_REJECTED"),
    ("20", PARTY, "RETURN_IN_TRANSIT", "ARBITRATION_EVIDENCE"),
    ("21", TRACKING, "RETURN_IN_TRANSIT", "REFUND_PENDING CLOSED_REJECTED ARBITRATION_EVIDENCE"),
    ("22", PAYMENT, "REFUND_PENDING", "CLOSED_REFUNDED"),
    ("23", DESK, "SERVICE_REVIEW", "REFUND_PENDING CLOSED_REJECTED AWAITING_SELLER"),
    ("24", PARTY, FINAL, "APPEAL_REVIEW"),
    ("25", DESK, "APPEAL_REVIEW", f"{FINAL} REFUND_PENDING"),
    ("26", PARTY, "CLOSED_CANCELLED", FRESH),
    ("27", PARTY, UNPAID, "CLOSED_EXTERNAL"),
    ("29", PARTY, "PLATFORM_PROPOSED", "ARBITRATION_REVIEW"),
    ("30", PARTY, "PLATFORM_PROPOSED", SETTLED),
    ("30", TIMER, "PLATFORM_PROPOSED", SETTLED),
    # The rows of section 4 whose timers no other transition names.
    ("31", TIMER, "AWAITING_BUYER", "CLOSED_CANCELLED"),
    ("31", TIMER, "RETURN_AWAITING_SHIPMENT", "CLOSED_NO_RETURN"),
    ("31", TIMER, "RETURN_IN_TRANSIT", "REFUND_PENDING CLOSED_REJECTED"),
    ("31", TIMER, "SERVICE_REVIEW", "AWAITING_SELLER"),
    ("31", TIMER, "APPEAL_REVIEW", FINAL),
)
CLOSED: Final = frozenset((*FINAL.split(), "CLOSED_CANCELLED", "CLOSED_EXTERNAL"))
# A closed dispute goes on only so: an appeal, or an opening of what was cancelled.
AFTER_THE_END: Final = ("24", "26")


@dataclass(frozen=True, slots=True)
class Step:
    number: str
    who: str
    before: str | None
    after: str


def _steps() -> Iterator[Step]:
    for number, who, sources, targets in PAGE:
        for before in sources.split():
            for after in targets.split():
                yield Step(number, who, None if before == NONE else before, after)


STEPS: Final = frozenset(_steps())
SPEAKERS: Final = (PAYMENT, PARTY, TIMER, DESK, TRACKING)


def allowed(number: str, cause: str, before: str | None, after: str) -> bool:
    """Whether a dispute may go from `before` to `after` as transition `number` on a cause of this type."""
    return any(Step(number, who, before, after) in STEPS for who in SPEAKERS if cause.startswith(who))
