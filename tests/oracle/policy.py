"""The parameters of section 2 as a story sets them: profile, changes, calendar overrides (8.23), working days."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.oracle.model import Order, Said, second
from tests.oracle.tables import BUSINESS_DAYS, DAY, PROFILES, STANDARD

DURATION: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
SATURDAY: Final = 5


def value(said: Any) -> Any:
    """A value as stories write it: durations become seconds."""
    if isinstance(said, dict):
        return {key: value(each) for key, each in said.items()}
    if said == "none":
        return None
    match = DURATION.fullmatch(said) if isinstance(said, str) else None
    if match is None:
        return said
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return days * DAY + hours * 3600 + minutes * 60 + seconds


class Policy:
    def __init__(self, said: Said) -> None:
        self._base: dict[str, Any] = {**STANDARD, **PROFILES[said.get("profile", "standard")]}
        for name, changed in said.get("with", {}).items():
            self._change(name, value(changed))
        self._overrides = [
            (second(o["from"]), second(o["until"]), o.get("scope", {}), o["parameter"], o)
            for o in said.get("overrides", ())
        ]

    def _change(self, name: str, changed: Any) -> None:
        if name in self._base:
            self._base[name] = changed
            return
        table, _, key = name.rpartition(".")
        self._base[table] = {**self._base[table], key: changed}

    def of(self, name: str) -> Any:
        return self._base[name]

    def at(self, name: str, start: int, order: Order, key: str = "") -> Any:
        """A duration whose clock starts at `start`, with the last override that matches. `key`: of a table."""
        found = self._base[name]
        if key:
            found = found.get(key, found.get("*"))
        for begin, end, scope, parameter, override in self._overrides:
            if parameter not in (name, f"{name}.{key}") or not begin <= start < end:
                continue
            if any(order.said[what] != wanted for what, wanted in scope.items()):
                continue
            if "value" in override:
                found = value(override["value"])
            else:
                base = self._base[name].get(key, self._base[name].get("*")) if key else self._base[name]
                found = None if base is None else base + override["add_days"] * DAY
        return found

    def after(self, name: str, start: int, order: Order) -> int:
        """The instant at which a wait that starts now ends."""
        length = int(self.at(name, start, order))
        return working_days(start, length // DAY) if name in BUSINESS_DAYS else start + length


def working_days(start: int, days: int) -> int:
    """The same time of day on the n-th working day after it."""
    at = datetime.fromtimestamp(start, UTC)
    while days:
        at += timedelta(days=1)
        days -= at.weekday() < SATURDAY
    return int(at.timestamp())
