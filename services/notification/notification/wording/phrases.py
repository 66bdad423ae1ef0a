"""The small change of sentences: times, money, plans, people, tasks."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aftersales.contracts.dispute import DisputeStep
from aftersales.contracts.marketplace import Plan
from aftersales.money import shown
from notification.domain.notice import Reader

# What a buyer's plan rests on, as a person would say it.
REASONS: Final = {
    "INR_IN_TRANSIT": "the goods have not arrived yet",
    "INR_NOT_SHIPPED": "the goods were never shipped",
    "INR_OVERDUE": "the goods have not arrived in the promised time",
    "INR_NO_TRACKING": "the tracking number is not known to the carrier",
    "INR_LOST": "the parcel was lost",
    "INR_WRONG_ADDRESS_SELLER": "the parcel was sent to a wrong address",
    "INR_CARRIER_CHANGED": "the parcel was sent with another carrier than agreed",
    "INR_CUSTOMS_HELD": "the parcel is held by customs",
    "INR_RETURNED_TO_SENDER": "the parcel went back to the sender",
    "INR_WRONG_ADDRESS_BUYER": "the address given by the buyer was wrong",
    "INR_REFUSED_BY_BUYER": "the parcel was refused at the door",
    "INR_DELIVERED_BUT_DENIED": "the parcel is said to be delivered, but was not received",
    "SNAD_DESCRIPTION": "the goods differ from their description",
    "SNAD_QUALITY": "the goods are of poor quality",
    "SNAD_DEFECTIVE": "the goods are defective",
    "SNAD_DAMAGED": "the goods arrived damaged",
    "SNAD_SHORT_QTY": "fewer goods arrived than were bought",
    "SNAD_EMPTY_PARCEL": "the parcel was empty",
    "SNAD_WRONG_ITEM": "other goods arrived than were bought",
    "SNAD_MISSING_PARTS": "parts are missing",
    "SNAD_COUNTERFEIT": "the goods are counterfeit",
    "BUY_CHANGED_MIND": "the buyer has changed their mind",
    "BUY_ORDERED_BY_MISTAKE": "the goods were ordered by mistake",
    "BUY_FOUND_CHEAPER": "the buyer has found the goods cheaper elsewhere",
    "SVC_PROMISE_BROKEN": "a promised service was not given",
    "SVC_EXTRA_CHARGE": "an extra charge was asked for",
    "LATE_COMPENSATION": "the goods arrived after the promised time",
}


def when(instant: datetime, reader: Reader) -> str:
    """`2025-05-06 09:00:00 UTC`, or `2025-05-06 11:00:00 (Europe/Berlin)`."""
    if reader.zone == "UTC":
        return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    try:
        return f"{instant.astimezone(ZoneInfo(reader.zone)):%Y-%m-%d %H:%M:%S} ({reader.zone})"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # What the marketplace calls a zone need not be one.
        return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def money(amount: int, step: DisputeStep) -> str:
    return shown(amount, step.currency)


def plan(of: Plan, step: DisputeStep) -> str:
    if of.amount == 0:
        return "no refund"
    if of.remedy == "return":
        return f"a refund of {money(of.amount, step)} once the goods are back"
    return f"a refund of {money(of.amount, step)}"


def who(party: str, reader: Reader, *, begins: bool = False) -> str:
    """`you`, or `the seller`."""
    name = "you" if party == reader.party else f"the {party}"
    return name[0].upper() + name[1:] if begins else name


def verb(party: str, reader: Reader, second: str, third: str) -> str:
    return second if party == reader.party else third


def reason(step: DisputeStep) -> str:
    return REASONS.get(step.reason, step.reason.lower().replace("_", " "))


def listed(words: tuple[str, ...]) -> str:
    """`photo, video and brand letter`."""
    plain = [word.replace("_", " ") for word in words]
    return f"{', '.join(plain[:-1])} and {plain[-1]}" if len(plain) > 1 else "".join(plain)


def sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)
