"""The family of a reason (rulebook section 3)."""

from enum import StrEnum
from typing import Final


class Family(StrEnum):
    NOT_RECEIVED = "NOT_RECEIVED"
    NOT_AS_DESCRIBED = "NOT_AS_DESCRIBED"
    BUYER_REASON = "BUYER_REASON"
    SERVICE = "SERVICE"
    LATE = "LATE"


PREFIXES: Final = {
    "INR": Family.NOT_RECEIVED,
    "SNAD": Family.NOT_AS_DESCRIBED,
    "BUY": Family.BUYER_REASON,
    "SVC": Family.SERVICE,
    "LATE": Family.LATE,
}


def family(reason: str) -> Family:
    """The family by the reason's prefix; KeyError for a reason that dispute would never have admitted."""
    return PREFIXES[reason.partition("_")[0]]
