"""Who complains, of what, on which day and for how much (docs/behaviour-model.md, "Buyers").

A complaint is made on a day on which it may be made, also where it is handed in up to a day later (`Script.moments`):
windows are kept with time to spare on both sides.
"""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

from aftersales.contracts.marketplace import ComplaintMade, Plan
from aftersales.policy import amounts
from aftersales_local.demo.journey import DAY, Journey, day_of
from aftersales_local.demo.travel import Anomaly

# Of a hundred buyers in each situation: how many complain.
COMPLAINING: Final = {
    "bad word": 92,
    "middling word": 25,
    "late": 70,
    "never came": 80,
    "never sent": 70,
    "waiting": 30,
}
CHANGED_MIND: Final = 2
# What disappoints people in goods that came; weights out of 100.
DISAPPOINTMENTS: Final = (
    ("SNAD_QUALITY", 26),
    ("SNAD_DESCRIPTION", 16),
    ("SNAD_DAMAGED", 14),
    ("SNAD_WRONG_ITEM", 12),
    ("SNAD_SHORT_QTY", 8),
    ("SNAD_DEFECTIVE", 7),
    ("SNAD_MISSING_PARTS", 5),
    ("SNAD_EMPTY_PARCEL", 2),
    ("SNAD_COUNTERFEIT", 10),
)
EVIDENCE: Final = {
    "SNAD_DEFECTIVE": ("video",),
    "SNAD_DAMAGED": ("photo", "carrier_note"),
    "SNAD_COUNTERFEIT": ("photo", "test_report"),
}
# How much of the disputed units' price is asked for, in percent, from and to.
ASKED: Final = {"SNAD_QUALITY": (20, 60), "SNAD_DESCRIPTION": (30, 100), "LATE_COMPENSATION": (10, 40)}
EARLIEST = 11 * DAY
WINDOW = 15 * DAY
SHIP_WITHIN = 8 * DAY

# The reason, midnight of the day of the complaint, and whether the promise of its parcel still runs then.
Grievance = tuple[str, datetime, bool]


@dataclass(frozen=True, slots=True)
class Complaint:
    """day: midnight of the day of its opening. held: the promise of its parcel still runs then.

    cap: what was paid for the disputed units. amount: what is asked for, at least 1, at most the cap.
    """

    journey: Journey
    dispute: str
    reason: str
    day: datetime
    held: bool
    units: dict[str, tuple[int, ...]]
    cap: int
    amount: int
    evidence: tuple[str, ...]
    trouble: Anomaly | None

    def opening(self) -> ComplaintMade:
        return ComplaintMade(
            order=self.journey.id,
            dispute=self.dispute,
            by=self.journey.order.buyer,
            units=self.units,
            reason=self.reason,
            want=Plan(remedy="refund", amount=self.amount),
            words=self.journey.worst.text if self.journey.worst else None,
            evidence=self.evidence,
        )


def complaint(journey: Journey, trouble: Anomaly | None, chance: Random) -> Complaint | None:
    """The complaint about an order, None where its buyer makes none or could not make it in time."""
    if not journey.order.lines or not amounts.paid(journey.order):
        return None
    found = _grievance(journey, trouble, chance)
    return None if found is None else about(journey, trouble, found, chance)


def about(journey: Journey, trouble: Anomaly | None, grievance: Grievance, chance: Random) -> Complaint | None:
    """The complaint with its units and its amount, None where there is nothing to ask for."""
    reason, day, held = grievance
    units = _units(journey, reason, chance)
    cap = sum(unit.paid for unit in amounts.freeze(journey.order) if unit.number in units.get(unit.line, ()))
    if cap < 10:
        return None
    low, high = ASKED.get(reason, (100, 100))
    evidence = EVIDENCE.get(reason, ("photo",) if reason.startswith("SNAD") or held else ())
    amount = max(1, cap * chance.randint(low, high) // 100)
    return Complaint(journey, f"D-{journey.id}", reason, day, held, units, cap, amount, evidence, trouble)


def _grievance(journey: Journey, trouble: Anomaly | None, chance: Random) -> Grievance | None:
    if journey.shipped_at is None:
        return _never_sent(journey, chance)
    if journey.delivered_at is None:
        return _never_came(journey, trouble, chance)
    if journey.delivered_at <= journey.shipped_at:
        return None
    return _waiting(journey, journey.delivered_at, chance) or _arrived(journey, journey.delivered_at, chance)


def _never_sent(journey: Journey, chance: Random) -> Grievance | None:
    if chance.randrange(100) >= COMPLAINING["never sent"]:
        return None
    said_at = journey.worst.at if journey.worst else journey.order.placed_at + chance.randint(9, 30) * DAY
    return "INR_NOT_SHIPPED", max(day_of(said_at), day_of(journey.order.placed_at) + SHIP_WITHIN + DAY), False


def _never_came(journey: Journey, trouble: Anomaly | None, chance: Random) -> Grievance | None:
    """Half of the impatient ones complain while the promise runs and are held, the others when it has ended."""
    assert journey.shipped_at is not None
    assert journey.promise_end is not None
    if chance.randrange(100) >= COMPLAINING["never came"]:
        return None
    first, ends = day_of(journey.shipped_at) + EARLIEST, day_of(journey.promise_end)
    until = min(ends, day_of(trouble.first_at)) if trouble else ends
    if chance.randrange(100) < 45 and first + 3 * DAY < until:
        return "INR_IN_TRANSIT", first + chance.randint(0, (until - first) // DAY - 3) * DAY, True
    said = day_of(journey.worst.at) if journey.worst else ends
    day = min(max(said, first, ends + DAY), ends + WINDOW - 2 * DAY)
    return "INR_OVERDUE", day, False


def _waiting(journey: Journey, delivered_at: datetime, chance: Random) -> Grievance | None:
    """Before the parcel came: those whose review is dated so, and a few more; the parcel settles it."""
    assert journey.shipped_at is not None
    assert journey.promise_end is not None
    first, ends = day_of(journey.shipped_at) + EARLIEST, day_of(journey.promise_end)
    impatient = journey.worst is not None and journey.worst.at < delivered_at and journey.worst.score <= 2
    if not impatient and chance.randrange(100) >= COMPLAINING["waiting"]:
        return None
    said = day_of(journey.worst.at) if impatient and journey.worst else first + chance.randint(0, 3) * DAY
    day = max(first, said)
    if day >= day_of(delivered_at) - 2 * DAY:
        return None
    if day < ends - DAY:
        return "INR_IN_TRANSIT", day, True
    return ("INR_OVERDUE", max(day, ends + DAY), False) if ends + 2 * DAY < day_of(delivered_at) else None


def _arrived(journey: Journey, delivered_at: datetime, chance: Random) -> Grievance | None:
    assert journey.promise_end is not None
    reason = _disappointment(journey, delivered_at, chance)
    if reason is None:
        return None
    said = day_of(journey.worst.at) if journey.worst else day_of(delivered_at)
    last = day_of(max(delivered_at, journey.promise_end)) + WINDOW - 2 * DAY
    return reason, min(max(said, day_of(delivered_at) + 2 * DAY), last), False


def _disappointment(journey: Journey, delivered_at: datetime, chance: Random) -> str | None:
    assert journey.promise_end is not None
    score = journey.worst.score if journey.worst else 5
    drawn = chance.randrange(100)
    if delivered_at >= journey.promise_end and drawn < COMPLAINING["late"]:
        return "LATE_COMPENSATION"
    if drawn < {1: COMPLAINING["bad word"], 2: COMPLAINING["bad word"], 3: COMPLAINING["middling word"]}.get(score, 0):
        [reason] = chance.choices([name for name, _ in DISAPPOINTMENTS], [share for _, share in DISAPPOINTMENTS])
        return reason
    return "BUY_CHANGED_MIND" if drawn >= 100 - CHANGED_MIND else None


def _units(journey: Journey, reason: str, chance: Random) -> dict[str, tuple[int, ...]]:
    """All units of what did not come or came late; of what disappoints one line, or some of its units."""
    lines = journey.order.lines
    if reason.startswith(("INR", "LATE")):
        return {line.line: tuple(range(1, line.quantity + 1)) for line in lines}
    line = chance.choice(lines)
    return {line.line: tuple(range(1, chance.randint(1, line.quantity) + 1))}
