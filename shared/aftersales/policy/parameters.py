"""The parameters of rulebook section 2: their dotted names, the model's fields, and how a value is read and written.

A new parameter is one line here, one field of the model and one line of `profiles/standard.toml`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from aftersales.policy import readers as read
from aftersales.policy.model import Eligible

Reader = Callable[[Any, Any], Any]
"""(what the file says, the value so far or None) to the typed value; raises `readers.Wrong`."""


class Added(Enum):
    """What `add_days` of a calendar override adds to."""

    ELAPSED = "24 hours"
    BUSINESS = "working days"
    TABLE = "every entry of a table of days"


@dataclass(frozen=True, slots=True)
class Parameter:
    """added: None where `add_days` means nothing. table: its entries may be named by one more dotted part."""

    name: str
    field: str
    read: Reader
    added: Added | None = None
    table: bool = False


def _duration(name: str) -> Parameter:
    return Parameter(name, name.replace(".", "_"), read.duration, Added.ELAPSED)


def _business(name: str) -> Parameter:
    return Parameter(name, f"{name.replace('.', '_')}_business_days", read.business_days, Added.BUSINESS)


def _value(name: str, reader: Reader) -> Parameter:
    return Parameter(name, name.replace(".", "_"), reader)


def _table(name: str, reader: Reader, added: Added | None = None) -> Parameter:
    return Parameter(name, name.replace(".", "_"), reader, added, table=True)


_LISTED: Final = (
    _duration("open.earliest_after_ship"),
    _duration("open.latest"),
    _duration("ship.within"),
    _duration("held.confirm"),
    _value("open.in_transit", read.one_of("hold", "refuse")),
    _value("open.per_line", read.whole(1, 1)),
    _value("reopen.max", read.whole(0, 100)),
    _duration("seller.response"),
    _value("seller.silence", read.one_of("execute")),
    Parameter("escalate.manual_from", "escalate_manual_from", read.or_none(read.duration), Added.ELAPSED),
    Parameter("escalate.manual_to", "escalate_manual_to", read.or_none(read.duration), Added.ELAPSED),
    _duration("escalate.auto_at"),
    _duration("arbitration.evidence_window"),
    _duration("arbitration.reassign_after"),
    _duration("arbitration.fallback_after"),
    _duration("arbitration.proposal_accept"),
    _duration("appeal.window"),
    _value("appeal.count", read.whole(0, 1)),
    _business("appeal.review"),
    _duration("return.ship_by"),
    _duration("return.seller_confirm"),
    _duration("return.seller_confirm_delivered"),
    _table("return.freight_payer", read.freight_payers),
    _value("return.freight_cap", read.or_none(read.money)),
    _business("service.review"),
    _table("service.eligible", read.eligible),
    _value("service.cap", read.money),
    _value("force_majeure.payer", read.one_of("seller", "platform")),
    _value("counterfeit.multiple", read.whole(0, 100)),
    _value("counterfeit.base", read.one_of("charged_unit_price", "net_paid_goods")),
    _table("late.table", read.late_table),
    _table("quality.table", read.quality_table),
    _table("promise.max", read.days_by(read.COUNTRY), Added.TABLE),
    _table("promise.default", read.days_by(read.CARRIER_SERVICE), Added.TABLE),
    _value("reminder.before", read.durations),
    _table("four_eyes.above", read.money_by_currency),
    _value("auto_rule.below", read.money),
    _value("display.zone", read.zone),
    _value("calendar", read.one_of("weekdays")),
)
PARAMETERS: Final[Mapping[str, Parameter]] = {parameter.name: parameter for parameter in _LISTED}


def written(parameter: Parameter, value: Any) -> Any:
    """A typed value as a policy file writes it; what `parameter.read` reads back. None is "none"."""
    if parameter.added is Added.BUSINESS:
        return f"P{value}D"
    if parameter.added is Added.TABLE:
        return {key: f"P{days}D" for key, days in sorted(value.items())}
    if parameter.name == "late.table":
        return {"*" if up_to is None else str(up_to): rate for up_to, rate in value}
    return _plain(value)


def _plain(value: Any) -> Any:
    if value is None:
        return "none"
    if isinstance(value, timedelta):
        return iso_duration(value)
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in sorted(value.items())}
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Eligible):
        return {name: _plain(getattr(value, name)) for name in sorted(read.ELIGIBLE_KEYS)}
    return value


def iso_duration(value: timedelta) -> str:
    """An ISO 8601 duration of whole seconds: `P5D`, `PT48H` as `P2D`, `P0D`."""
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    date = f"{value.days}D" if value.days else ""
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    return f"P{date}{'T' if time else ''}{time}" if date or time else "P0D"
