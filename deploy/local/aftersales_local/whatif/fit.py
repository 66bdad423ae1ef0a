"""Reads what `drawn.toml` says of the Olist sample off the sample again: `python -m aftersales_local.whatif.fit`."""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from aftersales_local.demo import olist
from aftersales_local.demo.journey import DAY, Journey

MINUTE = timedelta(minutes=1)
# A parcel that is later than this was lost and found again: one of the sample is 108 days late.
FOUND_AGAIN = 45 * DAY


def fitted(journeys: Sequence[Journey]) -> dict[str, Any]:
    """The table `[olist]` of `drawn.toml`."""
    lines = [line for one in journeys for line in one.order.lines]
    with_lines = [one for one in journeys if one.order.lines]
    came = [one for one in with_lines if one.shipped_at and one.delivered_at and one.delivered_at > one.shipped_at]
    late = [one for one in came if _late_by(one) >= timedelta(0)]
    in_time = [one for one in came if _late_by(one) < timedelta(0)]
    paid = [one.paid_at - one.order.placed_at for one in journeys if one.paid_at]
    handed = [one.shipped_at - one.paid_at for one in came if one.shipped_at and one.paid_at]
    hours = Counter(one.order.placed_at.hour for one in journeys)
    days = Counter(one.order.placed_at.weekday() for one in journeys)
    return {
        "price": points([line.unit_price for line in lines], 20),
        "freight": points([one.order.shipping // _units(one) for one in with_lines], 20),
        "payment_minutes": points([max(0, wait // MINUTE) for wait in paid], 20),
        "handover_minutes": points([max(0, wait // MINUTE) for wait in handed], 20),
        "promise_days": points([one.promise_days for one in came], 20),
        "late_permille": round(1000 * len(late) / len(came)),
        "late_by_minutes": points([_late_by(one) // MINUTE for one in late if _late_by(one) < FOUND_AGAIN], 10),
        "travel_permille_of_promise": points([_travel(one) for one in in_time], 20),
        "hour_of_day": [hours[hour] for hour in range(24)],
        "day_of_week": [days[day] for day in range(7)],
        "lines": _shares(Counter(len(one.order.lines) for one in with_lines)),
        "quantity": _shares(Counter(line.quantity for line in lines)),
    }


def points(values: Sequence[int], steps: int) -> list[int]:
    """`steps` + 1 evenly spaced points of a distribution, 1st to 99th percentile: single oddities stay out."""
    ordered = sorted(values)
    most = len(ordered) - 1
    places = [most // 100, *(round(step * most / steps) for step in range(1, steps)), most - most // 100]
    return [ordered[place] for place in places]


def _units(one: Journey) -> int:
    return sum(line.quantity for line in one.order.lines)


def _late_by(one: Journey) -> timedelta:
    assert one.delivered_at is not None
    assert one.promise_end is not None
    return one.delivered_at - one.promise_end


def _travel(one: Journey) -> int:
    assert one.delivered_at is not None
    assert one.shipped_at is not None
    return 1000 * (one.delivered_at - one.shipped_at) // (one.promise_days * DAY)


def _shares(counted: Counter[int]) -> list[list[int]]:
    return [list(pair) for pair in sorted(counted.items())]


def main() -> int:
    path = olist.find()
    if len(sys.argv) > 1:
        path = Path(sys.argv[1])
    if path is None:
        print("The Olist sample is not beside the project. Name its events.ndjson.zst.", file=sys.stderr)
        return 2
    for name, value in fitted(olist.read(path)).items():
        print(f"{name} = {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
