"""What carriers say of a parcel: plausible scans between a hand-over and its end (docs/behaviour-model.md).

The real orders know the hand-over and the delivery; everything between is made up here from the seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from aftersales.contracts.carrier import ParcelScanned, ScanStatus
from aftersales_local.demo.journey import CARRIER, DAY, Journey
from aftersales_local.demo.script import Planned

HOUR: Final = timedelta(hours=1)
# Of a hundred parcels that never arrive: how many get each last word of the carrier; the others just fall silent.
LOST, RETURNED, NOT_FOUND = 14, 6, 3
# Of a thousand scans: told twice under another id; the same record twice; told a day or more late.
TWICE, REPEATED, LATE = 30, 20, 60
PLACES: Final = ("Curitiba", "Cajamar", "Rio de Janeiro", "Belo Horizonte", "Salvador", "Recife", "Manaus")


@dataclass(frozen=True, slots=True)
class Anomaly:
    status: ScanStatus
    at: datetime

    @property
    def first_at(self) -> datetime:
        """The first scan that tells of it: what came back was on its way back before."""
        return self.at - 2 * DAY if self.status == "returned" else self.at


def anomaly(journey: Journey, chance: Random) -> Anomaly | None:
    """The carrier's last word of a parcel that never arrives, None where there is none. It falls inside the promise."""
    if journey.shipped_at is None or journey.delivered_at is not None or journey.promise_days < 16:
        return None
    drawn = chance.randrange(100)
    words: tuple[tuple[ScanStatus, int], ...] = (("lost", LOST), ("returned", RETURNED), ("not_found", NOT_FOUND))
    for status, share in words:
        if drawn < share:
            days = chance.randint(14, max(14, journey.promise_days - 2))
            return Anomaly(status, journey.shipped_at + days * DAY)
        drawn -= share
    return None


def scans(journey: Journey, trouble: Anomaly | None, chance: Random) -> list[Planned]:
    """Every scan of the journey's parcel as it is told; none where it was never handed over."""
    if journey.shipped_at is None:
        return []
    facts = sorted(_facts(journey, trouble, chance), key=lambda fact: fact[1])
    return [told for number, fact in enumerate(facts, start=1) for told in _told(journey, number, *fact, chance)]


def _facts(journey: Journey, trouble: Anomaly | None, chance: Random) -> Iterator[tuple[ScanStatus, datetime]]:
    assert journey.shipped_at is not None
    begins, ends = journey.shipped_at, journey.delivered_at or (trouble.at if trouble else None)
    if ends is not None and ends <= begins:
        yield "delivered", ends
        return
    last = (ends or begins + 12 * DAY) - begins
    yield "in_transit", begins + min(20 * HOUR, last / 4)
    yield "in_transit", begins + last * chance.randint(35, 65) / 100
    if chance.randrange(100) < 5:
        yield "exception", begins + last * chance.randint(66, 80) / 100
    if journey.delivered_at is not None:
        if chance.randrange(100) < 4 and last > 3 * DAY:
            yield "attempted", journey.delivered_at - DAY
        yield "out_for_delivery", journey.delivered_at - min(5 * HOUR, last / 8)
        yield "delivered", journey.delivered_at
    elif trouble is not None:
        if trouble.status == "returned":
            yield "returning", trouble.first_at
        yield trouble.status, trouble.at


def _told(journey: Journey, number: int, status: ScanStatus, at: datetime, chance: Random) -> Iterator[Planned]:
    scan = ParcelScanned(
        carrier=journey.carrier, number=journey.number, status=status, scanned_at=at, place=chance.choice(PLACES)
    )
    drawn = chance.randrange(1000)
    # The scans that deadlines hang on are told at once: the model plans around them.
    heard_at = at + chance.randint(24, 96) * HOUR if drawn < LATE and status == "in_transit" else at
    prompt = status == "delivered" and journey.promise_end is not None and DAY > journey.promise_end - at > 0 * DAY
    first = Planned(heard_at, scan, f"scan-{journey.number}-{number}", CARRIER, prompt=prompt)
    yield first
    drawn = chance.randrange(1000)
    if drawn < REPEATED:
        yield Planned(heard_at + DAY, scan, first.id, CARRIER)
    elif drawn < REPEATED + TWICE:
        yield Planned(heard_at + 2 * HOUR, scan, f"{first.id}-again", CARRIER)
