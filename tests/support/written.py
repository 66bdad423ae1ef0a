"""How a decision is written, whatever it is about: history keeps it, and people read it."""

import re
from typing import Final

import msgspec

from aftersales.decision import Because, Decision, Outcome
from aftersales.rulebook.titles import named

SLUG: Final = re.compile(r"[a-z]+(-[a-z]+)*")
# It has small letters and ends with a full stop. A name may come first, in any letters; else a capital does.
SENTENCE: Final = re.compile(r"(?!XX|(the|a|an|it|there|this|no|dispute|case|order|too)\b).*[a-z].*[.]", re.DOTALL)
RULE: Final = re.compile(r"(?!XX)([RM][0-9]+|[a-z0-9].*)")
WORD: Final = re.compile(r"(?!XX).+")
COLUMN: Final = re.compile(r"[a-z][a-z0-9_]*")
NAME: Final = re.compile(r"(?!XX)[A-Za-z][A-Za-z0-9_]*")


def is_written_well(decision: Decision) -> bool:
    """For an assertion: it fails inside, where it can say on what."""
    if decision.outcome is not Outcome.APPLIED:
        assert SLUG.fullmatch(decision.slug or ""), decision
        assert SENTENCE.fullmatch(decision.sentence or ""), decision
    for move in decision.moves:
        assert all(WORD.fullmatch(word) for word in (move.thing, move.after, move.transition)), move
    names = [*(decision.answer or ()), *(name for append in decision.appends for name in append.row)]
    assert all(COLUMN.fullmatch(name) for name in names), names
    if decision.because is not None:
        _is_explained_well(decision.because)
    return True


def _is_explained_well(because: Because) -> None:
    assert RULE.fullmatch(because.rule or ""), because
    assert because.title or named(because.rule) or because.rule.startswith("refused: "), f"{because.rule} has no title"
    names = [*because.facts, *because.sources, *because.amounts]
    assert all(COLUMN.fullmatch(name) for name in names), names
    figures = [figure for parts in because.amounts.values() for figure in parts]
    assert all(NAME.fullmatch(name) for name in figures), figures
    assert msgspec.json.encode(because)
