"""What must be true at an instant: how a story says it, and how it is compared with what was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args

from aftersales.contracts.dispute import Agreement, DisputeState, Liable
from aftersales.rulebook.reasons import REASONS
from aftersales_local.stories import fields as read
from aftersales_local.stories.fields import Place, Read, Shape

METRICS: Final = ("dispute_rate", "arbitration_rate", "seller_liable_rate", "on_time_rate")
TASKS: Final = ("answer", "evidence", "answer_proposal", "ship_return", "confirm_return")
PAYERS: Final = ("escrow", "deposit", "platform_fund", "service_fund")

ABOUT_DISPUTE: Final[dict[str, Read]] = {
    "state": read.or_null(read.one_of(*get_args(DisputeState))),
    "reason": read.one_of(*REASONS),
    "deadline": read.or_null(read.instant),
    "auto_escalation": read.or_null(read.instant),
    "refund": read.whole,
    "compensation": read.whole,
    "freight": read.whole,
    "paid_by": Shape({}, dict.fromkeys(PAYERS, read.whole)).read,
    "seller_debt": read.whole,
    "carrier_claim": read.whole,
    "liable": read.or_null(read.one_of(*get_args(Liable))),
    "rule": read.or_null(read.text),
    "agreement": read.or_null(read.one_of(*get_args(Agreement))),
    "counts_for_seller": read.flag,
}


def _unit_refunds(value: Any, place: Place) -> Mapping[str, tuple[int, ...]]:
    return {line: read.list_of(read.whole)(said, place.at(line)) for line, said in read.mapping(value, place).items()}


def _metrics(value: Any, place: Place) -> Mapping[str, Any]:
    return Shape({}, dict.fromkeys(METRICS, read.text)).read(value, place)


ABOUT_ORDER: Final[dict[str, Read]] = {
    "unit_refunds": _unit_refunds,
    "paid_left": read.whole,
    "disputes": read.whole,
}
ABOUT_SELLER: Final[dict[str, Read]] = {"metrics": _metrics}
ABOUT_PARTY: Final[dict[str, Read]] = {
    "notices": read.list_of(read.text),
    "tasks": read.list_of(read.one_of(*TASKS)),
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """kind: `dispute`, `order`, `seller` or `party`; of a party, `name` is its dispute and `party` says which side."""

    number: int
    at: datetime
    kind: str
    name: str
    wanted: Mapping[str, Any]
    party: str | None = None

    @property
    def subject(self) -> str:
        return f"{self.name} {self.party}" if self.party else self.name


def expectation(value: Any, place: Place, number: int) -> Expectation:
    entries = read.mapping(value, place)
    kind = _kind(entries, place)
    named: dict[str, Read] = {"at": read.instant, kind: read.text}
    if kind == "party":
        named |= {"party": read.one_of("buyer", "seller"), "dispute": read.text}
    about = {"dispute": ABOUT_DISPUTE, "order": ABOUT_ORDER, "seller": ABOUT_SELLER, "party": ABOUT_PARTY}[kind]
    values = Shape(named, {**about, "note": read.text}).read(entries, place)
    wanted = {key: said for key, said in values.items() if key in about}
    if not wanted:
        raise place.wrong(f"nothing is expected here; expected one of {read.listed(tuple(about))}")
    party = values.get("party")
    return Expectation(number, values["at"], kind, values["dispute" if party else kind], wanted, party)


def _kind(entries: Mapping[str, Any], place: Place) -> str:
    if "party" in entries:
        return "party"
    found = [kind for kind in ("dispute", "order", "seller") if kind in entries]
    if len(found) != 1:
        raise place.wrong("expected exactly one of dispute, order or seller, or a party of a dispute")
    return found[0]


def compare(wanted: Expectation, found: Mapping[str, Any] | None) -> list[str]:
    """What is not as expected, one sentence each; `found` None is "there is no such thing"."""
    if found is None:
        return [
            f"{wanted.subject} {key} {as_text(value)}, was nothing: there is no such {wanted.kind}"
            for key, value in wanted.wanted.items()
            if value is not None
        ]
    return [
        f"{wanted.subject} {key} {as_text(value)} at {stamp(wanted.at)}, was {as_text(_named(value, found[key]))}"
        for key, value in wanted.wanted.items()
        if not fits(key, value, found[key])
    ]


def fits(key: str, wanted: Any, found: Any) -> bool:
    if key == "notices":
        return set(wanted) <= set(found)
    if key == "tasks":
        return sorted(wanted) == sorted(found)
    if key in ("paid_by", "unit_refunds", "metrics"):
        return all(_plain(found.get(name)) == _plain(value) for name, value in wanted.items())
    return bool(wanted == found)


def _named(wanted: Any, found: Any) -> Any:
    """Of a table only what the story names."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return {name: found.get(name) for name in wanted}
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {as_text(entry)}" for name, entry in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(as_text(entry) for entry in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def stamp(at: datetime) -> str:
    """An instant as stories write it."""
    return at.isoformat().replace("+00:00", "Z")
