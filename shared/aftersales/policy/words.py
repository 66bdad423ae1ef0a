"""Parameters, overrides and differences between policies as a policy person reads them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from aftersales.explanation import instant
from aftersales.money import shown
from aftersales.policy.model import Eligible, Override, Policy
from aftersales.policy.parameters import PARAMETERS, Added, Parameter
from aftersales.policy.readers import ELIGIBLE_KEYS

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
ALL: Final = "*"
ANY_OTHER: Final = "any other"


def spoken(name: str, value: Any) -> str:
    """A parameter's typed value in words: `5 days`, `3 business days`, `minor 10 %, medium 30 %, severe 50 %`."""
    parameter = PARAMETERS[name]
    if name == "late.table":
        return ", ".join(f"{_up_to(up_to)} {rate}{parameter.unit}" for up_to, rate in value)
    if name == "four_eyes.above":
        return ", ".join(_limit(currency, most) for currency, most in sorted(value.items())) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{_key(key)} {_entry(parameter, entry)}" for key, entry in sorted(value.items())) or "none"
    if isinstance(value, tuple):
        return " and ".join(_plain(entry) for entry in value) or "never"
    if isinstance(value, Eligible):
        return "; ".join(f"{key.replace('_', ' ')} {_eligible(getattr(value, key))}" for key in ELIGIBLE_KEYS)
    return _entry(parameter, value)


def override_in_words(override: Override) -> str:
    """`seller.response 10 days for what starts from ... until ..., where seller is shop`."""
    name = override.parameter
    if override.add_days is None:
        change = spoken(name, override.value)
    else:
        change = f"{abs(override.add_days)} days {'longer' if override.add_days > 0 else 'shorter'}"
    where = " and ".join(f"{key} is {wanted}" for key, wanted in override.scope.items())
    span = f"from {instant(override.since)} until {instant(override.until)}"
    return f"{name} {change} for what starts {span}{f', where {where}' if where else ''}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One parameter that two policies set differently; before and after in words."""

    parameter: str
    about: str
    before: str
    after: str


def differences(before: Policy, after: Policy) -> Iterator[Difference]:
    """Every parameter whose value differs, in the order of the rulebook."""
    for name, parameter in PARAMETERS.items():
        was, now = getattr(before, parameter.field), getattr(after, parameter.field)
        if was != now:
            yield Difference(name, parameter.words, spoken(name, was), spoken(name, now))


def _entry(parameter: Parameter, value: Any) -> str:
    if value is None:
        return "none"
    if parameter.added is Added.BUSINESS:
        return _counted(value, "business day")
    if parameter.added is Added.TABLE:
        return _counted(value, "day")
    return f"{_plain(value)}{parameter.unit}"


def _plain(value: Any) -> str:
    if not isinstance(value, timedelta):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if value % DAY == timedelta(0):
        return _counted(value // DAY, "day")
    if value % HOUR == timedelta(0):
        return _counted(value // HOUR, "hour")
    return _counted(int(value.total_seconds()), "second")


def _limit(currency: str, most: int) -> str:
    return f"{ANY_OTHER} currency {most} minor units" if currency == ALL else shown(most, currency)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _key(key: str) -> str:
    return ANY_OTHER if key == ALL else key


def _up_to(days: int | None) -> str:
    return "more" if days is None else f"up to {_counted(days, 'day')}"


def _eligible(value: Any) -> str:
    if isinstance(value, bool):
        return "only" if value else "or not"
    return "all" if ALL in value else ", ".join(sorted(value)) or "none"
