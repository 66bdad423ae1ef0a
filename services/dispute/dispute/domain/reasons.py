"""Why a buyer complains: the taxonomy, as data (rulebook section 3). A new reason is a new line here."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aftersales.contracts.carrier import ScanStatus


class Family(StrEnum):
    NOT_RECEIVED = "NOT_RECEIVED"
    NOT_AS_DESCRIBED = "NOT_AS_DESCRIBED"
    BUYER_REASON = "BUYER_REASON"
    SERVICE = "SERVICE"
    LATE = "LATE"


@dataclass(frozen=True, slots=True)
class Reason:
    """prima_facie: who is liable if nothing else is known; `stated` is "by what the paper says".

    evidence: the kinds that are asked for and shown, not enforced (rulebook 8.29).
    """

    family: Family
    prima_facie: str
    evidence: tuple[str, ...] = ()


REASONS: Final[dict[str, Reason]] = {
    "INR_IN_TRANSIT": Reason(Family.NOT_RECEIVED, "nobody"),
    "INR_NOT_SHIPPED": Reason(Family.NOT_RECEIVED, "seller"),
    "INR_OVERDUE": Reason(Family.NOT_RECEIVED, "seller"),
    "INR_NO_TRACKING": Reason(Family.NOT_RECEIVED, "seller"),
    "INR_LOST": Reason(Family.NOT_RECEIVED, "seller", ("carrier_note",)),
    "INR_WRONG_ADDRESS_SELLER": Reason(Family.NOT_RECEIVED, "seller", ("carrier_note",)),
    "INR_CARRIER_CHANGED": Reason(Family.NOT_RECEIVED, "seller"),
    "INR_CUSTOMS_HELD": Reason(Family.NOT_RECEIVED, "stated", ("customs_paper",)),
    "INR_RETURNED_TO_SENDER": Reason(Family.NOT_RECEIVED, "stated", ("carrier_note",)),
    "INR_WRONG_ADDRESS_BUYER": Reason(Family.NOT_RECEIVED, "buyer"),
    "INR_REFUSED_BY_BUYER": Reason(Family.NOT_RECEIVED, "buyer"),
    "INR_DELIVERED_BUT_DENIED": Reason(Family.NOT_RECEIVED, "buyer", ("carrier_note",)),
    "SNAD_DESCRIPTION": Reason(Family.NOT_AS_DESCRIBED, "seller", ("photo", "ruler_photo")),
    "SNAD_QUALITY": Reason(Family.NOT_AS_DESCRIBED, "seller", ("photo",)),
    "SNAD_DEFECTIVE": Reason(Family.NOT_AS_DESCRIBED, "seller", ("video",)),
    "SNAD_DAMAGED": Reason(Family.NOT_AS_DESCRIBED, "seller", ("photo", "carrier_note")),
    "SNAD_SHORT_QTY": Reason(Family.NOT_AS_DESCRIBED, "seller", ("photo",)),
    "SNAD_EMPTY_PARCEL": Reason(Family.NOT_AS_DESCRIBED, "seller", ("photo", "carrier_note")),
    "SNAD_WRONG_ITEM": Reason(Family.NOT_AS_DESCRIBED, "seller", ("photo",)),
    "SNAD_MISSING_PARTS": Reason(Family.NOT_AS_DESCRIBED, "seller", ("photo",)),
    "SNAD_COUNTERFEIT": Reason(Family.NOT_AS_DESCRIBED, "seller", ("brand_letter", "test_report")),
    "BUY_CHANGED_MIND": Reason(Family.BUYER_REASON, "buyer"),
    "BUY_ORDERED_BY_MISTAKE": Reason(Family.BUYER_REASON, "buyer"),
    "BUY_FOUND_CHEAPER": Reason(Family.BUYER_REASON, "buyer"),
    "SVC_PROMISE_BROKEN": Reason(Family.SERVICE, "seller"),
    "SVC_EXTRA_CHARGE": Reason(Family.SERVICE, "seller", ("receipt",)),
    "LATE_COMPENSATION": Reason(Family.LATE, "seller"),
}
NOT_SHIPPED: Final = "INR_NOT_SHIPPED"
COUNTERFEIT: Final = "SNAD_COUNTERFEIT"

# What an anomaly of its parcel makes of a held dispute (rulebook 8.24).
RECLASSIFIED: Final[dict[ScanStatus, str]] = {
    "returning": "INR_RETURNED_TO_SENDER",
    "returned": "INR_RETURNED_TO_SENDER",
    "lost": "INR_LOST",
    "not_found": "INR_NO_TRACKING",
    "customs_hold": "INR_CUSTOMS_HELD",
}


def is_not_received(reason: str) -> bool:
    return REASONS[reason].family is Family.NOT_RECEIVED


def refund_only(reason: str) -> bool:
    """Goods that did not come or came late are not sent back (rulebook 8.27)."""
    return REASONS[reason].family in (Family.NOT_RECEIVED, Family.LATE)
