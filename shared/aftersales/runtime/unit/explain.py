"""A decision in words: why, for `history`, and what a command is told."""

from typing import Any, Final

import msgspec

from aftersales.decision import Because, Decision, Outcome
from aftersales.rulebook.titles import named
from aftersales.service import On, OnTimer

STATUS: Final = {
    Outcome.APPLIED: 200,
    Outcome.WAITING: 202,
    Outcome.NOTHING: 409,
    Outcome.REFUSED: 409,
    Outcome.DEAD_LETTER: 409,
}


def rule_name(on: On | OnTimer) -> str:
    return str(getattr(on.decide, "__name__", type(on.decide).__name__))


def explained(decision: Decision, on: On | OnTimer) -> dict[str, Any]:
    """Why, as `history` keeps it; without an explanation of its own a decision is explained by its rule's name."""
    because = decision.because or Because(rule=rule_name(on))
    said = {
        "rule": because.rule,
        "title": because.title or named(because.rule),
        "facts": because.facts,
        "policy": because.policy,
        "policy_version": because.policy_version,
        "sources": because.sources and msgspec.to_builtins(because.sources),
        "amounts": because.amounts,
        "otherwise": because.otherwise and list(msgspec.to_builtins(because.otherwise)),
        "slug": decision.slug,
        "sentence": decision.sentence,
    }
    return {name: value for name, value in said.items() if value}


def told(decision: Decision) -> dict[str, Any]:
    """What a command is told, whichever door it came through."""
    body = dict(decision.answer or {})
    if decision.outcome not in (Outcome.APPLIED, Outcome.WAITING):
        body = {**body, "slug": decision.slug, "sentence": decision.sentence}
    return {"status": STATUS[decision.outcome], "body": body}
