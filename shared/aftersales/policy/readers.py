"""How the values of a policy file are read: typed, and refused with what was expected.

Each reader takes what the file (or a story's `with`) says and the value so far, and returns the typed value. Tables of
independent entries keep those that are not named; a table whose entries only make sense together is replaced.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aftersales.money import EXPONENTS
from aftersales.policy.model import Eligible
from aftersales.rulebook.reasons import REASONS, Family

ANY_OTHER: Final = "*"
LONGEST_SHOWN: Final = 100
# Four digits of days are 27 years: more is a slip, and far below what a datetime can bear.
DURATION: Final = re.compile(r"P(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?", re.ASCII)
DURATIONS: Final = 'whole days (at most 9999), hours, minutes and seconds, such as "P5D" or "PT36H"'
COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
CARRIER_SERVICE: Final = re.compile(r"[A-Z0-9_]{1,40}", re.ASCII)
NAME: Final = re.compile(r"[A-Za-z0-9_]{1,40}|\*", re.ASCII)
MAX_MONEY: Final = 10**15
FAMILIES: Final = (*(family.value for family in Family), "FREE_RETURN")
GRADES: Final = ("minor", "medium", "severe")
ELIGIBLE_WORDS: Final[Mapping[str, Sequence[str]]] = {"reasons": tuple(REASONS), "remedies": ("refund", "return")}
ELIGIBLE_KEYS: Final = ("reasons", "remedies", "categories", "destinations", "carrier_services", "enrolled")


class Wrong(ValueError):
    """A value that is not what its parameter takes; `entry` names the entry of a table, empty for the whole value."""

    def __init__(self, problem: str, entry: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.entry = entry


def shown(value: Any) -> str:
    """A value as its author wrote it, for a sentence; long ones in part."""
    try:
        text = json.dumps(value, default=lambda said: said.isoformat(), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):  # TOML can say numbers and nestings that nothing writes out again
        return "this"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def duration(value: Any, _so_far: Any = None) -> timedelta:
    match = DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not any(match.groups()):
        raise Wrong(f"{shown(value)} is no ISO 8601 duration of {DURATIONS}")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def business_days(value: Any, _so_far: Any = None) -> int:
    return _whole_days(value)


def or_none(reader: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """`"none"` (or JSON null) is None: the rule is off."""

    def read(value: Any, so_far: Any) -> Any:
        return None if value is None or value == "none" else reader(value, so_far)

    return read


def whole(least: int, most: int) -> Callable[[Any, Any], int]:
    def read(value: Any, _so_far: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            expected = str(least) if least == most else f"a whole number from {least} to {most}"
            raise Wrong(f"{shown(value)} is not {expected}")
        return value

    return read


def money(value: Any, _so_far: Any = None) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_MONEY:
        raise Wrong(f"{shown(value)} is no amount in minor units (a whole number, 0 or more)")
    return value


def one_of(*names: str) -> Callable[[Any, Any], str]:
    def read(value: Any, _so_far: Any) -> str:
        if value not in names or not isinstance(value, str):
            raise Wrong(f"{shown(value)} is none of {', '.join(names)}")
        return value

    return read


def zone(value: Any, _so_far: Any) -> str:
    try:
        return ZoneInfo(value).key
    except (OSError, TypeError, ValueError, KeyError):
        raise Wrong(f'{shown(value)} is no time zone such as "Europe/Berlin"') from None


def durations(value: Any, _so_far: Any) -> tuple[timedelta, ...]:
    if not isinstance(value, list):
        raise Wrong(f"{shown(value)} is no list of ISO 8601 durations")
    return tuple(sorted({duration(entry) for entry in value}, reverse=True))


def late_table(value: Any, _so_far: Any) -> tuple[tuple[int | None, int], ...]:
    """`{7 = 10, 15 = 20, "*" = 30}`: up to 7 started days late 10 %, up to 15 20 %, more 30 %. Replaced as a whole."""
    table = _table(value)
    if ANY_OTHER not in table:
        raise Wrong(f"{shown(value)} does not say what any later day gives; name it {shown(ANY_OTHER)}")
    for key in table:
        if key != ANY_OTHER and not re.fullmatch(r"[1-9]\d{0,3}", key, re.ASCII):
            raise Wrong("is no number of days", key)
    rates = {key: _percent(entry, key) for key, entry in table.items()}
    bands = sorted((int(key), rate) for key, rate in rates.items() if key != ANY_OTHER)
    return (*bands, (None, rates[ANY_OTHER]))


def quality_table(value: Any, so_far: Any) -> dict[str, int]:
    grades = {key: _percent(entry, key) for key, entry in _keyed(_table(value), GRADES).items()}
    return _complete({**(so_far or {}), **grades}, GRADES)


def freight_payers(value: Any, so_far: Any) -> dict[str, str]:
    payer = one_of("buyer", "seller", "platform")
    payers = {key: _entry(payer, entry, key) for key, entry in _keyed(_table(value), FAMILIES).items()}
    return _complete({**(so_far or {}), **payers}, FAMILIES)


def eligible(value: Any, so_far: Any) -> Eligible:
    table = _keyed(_table(value), ELIGIBLE_KEYS)
    known = {key: getattr(so_far, key) for key in ELIGIBLE_KEYS} if so_far is not None else {}
    said = {key: _flag(entry, key) if key == "enrolled" else _known_names(entry, key) for key, entry in table.items()}
    return Eligible(**_complete({**known, **said}, ELIGIBLE_KEYS))


def days_by(keys: re.Pattern[str]) -> Callable[[Any, Any], dict[str, int]]:
    """Days by destination or carrier service, `*` for every other; one duration alone is for all."""

    def read(value: Any, so_far: Any) -> dict[str, int]:
        if not isinstance(value, Mapping):
            return {ANY_OTHER: _whole_days(value)}
        for key in value:
            if key != ANY_OTHER and not keys.fullmatch(key):
                raise Wrong(f"is no name such as {'US' if keys is COUNTRY else 'EMS'}, nor {shown(ANY_OTHER)}", key)
        days = {key: _entry(business_days, entry, key) for key, entry in value.items()}
        return _complete({**(so_far or {}), **days}, (ANY_OTHER,))

    return read


def money_by_currency(value: Any, _so_far: Any) -> dict[str, int]:
    """By currency, replaced as a whole, a currency not listed has no limit; an amount alone is for every currency."""
    if value is None or value == "none":
        return {}
    if not isinstance(value, Mapping):
        return {ANY_OTHER: money(value)}
    for key in value:
        if key != ANY_OTHER and key not in EXPONENTS:
            raise Wrong(f"is no currency this system settles in; expected one of {', '.join(sorted(EXPONENTS))}", key)
    return {key: _entry(money, entry, key) for key, entry in value.items()}


def _whole_days(value: Any) -> int:
    length = duration(value)
    if length % timedelta(days=1):
        raise Wrong(f"{shown(value)} is not a number of whole days")
    return length.days


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Wrong(f"{shown(value)} is no table")
    return value


def _keyed(table: Mapping[str, Any], keys: tuple[str, ...]) -> Mapping[str, Any]:
    for key in table:
        if key not in keys:
            raise Wrong(f"is none of {', '.join(keys)}", key)
    return table


def _complete(table: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    for key in keys:
        if key not in table:
            raise Wrong(f"lacks the entry {shown(key)}")
    return table


def _entry(reader: Callable[[Any, Any], Any], value: Any, key: str) -> Any:
    try:
        return reader(value, None)
    except Wrong as wrong:
        raise Wrong(wrong.problem, key) from None


def _percent(value: Any, key: str) -> int:
    percent: int = _entry(whole(0, 100), value, key)
    return percent


def _flag(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"{shown(value)} is neither true nor false", key)
    return value


def _known_names(value: Any, key: str) -> frozenset[str]:
    """Names of things that are listed somewhere must stand there."""
    names, known = _names(value, key), ELIGIBLE_WORDS.get(key)
    strangers = sorted(names - {ANY_OTHER, *known}) if known else []
    if known and strangers:
        raise Wrong(f"{shown(strangers[0])} is none of {', '.join(known)}, nor {shown(ANY_OTHER)} for all", key)
    return names


def _names(value: Any, key: str) -> frozenset[str]:
    names = value if isinstance(value, list) else [value]
    if names is not value or not all(isinstance(name, str) and NAME.fullmatch(name) for name in names):
        raise Wrong(f"{shown(value)} is no list of names, nor [{shown(ANY_OTHER)}] for all", key)
    return frozenset(value)
