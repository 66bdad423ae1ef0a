"""An explanation as a person reads it: the one English rendering of what `history` keeps of a decision. Pure.

`runtime.unit.explain` writes the structure; the words of a rule come with it, all others stand in the tables here.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aftersales.money import shown

# Where a decision would have turned. {at}: an instant, {amount}: money, {then}: what would have been so beyond it.
TURNS: Final[Mapping[str, str]] = {
    "before": "It would have counted before {at}.",
    "from": "It would have been possible from {at} on.",
    "late_from": "From {at} on it would have been late.",
    "too_early_before": "Before {at} it would have been too early.",
    "at_most": "{amount} or less would have been taken.",
    "at_least": "{amount} or more would have been taken.",
    "answer_due": "An answer before {at} would have counted.",
    "escalation_due": "An agreement or a withdrawal before {at} would have kept it from the platform.",
    "hold_due": "A delivery before {at} would have kept it from the platform.",
    "hold_overdue": "A delivery before {at} would have kept it from the platform.",
    "confirm_due": "Another reason named before {at} would have kept it open.",
    "evidence_due": "Evidence added before {at} would have counted.",
    "ship_return_due": "Goods sent back before {at} would have been paid for.",
    "confirm_return_due": "A confirmation or a contest before {at} would have counted.",
    "review_due": "A ruling before {at} would have kept the case with its agent.",
    "proposal_due": "A refusal before {at} would have counted.",
    "promise": "A delivery before {at} would have been in time.",
    "delivered_by": "A delivery by {at} would have come under {then} percent.",
    "half_of_goods": "Return freight of {amount} or less would have asked for the goods back.",
    "half_of_goods_above": "Return freight above {amount} would have left the goods with the buyer.",
    "second_above": "Above {amount} a second agent would have had to confirm.",
    "second_up_to": "Up to {amount} no second agent would have been needed.",
}
# Facts and figures that are money, in minor units of the order's currency.
MONEY: Final = frozenset(
    (
        *("plan", "cap", "refund", "asked", "counter", "freight", "owed", "amount", "paid", "sum", "value", "stated"),
        *("units_left", "paid_left", "compensation", "net", "shipping", "tax", "charged_price", "return_freight"),
        *("escrow", "deposit", "platform_fund", "service_fund", "debt", "of", "each", "carrier_claim", "wanted"),
        *("refunded", "released", "collected", "proven_freight"),
    )
)
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
# What an explanation says in a sentence of its own.
SAID_APART: Final = frozenset({"refused"})


def instant(at: datetime) -> str:
    """An instant as a person reads it; whole seconds."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def happening(event_type: str) -> str:
    """What was decided about: an event's wire name without its version, or which deadline passed."""
    timer = event_type.removeprefix("timer:")
    if timer != event_type:
        return f"deadline {timer}"
    name, _, version = event_type.rpartition(".v")
    return name if name and version.isdigit() else event_type


def english(explanation: Mapping[str, Any], *, currency: str | None, what: str, arrived_at: datetime) -> list[str]:
    """Sentences, in the order of rule, facts, policy, amounts, and what would have been decided otherwise.

    what, arrived_at: the event that was decided about; it said every fact that names no other source.
    currency: of the order's money; None leaves amounts in minor units.
    """
    cause = f"{happening(what)}, {instant(arrived_at)}"
    return [
        sentence
        for sentence in (
            _rule(explanation),
            explanation.get("sentence"),
            _facts(explanation, currency, cause),
            _policy(explanation),
            *(_amount(name, said, currency) for name, said in explanation.get("amounts", {}).items()),
            *(_turn(boundary, currency) for boundary in explanation.get("otherwise", ())),
        )
        if sentence
    ]


def _rule(explanation: Mapping[str, Any]) -> str:
    rule, title = str(explanation["rule"]), explanation.get("title")
    if rule.isidentifier():
        rule = rule.replace("_", " ")
    return f"{rule[:1].upper()}{rule[1:]}{f': {title}' if title else ''}."


def _facts(explanation: Mapping[str, Any], currency: str | None, cause: str) -> str | None:
    facts, sources = explanation.get("facts", {}), explanation.get("sources", {})
    by_source: dict[str, list[str]] = {}
    for name, value in facts.items():
        if name in SAID_APART or value is None:
            continue
        source = sources.get(name)
        told_by = f"{source['event']}, {instant(datetime.fromisoformat(source['at']))}" if source else cause
        by_source.setdefault(told_by, []).append(f"{_name(name)} {_value(name, value, currency)}")
    return _listed("Facts", (f"{', '.join(told)} ({source})" for source, told in by_source.items()))


def _policy(explanation: Mapping[str, Any]) -> str | None:
    version, used = explanation.get("policy_version"), explanation.get("policy", {})
    named = ", ".join(f"{name} {_value(name, value, None)}" for name, value in used.items())
    return f"Policy {version or ''}{f': {named}' if named else ''}." if version or named else None


def _amount(name: str, said: Any, currency: str | None) -> str | None:
    """How an amount came about; None for figures that are not told in this form."""
    if not isinstance(said, Mapping) or "value" not in said:
        return None
    figures = [
        f"{_name(key)} {_value(key, value, currency)}"
        for key, value in said.items()
        if key not in ("value", "formula", "units") and value is not None
    ]
    units = [_units(unit, currency) for unit in said.get("units", ())]
    how = f" = {said['formula']}" if said.get("formula") else ""
    rest = "; ".join((*figures, *units))
    return f"{_name(name).capitalize()} {_money(said['value'], currency)}{how}{f': {rest}' if rest else ''}."


def _units(unit: Mapping[str, Any], currency: str | None) -> str:
    numbers = unit.get("units", ())
    named = f"{unit.get('line')} unit{'s' if len(numbers) > 1 else ''} {_runs(numbers)}"
    parts = [f"{_name(key)} {_value(key, value, currency)}" for key, value in unit.items() if key in MONEY]
    return f"{named} {', '.join(parts)}"


def _runs(numbers: Iterable[int]) -> str:
    """`1-3, 5`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _turn(boundary: Mapping[str, Any], currency: str | None) -> str | None:
    template = TURNS.get(str(boundary.get("turn")))
    if template is None:
        return None
    at, amount = boundary.get("at"), boundary.get("amount")
    return template.format(
        at=instant(datetime.fromisoformat(at)) if at else "",
        amount="" if amount is None else _money(amount, currency),
        then=boundary.get("then", ""),
    )


def _listed(what: str, entries: Iterable[str]) -> str | None:
    text = "; ".join(entries)
    return f"{what}: {text}." if text else None


def _name(name: str) -> str:
    return name.replace("_", " ")


def _value(name: str, value: Any, currency: str | None) -> str:
    if isinstance(value, Mapping):
        return (
            ", ".join(f"{_name(str(key))} {_value(str(key), entry, currency)}" for key, entry in value.items())
            or "none"
        )
    if isinstance(value, list | tuple):
        return " + ".join(_value(name, entry, currency) for entry in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name in MONEY:
        return _money(value, currency)
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return instant(datetime.fromisoformat(value))
    return str(value)


def _money(amount: int, currency: str | None) -> str:
    return shown(amount, currency) if currency else f"{amount} minor units"
