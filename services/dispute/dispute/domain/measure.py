"""A seller's measures over 30 days, from facts that are only ever added (rulebook section 9). Pure arithmetic."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

WINDOW: Final = timedelta(days=30)
PLACES: Final = Decimal("0.0001")

# Each is undone by the one beside it: of the two the latest by its instant counts.
CANCELLED, RESTORED = "cancelled", "restored"
LIABLE, CLEARED = "liable", "cleared"
SERVICE, OURS = "service", "ours"
FILED, SUBMITTED, ANSWERED = "filed", "submitted", "answered"
KINDS: Final = (FILED, SUBMITTED, ANSWERED, CANCELLED, RESTORED, LIABLE, CLEARED, SERVICE, OURS)


class Fact(NamedTuple):
    """Something that happened to a dispute. seconds: of an answer, since the seller was asked."""

    kind: str
    at: datetime
    dispute: str
    reason: str
    carrier_service: str
    destination: str
    seconds: int | None = None


class Marks(NamedTuple):
    """How many receipts were confirmed or timed out on a lane, how many parcels counted, how many of them in time."""

    carrier_service: str
    destination: str
    receipts: int = 0
    parcels: int = 0
    on_time: int = 0


class Counts(NamedTuple):
    """What the rates are made of; `service` cases are counted apart and in nothing else."""

    filed: int
    withdrawn: int
    submitted: int
    liable: int
    receipts: int
    parcels: int
    on_time: int
    service: int
    answers: tuple[int, ...]

    @property
    def whole(self) -> int:
        return self.receipts + self.filed

    def rates(self, whole: int | None = None) -> Mapping[str, str]:
        """whole: the denominator, where it is not their own."""
        of = self.whole if whole is None else whole
        return {
            "dispute_rate": rate(self.filed - self.withdrawn, of),
            "arbitration_rate": rate(self.submitted, of),
            "seller_liable_rate": rate(self.liable, of),
            "on_time_rate": rate(self.on_time, self.parcels),
        }


def rate(part: int, whole: int) -> str:
    """Four places, half up; of nothing 0."""
    share = Decimal(part) / Decimal(whole) if whole else Decimal(0)
    return str(share.quantize(PLACES, ROUND_HALF_UP))


def counts(facts: Iterable[Fact], marks: Iterable[Marks], end: datetime) -> Counts:
    """Over (end - 30 d, end], as it was known at the end; marks are those of the window already."""
    known = [fact for fact in facts if fact.at <= end]
    inside = [fact for fact in known if end - WINDOW < fact.at]
    serviced = _standing(known, SERVICE, OURS)
    ours = [fact for fact in inside if fact.dispute not in serviced]
    filed = {fact.dispute for fact in ours if fact.kind == FILED}
    liable = _standing(known, LIABLE, CLEARED)
    lanes = tuple(marks)
    return Counts(
        filed=len(filed),
        withdrawn=len(filed & _standing(known, CANCELLED, RESTORED).keys()),
        submitted=sum(fact.kind == SUBMITTED for fact in ours),
        liable=sum(fact.kind == LIABLE and liable.get(fact.dispute) == fact.at for fact in ours),
        receipts=sum(lane.receipts for lane in lanes),
        parcels=sum(lane.parcels for lane in lanes),
        on_time=sum(lane.on_time for lane in lanes),
        service=len({fact.dispute for fact in inside if fact.kind == FILED} & serviced.keys()),
        answers=tuple(sorted(fact.seconds for fact in ours if fact.kind == ANSWERED and fact.seconds is not None)),
    )


def _standing(facts: Iterable[Fact], kind: str, undone: str) -> dict[str, datetime]:
    """The disputes of which this is so in the end, and since when; facts come in the order in which they happened."""
    since: dict[str, datetime] = {}
    for fact in facts:
        if fact.kind == kind:
            since[fact.dispute] = fact.at
        elif fact.kind == undone:
            since.pop(fact.dispute, None)
    return since


def percentile(ordered: tuple[int, ...], percent: int) -> int | None:
    """The smallest value that so many percent do not exceed; None where there is none."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None


def under_last_reason(facts: Iterable[Fact], end: datetime) -> list[Fact]:
    """What was known at the end, each fact under the reason that its dispute's last one has.

    A dispute that was filed for one reason and withdrawn or ruled under another is one dispute of the last cause, not
    half of each.
    """
    known = [fact for fact in facts if fact.at <= end]
    last = {fact.dispute: fact.reason for fact in known}
    return [fact._replace(reason=last[fact.dispute]) for fact in known]


def by(
    facts: Iterable[Fact], marks: Iterable[Marks], end: datetime, key: Callable[[Fact | Marks], str | None]
) -> dict[str, Counts]:
    """The same, apart for each value of `key`; a mark whose key is None belongs to none of them."""
    every, lanes = tuple(facts), tuple(marks)
    found = {*(key(fact) for fact in every), *(key(lane) for lane in lanes)}
    names = sorted(name for name in found if name is not None)
    return {
        name: counts([fact for fact in every if key(fact) == name], [lane for lane in lanes if key(lane) == name], end)
        for name in names
    }
