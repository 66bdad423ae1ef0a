"""The disputed orders of a generated history: what went wrong, and what the demo's people then say."""

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Final, NamedTuple

from aftersales.contracts.marketplace import Line, OrderPlaced
from aftersales_local.demo import complaints, courses
from aftersales_local.demo.journey import DAY, Journey, day_of
from aftersales_local.demo.pen import Pen
from aftersales_local.demo.script import Planned, PlannedRuling
from aftersales_local.demo.travel import Anomaly
from aftersales_local.whatif import quiet
from aftersales_local.whatif.drawn import drawn
from aftersales_local.whatif.lines import Told, written
from aftersales_local.whatif.sketch import Sketch, travelled
from arbitration.domain.commands import RulingMade

# A complaint that waits for its parcel needs a promise with room for it, and a word that the parcel is lost likewise.
ROOM: Final = 18


class Situation(NamedTuple):
    """reason, day, held: the grievance. delivered: epoch seconds, None where it never came. sent: handed over."""

    reason: str
    day: datetime
    held: bool = False
    delivered: int | None = None
    trouble: Anomaly | None = None
    sent: bool = True


def disputed(sketch: Sketch, scanned: int, chance: Random) -> Iterator[bytes]:
    """Everything that is said of an order and of the dispute about it, agents' rulings included."""
    situation = _situation(sketch, chance)
    journey = _journey(sketch, situation)
    yield from _facts(sketch, situation, scanned, chance)
    made = complaints.about(journey, situation.trouble, (situation.reason, situation.day, situation.held), chance)
    if made is None:
        return
    pen = Pen(made, chance)
    courses.write(pen)
    yield from map(said, pen.planned)
    yield from map(ruled, pen.rulings)


def said(planned: Planned) -> bytes:
    return written(Told(planned.at, planned.source, planned.id, planned.event))


def ruled(ruling: PlannedRuling) -> bytes:
    """An agent's word at the desk. `seen` is what a person saw then; a replay lets them see the case as it stands."""
    event = RulingMade(case=ruling.dispute, agent=ruling.agent, seen=1, findings=dict(ruling.findings))
    return written(Told(ruling.at, f"agent:{ruling.agent}", f"ruling-{ruling.dispute}", event))


def _situation(sketch: Sketch, chance: Random) -> Situation:
    kind = drawn().situations.draw(chance)
    if kind == "never_sent":
        return Situation("INR_NOT_SHIPPED", _day(sketch.placed) + chance.randint(9, 20) * DAY, sent=False)
    if kind == "never_came":
        return _never_came(sketch, chance)
    if kind == "waiting" and sketch.promise_days >= ROOM:
        return _waiting(sketch, chance)
    return _arrived(sketch, kind, chance)


def _arrived(sketch: Sketch, kind: str, chance: Random) -> Situation:
    delivered = travelled(sketch, chance, late=kind == "late" or chance.random() * 1000 < drawn().late_permille)
    [reason] = {"late": ["LATE_COMPENSATION"], "content": ["BUY_CHANGED_MIND"]}.get(kind) or chance.choices(
        [name for name, _ in complaints.DISAPPOINTMENTS], [share for _, share in complaints.DISAPPOINTMENTS]
    )
    return Situation(reason, _day(delivered) + chance.randint(2, 8) * DAY, delivered=delivered)


def _waiting(sketch: Sketch, chance: Random) -> Situation:
    """Complained of before it came, and it came in time."""
    late_enough = chance.randint(15, sketch.promise_days - 2)
    delivered = sketch.shipped + late_enough * 86_400 + chance.randint(0, 36_000)
    day = _day(sketch.shipped) + chance.randint(11, late_enough - 3) * DAY
    return Situation("INR_IN_TRANSIT", day, held=True, delivered=delivered)


def _never_came(sketch: Sketch, chance: Random) -> Situation:
    """Half of the impatient complain while the promise runs and are held, the others when it has ended."""
    shipped, ends = _day(sketch.shipped), _day(sketch.promise_ends)
    trouble = _last_word(sketch, chance)
    until = min(ends, day_of(trouble.first_at)) if trouble else ends
    first = shipped + complaints.EARLIEST
    if chance.random() < 0.45 and first + 3 * DAY < until:
        day = first + chance.randint(0, (until - first) // DAY - 3) * DAY
        return Situation("INR_IN_TRANSIT", day, held=True, trouble=trouble)
    day = max(first, ends + DAY) + chance.randint(0, 8) * DAY
    return Situation("INR_OVERDUE", min(day, ends + 13 * DAY), trouble=trouble)


def _last_word(sketch: Sketch, chance: Random) -> Anomaly | None:
    word = drawn().last_word.draw(chance)
    if word == "silent" or sketch.promise_days < ROOM:
        return None
    days = chance.randint(14, sketch.promise_days - 2)
    at = _instant(sketch.shipped) + days * DAY
    return Anomaly("lost" if word == "lost" else "returned" if word == "returned" else "not_found", at)


def _facts(sketch: Sketch, situation: Situation, scanned: int, chance: Random) -> Iterator[bytes]:
    yield quiet.placed(sketch).encode()
    yield quiet.paid(sketch).encode()
    if situation.sent:
        yield quiet.shipped(sketch).encode()
        for line in quiet.scans(sketch, _words(sketch, situation, scanned, chance), chance):
            yield line.encode()


def _words(sketch: Sketch, situation: Situation, scanned: int, chance: Random) -> list[tuple[str, int]]:
    if situation.delivered is not None:
        return quiet.arriving(sketch, situation.delivered, scanned, chance)
    trouble = situation.trouble
    if trouble is None:
        return quiet.underway(sketch, sketch.shipped + 12 * 86_400, scanned, chance)
    last = [(trouble.status, int(trouble.at.timestamp()))]
    if trouble.status == "returned":
        last.insert(0, ("returning", int(trouble.first_at.timestamp())))
    return [*quiet.underway(sketch, last[0][1], max(0, scanned - len(last)), chance), *last]


def _journey(sketch: Sketch, situation: Situation) -> Journey:
    """As the demo's people see the order."""
    lane = sketch.lane
    order = OrderPlaced(
        order=sketch.order,
        buyer=f"buyer-{sketch.order}",
        seller=sketch.seller,
        placed_at=_instant(sketch.placed),
        currency=lane.currency,
        lines=tuple(
            Line(line=f"L{number}", sku="SKU", quantity=quantity, unit_price=price)
            for number, (quantity, price) in enumerate(sketch.lines, start=1)
        ),
        shipping=sketch.shipping,
        destination=lane.destination,
        carrier_service=lane.carrier_service,
        promise_days=sketch.promise_days,
    )
    return Journey(
        order=order,
        paid_at=_instant(sketch.paid),
        shipped_at=_instant(sketch.shipped) if situation.sent else None,
        delivered_at=None if situation.delivered is None else _instant(situation.delivered),
        carrier=lane.carrier_service,
        number=f"N{sketch.order}",
        reviews=(),
        status="shipped",
    )


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _day(seconds: int) -> datetime:
    return day_of(_instant(seconds))
