"""The lines of what happens to every order, disputed or not: placing, payment, hand-over, scans, receipt.

Written straight as bytes: as objects of the vocabulary they would take ten times as long. A test reads each kind back.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from random import Random

from aftersales_local.whatif.drawn import DAY, drawn
from aftersales_local.whatif.sketch import CARRIER, MARKETPLACE, Sketch, travelled

HOUR = 3600
# Of those delivered: how many parcels have their one scan half-way replaced.
ODD = (("exception", 50), ("customs_hold", 10))


@lru_cache(maxsize=2000)
def _day(day: int) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).strftime("%Y-%m-%dT")


def stamp(instant: int) -> str:
    """An instant in epoch seconds as the contracts write it."""
    seconds = instant % DAY
    return f"{_day(instant // DAY)}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z"


def _line(type_: str, source: str, name: str, at: str, data: str) -> str:
    return (
        f'{{"specversion":"1.0","type":"{type_}","source":"{source}","id":"{name}","time":"{at}","data":{{{data}}}}}\n'
    )


def seller_line(seller: str, deposit: int, at: int) -> str:
    data = f'"party":"{seller}","role":"seller","deposit":{deposit},"return_address":"Returns of {seller}"'
    return _line("marketplace.party_changed.v1", MARKETPLACE, f"party-{seller}", stamp(at), data)


def placed(sketch: Sketch) -> str:
    lane, at = sketch.lane, stamp(sketch.placed)
    lines = ",".join(
        f'{{"line":"L{number}","sku":"SKU-{sketch.seller[7:]}-{number}","quantity":{quantity},"unit_price":{price}}}'
        for number, (quantity, price) in enumerate(sketch.lines, start=1)
    )
    own = f'"promise_days":{sketch.promise_days},' if lane.promise_days is None else ""
    return _line(
        "marketplace.order_placed.v1",
        MARKETPLACE,
        f"placed-{sketch.order}",
        at,
        f'"order":"{sketch.order}","buyer":"buyer-{sketch.order}","seller":"{sketch.seller}","placed_at":"{at}",'
        f'"currency":"{lane.currency}","lines":[{lines}],"shipping":{sketch.shipping},{own}'
        f'"destination":"{lane.destination}","carrier_service":"{lane.carrier_service}","category":"{sketch.category}"',
    )


def paid(sketch: Sketch) -> str:
    amount = sum(quantity * price for quantity, price in sketch.lines) + sketch.shipping
    at = stamp(sketch.paid)
    data = f'"order":"{sketch.order}","amount":{amount},"paid_at":"{at}"'
    return _line("marketplace.order_paid.v1", MARKETPLACE, f"paid-{sketch.order}", at, data)


def shipped(sketch: Sketch) -> str:
    at = stamp(sketch.shipped)
    data = (
        f'"order":"{sketch.order}","parcel":"{sketch.order}-P","carrier":"{sketch.lane.carrier_service}",'
        f'"number":"N{sketch.order}","shipped_at":"{at}"'
    )
    return _line("marketplace.parcel_shipped.v1", MARKETPLACE, f"shipped-{sketch.order}", at, data)


def cancelled(sketch: Sketch, at: int) -> str:
    data = f'"order":"{sketch.order}","cancelled_at":"{stamp(at)}"'
    return _line("marketplace.order_cancelled.v1", MARKETPLACE, f"cancelled-{sketch.order}", stamp(at), data)


def received(sketch: Sketch, at: int) -> str:
    data = f'"order":"{sketch.order}","buyer":"buyer-{sketch.order}","confirmed_at":"{stamp(at)}"'
    return _line("marketplace.receipt_confirmed.v1", MARKETPLACE, f"received-{sketch.order}", stamp(at), data)


def scans(sketch: Sketch, words: Sequence[tuple[str, int]], chance: Random) -> Iterator[str]:
    """A line a scan; some on the way are told one to four days late."""
    told_late = drawn().ours["told_late_permille"]
    for number, (status, at) in enumerate(words, start=1):
        slow = status == "in_transit" and chance.random() * 1000 < told_late
        heard = at + int((24 + 72 * chance.random()) * HOUR) if slow else at
        data = (
            f'"carrier":"{sketch.lane.carrier_service}","number":"N{sketch.order}","status":"{status}",'
            f'"scanned_at":"{stamp(at)}"'
        )
        yield _line("carrier.parcel_scanned.v1", CARRIER, f"scan-{sketch.order}-{number}", stamp(heard), data)


def arriving(sketch: Sketch, delivered: int, scanned: int, chance: Random) -> list[tuple[str, int]]:
    """The scans of a parcel that arrives: `scanned` of them, the delivery the last."""
    on_the_way = underway(sketch, delivered, max(0, scanned - 2), chance)
    morning = delivered - min(5 * HOUR, (delivered - sketch.shipped) // 8)
    return [*on_the_way, ("out_for_delivery", morning), ("delivered", delivered)][-scanned:] if scanned else []


def underway(sketch: Sketch, until: int, scanned: int, chance: Random) -> list[tuple[str, int]]:
    """`scanned` scans between the hand-over and `until`, one of them odd now and then."""
    step = (until - sketch.shipped) / (scanned + 1)
    found = [
        ("in_transit", sketch.shipped + int(step * (number + 0.5 * chance.random())))
        for number in range(1, scanned + 1)
    ]
    drawn_at = chance.random() * 1000
    for status, share in ODD:
        if found and drawn_at < share:
            found[-1] = (status, found[-1][1])
            break
        drawn_at -= share
    return found


def undisputed(sketch: Sketch, scanned: int, chance: Random) -> Iterator[str]:
    """Everything that is said of an order nobody complains about."""
    ours = drawn().ours
    yield placed(sketch)
    drawn_at = chance.random() * 1000
    if drawn_at < ours["cancelled_permille"]:
        yield cancelled(sketch, sketch.placed + int((1 + 40 * chance.random()) * HOUR))
        return
    yield paid(sketch)
    yield shipped(sketch)
    if drawn_at < ours["cancelled_permille"] + ours["silent_permille"]:
        yield from scans(sketch, underway(sketch, sketch.shipped + 12 * DAY, scanned, chance), chance)
        return
    delivered = travelled(sketch, chance, late=chance.random() * 1000 < drawn().late_permille)
    yield from scans(sketch, arriving(sketch, delivered, scanned, chance), chance)
    if chance.random() * 100 < ours["confirming_percent"]:
        yield received(sketch, delivered + int((2 + 140 * chance.random()) * HOUR))
