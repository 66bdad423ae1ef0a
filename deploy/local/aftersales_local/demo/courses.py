"""How a complaint goes on: one of a few courses, drawn at its opening (docs/behaviour-model.md, "Courses").

The days here are counted from the opening, and kept a day away from every deadline of the rulebook: a course stays
valid where messages are handed in up to a day late (`Script.moments`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from aftersales.contracts.marketplace import (
    ComplaintCancelled,
    EscalationRequested,
    EvidenceAdded,
    EvidenceCompleted,
    Plan,
    PlanAccepted,
    PlanChanged,
    PlanRefused,
    ReceiptConfirmed,
)
from aftersales_local.demo.journey import DAY, MARKETPLACE, day_of
from aftersales_local.demo.pen import Pen
from aftersales_local.demo.script import Ending, Planned

# What sellers do when they are asked, and buyers when sellers counter or refuse; weights out of 100.
SELLERS: Final = (("silent", 19), ("accepts", 22), ("counters", 32), ("refuses", 22), ("withdrawn", 5))
BUYERS: Final = (("accepts", 28), ("changes", 18), ("escalates", 27), ("waits", 21), ("withdraws", 6))
# What becomes of a dispute that came to the platform.
DESK: Final = (("ruled", 83), ("fallback", 7), ("withdrawn", 4), ("seller gives in", 6))
# What a buyer does whose parcel came while the complaint was held.
ARRIVED: Final = (("silent", 40), ("confirms", 25), ("withdraws", 15), ("complains of the goods", 20))
# Of a hundred: silent sellers who answer too late; evidence that comes after the review began.
TOO_LATE: Final = 15
# Sending goods back is no part of the model: agents let goods be kept, or find what needs no return. Where nobody finds
# anything, these reasons would be presumed to need one, so that an agent always rules on them.
NEEDS_AN_AGENT: Final = frozenset({"SNAD_DESCRIPTION", "SNAD_WRONG_ITEM", "SNAD_DEFECTIVE", "SNAD_COUNTERFEIT"})
ANSWER, AUTOMATIC, EVIDENCE = 5, 7, 3


def write(pen: Pen) -> Ending:
    """Write the whole course of the complaint; returns what it is meant to end as."""
    complaint = pen.complaint
    if not complaint.held:
        return _talk(pen, 0)
    journey = complaint.journey
    promise_end = journey.promise_end
    assert promise_end is not None
    if complaint.trouble is not None and complaint.trouble.first_at < promise_end:
        # The carrier's word ends the hold; the clock to the platform waits for the promise all the same.
        return _talk(pen, _days(pen, complaint.trouble.first_at), not_before=_days(pen, promise_end))
    if journey.delivered_at is not None and journey.delivered_at < promise_end:
        return _came_after_all(pen, _days(pen, journey.delivered_at))
    return _platform(pen, _days(pen, promise_end))


def _days(pen: Pen, instant: datetime) -> int:
    return (day_of(instant) - pen.complaint.day) // DAY


def _drawn(pen: Pen, weights: tuple[tuple[str, int], ...]) -> str:
    [name] = pen.chance.choices([name for name, _ in weights], [share for _, share in weights])
    return name


def _talk(pen: Pen, asked: int, not_before: int = 0) -> Ending:
    """The seller is asked on day `asked`; the platform steps in 7 days later, but never before `not_before`."""
    automatic = max(asked + AUTOMATIC, not_before)
    seller = _drawn(pen, SELLERS)
    if seller == "silent":
        if pen.chance.randrange(100) < TOO_LATE:
            pen.says("seller", asked + ANSWER + 1, PlanAccepted, refused=True)
        return "seller_timeout"
    answered = asked + pen.chance.randint(1, 3)
    if seller == "withdrawn":
        pen.says("buyer", answered, ComplaintCancelled)
        return "cancelled"
    if seller == "accepts":
        pen.says("seller", answered, PlanAccepted)
        return "consensus"
    counter = None
    if seller == "counters" and pen.complaint.amount > 2:
        counter = max(1, pen.complaint.amount * pen.chance.randint(25, 70) // 100)
    offer = None if counter is None else Plan(remedy="refund", amount=counter)
    pen.says("seller", answered, PlanRefused, counter=offer)
    return _countered(pen, asked, answered, automatic, counter)


def _countered(pen: Pen, asked: int, answered: int, automatic: int, counter: int | None) -> Ending:
    """The buyer has the seller's plan, or a plain no where `counter` is None."""
    buyer = _drawn(pen, BUYERS)
    last = asked + AUTOMATIC - 1
    if buyer == "withdraws":
        pen.says("buyer", pen.chance.randint(answered + 1, last), ComplaintCancelled)
        return "cancelled"
    if buyer == "accepts" and (counter is not None or pen.chance.randrange(100) < 25):
        pen.says("buyer", pen.chance.randint(answered + 1, last), PlanAccepted)
        return "consensus"
    if buyer == "changes":
        return _changed(pen, asked, answered, automatic, counter or 0)
    # By hand only from the fourth day, and not before the promise of a parcel that is only suspected lost has ended.
    if buyer == "escalates" and automatic == asked + AUTOMATIC:
        escalated = pen.chance.randint(max(answered + 1, asked + 4), last)
        pen.says("buyer", escalated, EscalationRequested)
        return _platform(pen, escalated)
    return _platform(pen, automatic)


def _changed(pen: Pen, asked: int, answered: int, automatic: int, counter: int) -> Ending:
    """The buyer asks for less. The answer clock starts anew, the way to the platform does not."""
    changed = pen.chance.randint(max(answered + 1, asked + 3), asked + 5)
    want = max(1, (pen.complaint.amount + counter) // 2)
    pen.says("buyer", changed, PlanChanged, want=Plan(remedy="refund", amount=want))
    if automatic > asked + AUTOMATIC or pen.chance.randrange(100) < 60:
        pen.says("seller", pen.chance.randint(changed + 1, asked + AUTOMATIC - 1), PlanAccepted)
        return "consensus"
    return _platform(pen, automatic)


def _came_after_all(pen: Pen, arrived: int) -> Ending:
    """The held parcel was delivered in time: the buyer has 5 days to say something else."""
    doing = _drawn(pen, ARRIVED)
    day = arrived + pen.chance.randint(2, 3)
    order = pen.complaint.journey.order
    if doing == "withdraws":
        pen.says("buyer", day, ComplaintCancelled)
    if doing == "confirms":
        at = pen.complaint.day + day * DAY + DAY / 2
        said = ReceiptConfirmed(order=order.order, buyer=order.buyer, confirmed_at=at)
        pen.planned.append(Planned(at, said, f"received-{order.order}", MARKETPLACE))
        pen.steps.append(f"{day}: buyer receipt_confirmed")
    if doing != "complains of the goods":
        return "cancelled"
    want = Plan(remedy="refund", amount=max(1, pen.complaint.amount // 2))
    pen.says("buyer", day, PlanChanged, want=want, reason="SNAD_DAMAGED")
    pen.reason = "SNAD_DAMAGED"
    return _talk(pen, day)


def _platform(pen: Pen, escalated: int) -> Ending:
    """Both have 3 days for evidence, fewer when both are done; then an agent rules, or nobody does for 14 days."""
    doing = _drawn(pen, DESK)
    if doing == "withdrawn":
        pen.says("buyer", escalated + 1, ComplaintCancelled)
        return "cancelled"
    if doing == "seller gives in":
        pen.says("seller", escalated + 1, PlanAccepted)
        return "consensus"
    if pen.chance.randrange(100) < 50:
        pen.says("buyer", escalated + 1, EvidenceCompleted, evidence=_evidence(pen))
        pen.says("seller", escalated + pen.chance.randint(1, 2), EvidenceCompleted, evidence=("invoice",))
    elif pen.chance.randrange(100) < 60:
        pen.says("buyer", escalated + 1, EvidenceAdded, evidence=("photo", "chat"))
        if pen.chance.randrange(100) < TOO_LATE:
            pen.says("seller", escalated + EVIDENCE + 1, EvidenceAdded, refused=True, evidence=("invoice",))
    if doing == "ruled" or pen.reason in NEEDS_AN_AGENT:
        pen.rules(escalated + EVIDENCE + 1 + pen.chance.randint(0, 3), findings(pen))
    return "arbitration"


def _evidence(pen: Pen) -> tuple[str, ...]:
    return pen.complaint.evidence or ("screenshot",)


def findings(pen: Pen) -> Mapping[str, Any]:
    """What the agent states as found; empty where the facts on file decide."""
    complaint, chance = pen.complaint, pen.chance
    reason, drawn = pen.reason, chance.randrange(100)
    if reason.startswith("INR"):
        return {"delivery_proof": "strong"} if reason != "INR_NOT_SHIPPED" and drawn < 12 else {}
    if reason in ("SNAD_DESCRIPTION", "SNAD_WRONG_ITEM"):
        return {"not_as_described": "keep", "amount": complaint.cap * chance.choice((20, 30, 50)) // 100}
    if reason == "SNAD_DEFECTIVE":
        # Sending it back would cost more than half of what it is worth: the buyer keeps it.
        return {"defective": True, "return_freight": complaint.cap}
    if reason == "SNAD_COUNTERFEIT":
        return {"counterfeit": "upheld" if drawn < 60 else "not_proven"}
    line, units = next(iter(complaint.units.items()))
    found: dict[str, Mapping[str, Any]] = {
        "SNAD_QUALITY": {"quality": chance.choice(("minor", "medium", "severe"))},
        "SNAD_DAMAGED": {"damaged": True},
        "SNAD_SHORT_QTY": {"missing": {line: units[:1]}},
        "SNAD_MISSING_PARTS": {"missing": {line: units[:1]}},
        "SNAD_EMPTY_PARCEL": {"empty": True},
    }
    return found.get(reason, {})
