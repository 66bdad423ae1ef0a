"""A seeded model of buyers, sellers and agents: from journeys to a script (docs/behaviour-model.md tells it in words).

The same journeys and the same seed give the same script to the letter; every order draws from a source of its own, so
that one order more changes nothing for the others.
"""

from collections.abc import Iterable, Iterator
from random import Random

from aftersales.contracts.marketplace import ComplaintMade, Plan
from aftersales_local.demo import courses, facts, travel
from aftersales_local.demo.complaints import Complaint, complaint
from aftersales_local.demo.journey import DAY, MARKETPLACE, Journey, day_of
from aftersales_local.demo.pen import Pen
from aftersales_local.demo.script import Course, Planned, PlannedRuling, Script

# Of a hundred: buyers of an order without lines who complain all the same; who complain far too early; far too late.
IN_VAIN, TOO_EARLY, TOO_LATE = 30, 2, 2


def script(journeys: Iterable[Journey], seed: int) -> Script:
    """Everything that will be said, in order; at least one journey is needed."""
    journeys = list(journeys)
    planned = list(facts.parties(journeys, Random(f"{seed}:parties")))
    rulings: list[PlannedRuling] = []
    written: list[Course] = []
    for journey in journeys:
        chance = Random(f"{seed}:{journey.id}")
        trouble = travel.anomaly(journey, chance)
        planned += travel.scans(journey, trouble, chance)
        made = complaint(journey, trouble, chance)
        planned += facts.of_order(journey, chance, complains=made is not None)
        if made is None:
            planned += _in_vain(journey, chance)
        else:
            pen, course = _course(made, chance)
            planned += pen.planned
            rulings += pen.rulings
            written.append(course)
    planned.sort(key=lambda said: said.at)
    return Script(tuple(planned), tuple(sorted(rulings, key=lambda one: one.at)), tuple(sorted(written, key=_opened)))


def _opened(course: Course) -> tuple[object, str]:
    return course.opened_at, course.dispute


def _course(made: Complaint, chance: Random) -> tuple[Pen, Course]:
    pen = Pen(made, chance)
    ending = courses.write(pen)
    return pen, pen.course(ending)


def _in_vain(journey: Journey, chance: Random) -> Iterator[Planned]:
    """Complaints that must be refused, about orders nobody else complains about."""
    drawn = chance.randrange(100)
    if not journey.order.lines:
        if drawn < IN_VAIN:
            yield _refused(journey, "INR_NOT_SHIPPED", chance.randint(9, 20), chance)
    elif journey.shipped_at and journey.delivered_at and journey.promise_end:
        shipped, delivered = day_of(journey.shipped_at), day_of(journey.delivered_at)
        placed = day_of(journey.order.placed_at)
        if drawn < TOO_EARLY and delivered - shipped >= 8 * DAY and journey.promise_days >= 6:
            yield _refused(journey, "INR_OVERDUE", (shipped - placed) // DAY + 3, chance)
        elif drawn >= 100 - TOO_LATE:
            last = max([journey.delivered_at, journey.promise_end, *(review.at for review in journey.reviews)])
            yield _refused(journey, "SNAD_QUALITY", (day_of(last) - placed) // DAY + 18, chance)


def _refused(journey: Journey, reason: str, days: int, chance: Random) -> Planned:
    """days: from the day of the placing."""
    order = journey.order
    event = ComplaintMade(
        order=order.order,
        dispute=f"D-{order.order}",
        by=order.buyer,
        units={order.lines[0].line if order.lines else "L1": (1,)},
        reason=reason,
        want=Plan(remedy="refund", amount=100),
        evidence=("photo",) if reason.startswith("SNAD") else (),
    )
    at = day_of(order.placed_at) + days * DAY + DAY / 2
    door = chance.choice(("kafka", "http"))
    return Planned(at, event, f"{event.dispute}-1", MARKETPLACE, "kafka" if door == "kafka" else "http", True)
