"""Why a buyer complains: the taxonomy, as data (rulebook section 3). A new reason is a new line, here alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from aftersales.contracts.carrier import ScanStatus

# In `counts_as`: all the disputed units.
ALL: Final = "all"


class Family(StrEnum):
    NOT_RECEIVED = "NOT_RECEIVED"
    NOT_AS_DESCRIBED = "NOT_AS_DESCRIBED"
    BUYER_REASON = "BUYER_REASON"
    SERVICE = "SERVICE"
    LATE = "LATE"


@dataclass(frozen=True, slots=True)
class Reason:
    """words: ends the sentence "the buyer complains because ...". prima_facie: who is liable if nothing else is known;
    `stated` is "by what the paper says".

    evidence: the kinds that are asked for and shown, not enforced (rulebook 8.29).
    counts_as: the findings that it comes to where none decides (8.36), with the buyer's evidence on file, or as the
    buyer's own word (`own_word`). after: the anomalies of a parcel that make it the reason of a held dispute (8.24).
    """

    family: Family
    prima_facie: str
    words: str
    evidence: tuple[str, ...] = ()
    counts_as: Mapping[str, Any] = field(default_factory=dict)
    own_word: bool = False
    after: tuple[ScanStatus, ...] = ()


_INR, _SNAD, _BUY, _SVC = Family.NOT_RECEIVED, Family.NOT_AS_DESCRIBED, Family.BUYER_REASON, Family.SERVICE
_RETURN: Final = {"not_as_described": "return"}
_NOTE: Final = ("carrier_note",)
_PHOTO: Final = ("photo",)

# fmt: off
REASONS: Final[dict[str, Reason]] = {
    "INR_IN_TRANSIT": Reason(_INR, "nobody", "the goods have not arrived yet"),
    "INR_NOT_SHIPPED": Reason(_INR, "seller", "the goods were never shipped"),
    "INR_OVERDUE": Reason(_INR, "seller", "the goods have not arrived in the promised time"),
    "INR_NO_TRACKING": Reason(_INR, "seller", "the tracking number is not known to the carrier", after=("not_found",)),
    "INR_LOST": Reason(_INR, "seller", "the parcel was lost", _NOTE, after=("lost",)),
    "INR_WRONG_ADDRESS_SELLER": Reason(_INR, "seller", "the parcel was sent to a wrong address", _NOTE),
    "INR_CARRIER_CHANGED": Reason(_INR, "seller", "the parcel was sent with another carrier than agreed"),
    "INR_CUSTOMS_HELD": Reason(_INR, "stated", "the parcel is held by customs", ("customs_paper",),
                               after=("customs_hold",)),
    "INR_RETURNED_TO_SENDER": Reason(_INR, "stated", "the parcel went back to the sender", _NOTE,
                                     after=("returning", "returned")),
    "INR_WRONG_ADDRESS_BUYER": Reason(_INR, "buyer", "the address given by the buyer was wrong",
                                      counts_as={"address_error": "buyer"}, own_word=True),
    "INR_REFUSED_BY_BUYER": Reason(_INR, "buyer", "the parcel was refused at the door",
                                   counts_as={"refused_by_buyer": True}, own_word=True),
    "INR_DELIVERED_BUT_DENIED": Reason(_INR, "buyer", "the parcel is said to be delivered, but was not received",
                                       _NOTE),
    "SNAD_DESCRIPTION": Reason(_SNAD, "seller", "the goods differ from their description", ("photo", "ruler_photo"),
                               _RETURN),
    "SNAD_QUALITY": Reason(_SNAD, "seller", "the goods are of poor quality", _PHOTO, {"quality": "minor"}),
    "SNAD_DEFECTIVE": Reason(_SNAD, "seller", "the goods are defective", ("video",), {"defective": True}),
    "SNAD_DAMAGED": Reason(_SNAD, "seller", "the goods arrived damaged", ("photo", "carrier_note"), {"damaged": True}),
    "SNAD_SHORT_QTY": Reason(_SNAD, "seller", "fewer goods arrived than were bought", _PHOTO, {"missing": ALL}),
    "SNAD_EMPTY_PARCEL": Reason(_SNAD, "seller", "the parcel was empty", ("photo", "carrier_note"), {"empty": True}),
    "SNAD_WRONG_ITEM": Reason(_SNAD, "seller", "other goods arrived than were bought", _PHOTO, _RETURN),
    "SNAD_MISSING_PARTS": Reason(_SNAD, "seller", "parts are missing", _PHOTO, {"missing": ALL}),
    "SNAD_COUNTERFEIT": Reason(_SNAD, "seller", "the goods are counterfeit", ("brand_letter", "test_report"), _RETURN),
    "BUY_CHANGED_MIND": Reason(_BUY, "buyer", "the buyer has changed their mind"),
    "BUY_ORDERED_BY_MISTAKE": Reason(_BUY, "buyer", "the goods were ordered by mistake"),
    "BUY_FOUND_CHEAPER": Reason(_BUY, "buyer", "the buyer has found the goods cheaper elsewhere"),
    "SVC_PROMISE_BROKEN": Reason(_SVC, "seller", "a promised service was not given"),
    "SVC_EXTRA_CHARGE": Reason(_SVC, "seller", "an extra charge was asked for", ("receipt",)),
    "LATE_COMPENSATION": Reason(Family.LATE, "seller", "the goods arrived after the promised time"),
}
# fmt: on

# Reasons that rules speak of by name.
NOT_SHIPPED: Final = "INR_NOT_SHIPPED"
CUSTOMS_HELD: Final = "INR_CUSTOMS_HELD"
COUNTERFEIT: Final = "SNAD_COUNTERFEIT"


def unknown(code: str) -> str | None:
    """The sentence about a word that is no reason; None for one that is."""
    return None if code in REASONS else f"{code} is no reason. Known are {', '.join(REASONS)}."


def family(reason: str) -> Family:
    """KeyError for a reason that dispute would never have admitted."""
    return REASONS[reason].family


def is_not_received(reason: str) -> bool:
    return REASONS[reason].family is Family.NOT_RECEIVED


def refund_only(reason: str) -> bool:
    """Goods that did not come or came late are not sent back (rulebook 8.27)."""
    return REASONS[reason].family in (Family.NOT_RECEIVED, Family.LATE)
