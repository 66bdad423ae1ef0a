"""The small change of sentences: times, money, plans, people, tasks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aftersales.contracts.dispute import DisputeStep
from aftersales.contracts.marketplace import Plan
from aftersales.money import shown
from aftersales.rulebook.reasons import REASONS
from notification.domain.notice import Reader


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
    known = REASONS.get(step.reason)
    return known.words if known else step.reason.lower().replace("_", " ")


def listed(words: tuple[str, ...]) -> str:
    """`photo, video and brand letter`."""
    plain = [word.replace("_", " ") for word in words]
    return f"{', '.join(plain[:-1])} and {plain[-1]}" if len(plain) > 1 else "".join(plain)


def sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)
