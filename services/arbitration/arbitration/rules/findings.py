"""Check what an agent states before anything is decided on it. What is refused names what was expected."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aftersales.contracts.envelope import MAX_AMOUNT
from arbitration.domain.file import File
from arbitration.domain.findings import EXPECTED, HIGHEST_UNIT, MONEY, TRUTHS, UNITS, WORDS, Findings

MOST_SHOWN: Final = 40
# Of what came back nothing may be intact (rulebook 8.39).
MAY_BE_NONE: Final = "intact_units"


@dataclass(frozen=True, slots=True)
class Unfit:
    """Findings that cannot be judged by."""

    slug: str
    sentence: str


def read(stated: Mapping[str, Any], file: File) -> Findings | Unfit:
    """The findings as the table reads them, or why not."""
    values: dict[str, Any] = {}
    for name, value in stated.items():
        if name not in EXPECTED:
            return Unfit("unknown-finding", f"{name} is no finding; expected one of {', '.join(sorted(EXPECTED))}.")
        known = _value(name, value, file)
        if isinstance(known, Unfit):
            return known
        values[name] = known
    if values.get("not_as_described") == "keep" and "amount" not in values:
        return Unfit("amount-missing", "not_as_described keep needs the finding amount: what is refunded.")
    if "goods_back" in values and (file.back is None or file.back.end != "contested"):
        return Unfit("no-contested-return", "goods_back judges goods that came back and were contested; none were.")
    return Findings(**values)


def _value(name: str, value: Any, file: File) -> Any:
    if name in UNITS:
        return _positions(name, value, file)
    if not _fits(name, value):
        return Unfit("unknown-value", f"{name} is {_shown(value)}; expected {EXPECTED[name]}.")
    return value


def _fits(name: str, value: Any) -> bool:
    if name in WORDS:
        return isinstance(value, str) and value in WORDS[name]
    if name in TRUTHS:
        return value is True
    return _whole(value) and 0 <= value <= (MAX_AMOUNT if name in MONEY else 100)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    """What was stated, as JSON; its beginning where it is long."""
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 3]}..."


def _positions(name: str, value: Any, file: File) -> tuple[int, ...] | Unfit:
    """Positions in the file's units. A count means the first n of the disputed units of its line."""
    unknown = Unfit("unknown-value", f"{name} is {_shown(value)}; expected {EXPECTED[name]}.")
    none = name == MAY_BE_NONE
    if not isinstance(value, Mapping) or not (value or none):
        return unknown
    found: list[int] = []
    for line, units in value.items():
        at = {unit.number: position for position, unit in enumerate(file.units) if unit.line == line}
        numbers = [] if none and _is_none(units) else _numbers(units, sorted(at))
        if numbers is None:
            return unknown
        beyond = [number for number in numbers if number not in at]
        if beyond:
            disputed = _cut(", ".join(map(str, sorted(at))) or "none")
            return Unfit(
                "unit-not-disputed", f"{name} names units of {_cut(line)} beyond the disputed ones: {disputed}."
            )
        found += [at[number] for number in numbers]
    return tuple(sorted(found))


def _numbers(units: Any, disputed: list[int]) -> list[int] | None:
    """The unit numbers meant, None if not understood. A count above the disputed ones ends in 0, which is no unit."""
    if _is_unit(units):
        return disputed[:units] + [0] * (units > len(disputed))
    if not isinstance(units, list | tuple) or not units:
        return None
    numbers = list(units)
    return numbers if all(map(_is_unit, numbers)) and len(set(numbers)) == len(numbers) else None


def _is_none(units: Any) -> bool:
    return units == [] or (_whole(units) and units == 0)


def _is_unit(value: Any) -> bool:
    return _whole(value) and 1 <= value <= HIGHEST_UNIT
