"""Calendar overrides as a file or a story writes them (rulebook, end of section 2 and 8.23)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aftersales.policy.changes import Misplaced, nearest
from aftersales.policy.model import Override, Policy
from aftersales.policy.parameters import PARAMETERS
from aftersales.policy.readers import Wrong, shown

KEYS: Final = ("from", "until", "parameter", "value", "add_days", "scope")
SCOPES: Final = ("seller", "destination", "carrier_service", "category")
MOST_DAYS: Final = 3650


def override(policy: Policy, said: Any, path: str) -> Override:
    """One override over `policy`; its value is read as the parameter's own. Raises Misplaced below `path`."""
    if not isinstance(said, Mapping):
        raise Misplaced(path, f"{shown(said)} is no table")
    for key in said:
        if key not in KEYS:
            raise Misplaced(f"{path}.{key}", f"is none of {', '.join(KEYS)}")
    name = _parameter(said.get("parameter"), f"{path}.parameter")
    since, until = (instant(said.get(key), f"{path}.{key}") for key in ("from", "until"))
    if since >= until:
        raise Misplaced(f"{path}.until", "must come after from")
    scope = _scope(said.get("scope", {}), f"{path}.scope")
    if ("value" in said) == ("add_days" in said):
        raise Misplaced(path, "takes either value or add_days")
    if "value" in said:
        return Override(since, until, name, value=_value(policy, said["value"], name, f"{path}.value"), scope=scope)
    return Override(since, until, name, add_days=_add_days(said["add_days"], name, f"{path}.add_days"), scope=scope)


def _parameter(name: Any, path: str) -> str:
    if not isinstance(name, str) or name not in PARAMETERS:
        raise Misplaced(path, f"{shown(name)} is no parameter{nearest(str(name))}")
    return name


def _value(policy: Policy, said: Any, name: str, path: str) -> Any:
    try:
        return PARAMETERS[name].read(said, getattr(policy, PARAMETERS[name].field))
    except Wrong as wrong:
        raise Misplaced(name, wrong.problem, path) from None


def _add_days(days: Any, name: str, path: str) -> int:
    if PARAMETERS[name].added is None:
        raise Misplaced(path, f"{name} is no duration that days could be added to")
    if not isinstance(days, int) or isinstance(days, bool) or abs(days) > MOST_DAYS:
        raise Misplaced(path, f"{shown(days)} is no number of days")
    return days


def _scope(said: Any, path: str) -> dict[str, str]:
    if not isinstance(said, Mapping):
        raise Misplaced(path, f"{shown(said)} is no table")
    for key, wanted in said.items():
        if key not in SCOPES:
            raise Misplaced(f"{path}.{key}", f"is none of {', '.join(SCOPES)}")
        if not isinstance(wanted, str):
            raise Misplaced(f"{path}.{key}", f"{shown(wanted)} is no text")
    return dict(said)


def instant(value: Any, path: str) -> datetime:
    """An instant with its zone, a TOML one or a text as in stories."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise Misplaced(path, f"{shown(value)} is no instant such as 2026-03-01T00:00:00Z") from None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Misplaced(path, f"{shown(value)} is no instant with its zone, such as 2026-03-01T00:00:00Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise Misplaced(path, f"{shown(value)} is out of range in UTC") from None
