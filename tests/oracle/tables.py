"""The rulebook's tables, transcribed from its text: parameters, reasons, states, who may do what in which state."""

from typing import Final

DAY: Final = 86_400
AT_ONCE_UNDER: Final = 5 * DAY
"""Of `open.earliest_after_ship`: 0 when the promised time is under it (section 2)."""

# Section 2. Durations in seconds; None is "none".
STANDARD: Final[dict[str, object]] = {
    "open.earliest_after_ship": 10 * DAY,
    "open.latest": 15 * DAY,
    "open.in_transit": "hold",
    "ship.within": 7 * DAY,
    "held.confirm": 5 * DAY,
    "reopen.max": 2,
    "seller.response": 5 * DAY,
    "escalate.manual_from": 3 * DAY,
    "escalate.manual_to": 15 * DAY,
    "escalate.auto_at": 7 * DAY,
    "arbitration.evidence_window": 3 * DAY,
    "arbitration.reassign_after": 7 * DAY,
    "arbitration.fallback_after": 14 * DAY,
    "arbitration.proposal_accept": 3 * DAY,
    "appeal.window": 7 * DAY,
    "appeal.review": 5 * DAY,
    "return.ship_by": 10 * DAY,
    "return.seller_confirm": 30 * DAY,
    "return.seller_confirm_delivered": 7 * DAY,
    "return.freight_cap": None,
    "service.review": 3 * DAY,
    "service.cap": 0,
    "force_majeure.payer": "seller",
    "counterfeit.multiple": 2,
    "counterfeit.base": "charged_unit_price",
    "late.table": {"7": 10, "15": 20, "*": 30},
    "quality.table": {"minor": 10, "medium": 30, "severe": 50},
    "promise.max": {"RU": 90 * DAY, "BR": 120 * DAY, "*": 60 * DAY},
    "promise.default": {
        **dict.fromkeys(("DHL", "UPS", "FEDEX", "TNT"), 23 * DAY),
        **dict.fromkeys(("EMS", "SF"), 27 * DAY),
        "*": 39 * DAY,
    },
    "four_eyes.above": {"USD": 50_000, "EUR": 50_000, "JPY": 75_000, "KWD": 150_000},
    "auto_rule.below": 0,
}
PROFILES: Final[dict[str, dict[str, object]]] = {
    "standard": {},
    "classic": {"escalate.auto_at": 15 * DAY},
    "seven_day": {"escalate.manual_from": None, "escalate.manual_to": None},
}
BUSINESS_DAYS: Final = frozenset({"service.review", "appeal.review"})
EXPONENT: Final = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3}

# Section 3.
FAMILIES: Final = {
    "NOT_RECEIVED": (
        "INR_IN_TRANSIT INR_NOT_SHIPPED INR_OVERDUE INR_NO_TRACKING INR_LOST INR_WRONG_ADDRESS_SELLER "
        "INR_CARRIER_CHANGED INR_CUSTOMS_HELD INR_RETURNED_TO_SENDER INR_WRONG_ADDRESS_BUYER "
        "INR_REFUSED_BY_BUYER INR_DELIVERED_BUT_DENIED"
    ),
    "NOT_AS_DESCRIBED": (
        "SNAD_DESCRIPTION SNAD_QUALITY SNAD_DEFECTIVE SNAD_DAMAGED SNAD_SHORT_QTY SNAD_EMPTY_PARCEL "
        "SNAD_WRONG_ITEM SNAD_MISSING_PARTS SNAD_COUNTERFEIT"
    ),
    "BUYER_REASON": "BUY_CHANGED_MIND BUY_ORDERED_BY_MISTAKE BUY_FOUND_CHEAPER",
    "SERVICE": "SVC_PROMISE_BROKEN SVC_EXTRA_CHARGE",
    "LATE": "LATE_COMPENSATION",
}
FAMILY: Final = {code: family for family, codes in FAMILIES.items() for code in codes.split()}
REFUND_ONLY: Final = frozenset({"NOT_RECEIVED", "LATE"})

# Section 4.
SELLER, BUYER, HELD = "AWAITING_SELLER", "AWAITING_BUYER", "HELD_IN_TRANSIT"
EVIDENCE, REVIEW, PROPOSED = "ARBITRATION_EVIDENCE", "ARBITRATION_REVIEW", "PLATFORM_PROPOSED"
TO_SEND, SENT = "RETURN_AWAITING_SHIPMENT", "RETURN_IN_TRANSIT"
PENDING, SERVICE, APPEAL = "REFUND_PENDING", "SERVICE_REVIEW", "APPEAL_REVIEW"
REFUNDED, REJECTED, NO_RETURN = "CLOSED_REFUNDED", "CLOSED_REJECTED", "CLOSED_NO_RETURN"
CANCELLED, EXTERNAL = "CLOSED_CANCELLED", "CLOSED_EXTERNAL"
ENDED: Final = frozenset({REFUNDED, REJECTED, NO_RETURN})
"""Closed for good: appealable (8.30), and their reasons are used up (8.28)."""

# Section 5: in which states a step is taken at all; every further guard is the step's own.
TAKEN: Final[dict[str, frozenset[str]]] = {
    "change_plan": frozenset({SELLER, BUYER}),
    "accept": frozenset({SELLER, BUYER, HELD, EVIDENCE, REVIEW, PROPOSED}),
    "refuse": frozenset({SELLER, PROPOSED}),
    "escalate": frozenset({SELLER, BUYER}),
    "cancel": frozenset({SELLER, BUYER, HELD, EVIDENCE, REVIEW, PROPOSED, TO_SEND, SERVICE}),
    "add_evidence": frozenset({SELLER, BUYER, HELD, SERVICE, EVIDENCE}),
    "evidence_done": frozenset({EVIDENCE}),
    "ship_return": frozenset({TO_SEND}),
    "confirm_return": frozenset({SENT}),
    "contest_return": frozenset({SENT}),
    "propose": frozenset({REVIEW}),
    "rule": frozenset({REVIEW, PROPOSED}),
    "settle_service": frozenset({SERVICE}),
    "reject_service": frozenset({SERVICE}),
    "hand_back": frozenset({SERVICE}),
    "appeal": ENDED,
    "decide_appeal": frozenset({APPEAL}),
}

# 8.24: what the last scan of a parcel says.
UNDER_WAY: Final = frozenset({"in_transit", "out_for_delivery", "attempted", "exception"})
ANOMALY: Final = {
    "returning": "INR_RETURNED_TO_SENDER",
    "returned": "INR_RETURNED_TO_SENDER",
    "lost": "INR_LOST",
    "not_found": "INR_NO_TRACKING",
    "customs_hold": "INR_CUSTOMS_HELD",
}
ARRIVED_OR_GONE: Final = frozenset({"delivered", "returning", "returned", "lost", "not_found"})

# 8.30: who may appeal what was decided how.
APPELLANTS: Final = {
    "consensus": (),
    "proposal": (),
    "seller_timeout": ("seller",),
    "service": ("buyer",),
    "arbitration": ("buyer", "seller"),
}

# Section 7: who is liable; R25 is "shared".
LIABLE: Final = {
    **dict.fromkeys(["R1", "R2", "R3", "R4", "R7", "R12", "R14", "R15", "R16", "R17", "R18", "R19", "R20"], "seller"),
    **dict.fromkeys(["R8", "R9", "R10", "R13", "R23", "R24"], "buyer"),
    **dict.fromkeys(["R0", "R6", "R21", "R22", "R26"], "nobody"),
    "R5": "platform",
    "R25": "shared",
}
CARRIER_CLAIM: Final = frozenset({"R4", "R15"})

# The findings of stories.md: their values, or the kind of value.
FINDINGS: Final[dict[str, tuple[object, ...] | str]] = {
    "tracking": ("invalid",),
    "lost": (True,),
    "delivery_proof": ("strong", "weak"),
    "address_error": ("seller", "buyer"),
    "refused_by_buyer": (True,),
    "return_freight": "money",
    "customs": ("infringing", "false_value", "seller_papers", "buyer", "unknown"),
    "damaged": (True,),
    "not_as_described": ("return", "keep"),
    "amount": "money",
    "quality": ("minor", "medium", "severe"),
    "defective": (True,),
    "missing": "units",
    "empty": (True,),
    "counterfeit": ("upheld", "not_proven"),
    "goods_back": ("intact", "wrong", "used", "incomplete"),
    "intact_units": "units",
    "seller_share": "percent",
}
DECIDES_NOTHING: Final = frozenset({"return_freight", "amount", "intact_units", "seller_share"})
# 8.36: what counts as found where nothing was.
PRESUMED: Final[dict[str, dict[str, object]]] = {
    "SNAD_DESCRIPTION": {"not_as_described": "return"},
    "SNAD_WRONG_ITEM": {"not_as_described": "return"},
    "SNAD_COUNTERFEIT": {"not_as_described": "return"},
    "SNAD_QUALITY": {"quality": "minor"},
    "SNAD_DEFECTIVE": {"defective": True},
    "SNAD_DAMAGED": {"damaged": True},
    "SNAD_SHORT_QTY": {"missing": "all"},
    "SNAD_MISSING_PARTS": {"missing": "all"},
    "SNAD_EMPTY_PARCEL": {"empty": True},
}
OWN_WORD: Final[dict[str, dict[str, object]]] = {
    "INR_WRONG_ADDRESS_BUYER": {"address_error": "buyer"},
    "INR_REFUSED_BY_BUYER": {"refused_by_buyer": True},
}
