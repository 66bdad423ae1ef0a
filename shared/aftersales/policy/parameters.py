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
    """words: what it sets, for a policy person. added: None where `add_days` means nothing.

    table: its entries may be named by one more dotted part. unit: of a whole number, such as %.
    """

    name: str
    words: str
    field: str
    read: Reader
    added: Added | None = None
    table: bool = False
    unit: str = ""


def _duration(name: str, words: str) -> Parameter:
    return Parameter(name, words, name.replace(".", "_"), read.duration, Added.ELAPSED)


def _business(name: str, words: str) -> Parameter:
    return Parameter(name, words, f"{name.replace('.', '_')}_business_days", read.business_days, Added.BUSINESS)


def _value(name: str, words: str, reader: Reader, unit: str = "") -> Parameter:
    return Parameter(name, words, name.replace(".", "_"), reader, unit=unit)


def _table(name: str, words: str, reader: Reader, added: Added | None = None, unit: str = "") -> Parameter:
    return Parameter(name, words, name.replace(".", "_"), reader, added, table=True, unit=unit)


MINOR: Final = " minor units"

_LISTED: Final = (
    _duration(
        "open.earliest_after_ship",
        "how long after dispatch the buyer waits before a dispute may be opened, while a parcel is under way",
    ),
    _duration("open.latest", "how long after the latest of promise end, delivery and receipt a dispute may be opened"),
    _duration("ship.within", "the seller's time to ship, after which units may be disputed as never shipped"),
    _duration("held.confirm", "the buyer's time to confirm a delivery that ended a hold"),
    _value(
        "open.in_transit",
        "what becomes of a not-received dispute while the promise runs: it is held, or refused",
        read.one_of("hold", "refuse"),
    ),
    _value("open.per_line", "how many open disputes a line may have", read.whole(1, 1)),
    _value("reopen.max", "how often a withdrawn dispute on a line may be opened again", read.whole(0, 100)),
    _duration("seller.response", "the seller's time to answer the newest plan of the buyer"),
    _value("seller.silence", "what the seller's silence does: the buyer's plan is executed", read.one_of("execute")),
    Parameter(
        "escalate.manual_from",
        "from when the buyer may ask the platform, counted from the escalation clock's start",
        "escalate_manual_from",
        read.or_none(read.duration),
        Added.ELAPSED,
    ),
    Parameter(
        "escalate.manual_to",
        "until when the buyer may ask the platform, counted from the escalation clock's start",
        "escalate_manual_to",
        read.or_none(read.duration),
        Added.ELAPSED,
    ),
    _duration("escalate.auto_at", "when a dispute escalates by itself, counted from the escalation clock's start"),
    _duration("arbitration.evidence_window", "both parties' time for evidence"),
    _duration("arbitration.reassign_after", "after how long in review a case goes to another agent"),
    _duration("arbitration.fallback_after", "after how long in review the table rules on the filed facts"),
    _duration("arbitration.proposal_accept", "the parties' time to answer a proposal; silence accepts"),
    _duration("appeal.window", "how long after its closing a dispute may be appealed"),
    _value("appeal.count", "how many appeals a dispute may have", read.whole(0, 1)),
    _business("appeal.review", "the platform's time to decide an appeal; after it the ruling stands"),
    _duration("return.ship_by", "the buyer's time to send the goods back"),
    _duration(
        "return.seller_confirm", "the seller's time to confirm a return, from its tracking number; silence refunds"
    ),
    _duration(
        "return.seller_confirm_delivered", "the same from the carrier's delivery to the seller, where that ends earlier"
    ),
    _table("return.freight_payer", "who pays the way back, by family of the reason", read.freight_payers),
    _value("return.freight_cap", "the most that is paid for the way back", read.or_none(read.money), MINOR),
    _business("service.review", "the platform service's time, after which the seller is asked"),
    _table("service.eligible", "what the platform service may take over", read.eligible),
    _value("service.cap", "the most that the platform service settles; 0 switches it off", read.money, MINOR),
    _value("force_majeure.payer", "who pays where force majeure kept the goods", read.one_of("seller", "platform")),
    _value(
        "counterfeit.multiple",
        "how many times its price an upheld counterfeit pays beside the refund",
        read.whole(0, 100),
    ),
    _value("counterfeit.base", "the price that is multiplied", read.one_of("charged_unit_price", "net_paid_goods")),
    _table("late.table", "percent of net goods by started days late", read.late_table, unit=" %"),
    _table("quality.table", "percent of net goods by grade of a flaw", read.quality_table, unit=" %"),
    _table(
        "promise.max",
        "the longest promise of a seller that counts, by destination",
        read.days_by(read.COUNTRY),
        Added.TABLE,
    ),
    _table(
        "promise.default",
        "the promise where the seller made none, by carrier service",
        read.days_by(read.CARRIER_SERVICE),
        Added.TABLE,
    ),
    _value("reminder.before", "how long before its deadline a party is reminded", read.durations),
    _table(
        "four_eyes.above",
        "refund and compensation above which a second agent must confirm, by currency",
        read.money_by_currency,
    ),
    _value("auto_rule.below", "the amount under which the table rules without an agent; 0 is never", read.money, MINOR),
    _value("display.zone", "the time zone in which instants are shown", read.zone),
    _value("calendar", "the business days", read.one_of("weekdays")),
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
