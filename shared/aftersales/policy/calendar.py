"""Calendars: working days, and overrides for seasons and places."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aftersales.errors import Failure
from aftersales.policy.model import Override, Policy
from aftersales.policy.parameters import PARAMETERS, Added

WEEKDAYS: Final = "weekdays"
SATURDAY: Final = 5


def add_business_days(instant: datetime, n: int, calendar: str) -> datetime:
    """The same time of day, in UTC, on the `n`-th working day after `instant` (rulebook section 2); `n` 0 is `instant`.

    Raises Failure for a calendar that is not known here; a parsed policy names none such.
    """
    if calendar != WEEKDAYS:
        raise Failure(f'The calendar "{calendar}" is not known here; "{WEEKDAYS}" (Monday to Friday in UTC) is.')
    day = instant.astimezone(UTC)
    while n > 0:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY:
            n -= 1
    return day


def parameter(policy: Policy, name: str, at: datetime, scope: Mapping[str, str | None]) -> Any:
    """A parameter for a timer that starts `at`, by its dotted name, calendar overrides applied (rulebook 8.23).

    scope: `seller`, `destination`, `carrier_service` and `category` of the order. Of several overrides that match the
    last listed counts. A parameter in business days is a number of them; one that is off stays off under `add_days`.
    """
    value = getattr(policy, PARAMETERS[name].field)
    if not policy.overrides:
        return value
    override = next((o for o in reversed(policy.overrides) if _matches(o, name, at, scope)), None)
    if override is None:
        return value
    if override.add_days is None:
        return override.value
    return _lengthened(value, override.add_days, PARAMETERS[name].added)


def _matches(override: Override, name: str, at: datetime, scope: Mapping[str, str | None]) -> bool:
    return (
        override.parameter == name
        and override.since <= at < override.until
        and all(scope.get(key) == wanted for key, wanted in override.scope.items())
    )


def _lengthened(value: Any, days: int, added: Added | None) -> Any:
    if value is None:
        return None
    if added is Added.ELAPSED:
        return max(timedelta(0), value + timedelta(days=days))
    if added is Added.BUSINESS:
        return max(0, value + days)
    return {key: max(0, entry + days) for key, entry in value.items()}
