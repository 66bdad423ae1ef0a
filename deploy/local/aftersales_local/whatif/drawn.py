"""What generated histories are drawn from: `drawn.toml`, ready to be drawn."""

import tomllib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Any, Final, Generic, TypeVar

from aftersales.policy.parse import STANDARD, load_book
from aftersales.policy.promise import ANY_OTHER

T = TypeVar("T")
DAY: Final = 86_400


class Weighted(Generic[T]):
    """Choices by weight."""

    def __init__(self, choices: Sequence[tuple[T, int]]) -> None:
        self._choices = [choice for choice, _ in choices]
        self._sums = list(accumulate(share for _, share in choices))

    def draw(self, chance: Random) -> T:
        return self._choices[bisect_right(self._sums, chance.random() * self._sums[-1])]


class Points:
    """A distribution given by evenly spaced points, uniform between two of them."""

    def __init__(self, points: Sequence[int]) -> None:
        self._points = points
        self._steps = len(points) - 1

    def draw(self, chance: Random) -> int:
        place = chance.random() * self._steps
        step = int(place)
        low = self._points[step]
        return int(low + (self._points[step + 1] - low) * (place - step))


@dataclass(frozen=True, slots=True)
class Lane:
    """promise_days: the policy's default where the seller leaves it to the policy, None where they promise themselves.

    worth: what a minor unit of BRL is worth here, in thousandths of `currency`'s.
    """

    destination: str
    currency: str
    carrier_service: str
    promise_days: int | None
    worth: int

    def money(self, reais: int) -> int:
        """Minor units of the lane's currency; none below a sum that can be shared."""
        return max(10, reais * self.worth // 1000)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Everything that is drawn from, ready to be drawn. ours: the table of that name as it stands."""

    price: Points
    freight: Points
    payment_minutes: Points
    handover_minutes: Points
    promise_days: Points
    late_permille: int
    late_by_minutes: Points
    travel_permille: Points
    hour: Weighted[int]
    weekday: Sequence[int]
    lines: Weighted[int]
    quantity: Weighted[int]
    lanes: Weighted[Lane]
    situations: Weighted[str]
    last_word: Weighted[str]
    ours: Mapping[str, Any]


@cache
def tables() -> Mapping[str, Any]:
    """The file as it stands."""
    return tomllib.loads((files(__package__) / "drawn.toml").read_text(encoding="utf-8"))


@cache
def drawn() -> Drawn:
    olist, ours = tables()["olist"], tables()["ours"]
    return Drawn(
        price=Points(olist["price"]),
        freight=Points(olist["freight"]),
        payment_minutes=Points(olist["payment_minutes"]),
        handover_minutes=Points(olist["handover_minutes"]),
        promise_days=Points(olist["promise_days"]),
        late_permille=olist["late_permille"],
        late_by_minutes=Points(olist["late_by_minutes"]),
        travel_permille=Points(olist["travel_permille_of_promise"]),
        hour=Weighted(list(enumerate(olist["hour_of_day"]))),
        weekday=olist["day_of_week"],
        lines=Weighted([(count, share) for count, share in olist["lines"]]),
        quantity=Weighted([(count, share) for count, share in olist["quantity"]]),
        lanes=Weighted([(_lane(lane), lane["share"]) for lane in ours["lanes"]]),
        situations=Weighted(list(ours["situations"].items())),
        last_word=Weighted(list(ours["last_word"].items())),
        ours=ours,
    )


def _lane(said: Mapping[str, Any]) -> Lane:
    defaults = load_book().profile(STANDARD).promise_default
    left_to_policy = defaults.get(said["carrier_service"], defaults[ANY_OTHER])
    return Lane(
        said["destination"],
        said["currency"],
        said["carrier_service"],
        None if said["own_promise"] else left_to_policy,
        said["worth"],
    )
