"""The page of explanations: a real decision for every rule, in the words of its explanation and with all that it left.

The decisions are those of `docs/stories`; what differs from the page is a decision that is explained otherwise.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from textwrap import wrap
from typing import Any, Final
from uuid import UUID

import msgspec
from pydantic import BaseModel

from aftersales.decision import Timer
from aftersales.explanation import happening, instant
from aftersales.rulebook.titles import OTHERS
from aftersales_local.rules_page.decided import RULINGS, STORIES, Example, decided, telling

HEAD: Final = """\
# The rules, explained

For every rule one decision that rests on it, written by `python -m aftersales_local.rules_page` from the
[stories](stories/README.md), played through the rules of all services; a test a section compares. First come the words
that a party, an agent or an auditor reads (`aftersales explain`, and `words` over HTTP), then, folded, all that the
decision left behind: the explanation as history keeps it, what changed, which deadlines were set, what was said to
others and which rows were written. Of several decisions under a rule the one whose explanation says most is shown; a
ruling is followed by what dispute made of it. [The rules](after-sales-rules.md) has the same rules as tables.
Long ids are cut to eight characters.
"""
WIDTH: Final = 118
INDENT: Final = " " * 10
ID: Final = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
STORY: Final = re.compile(r"\[([\w-]+)\]\(stories/\1\.json\)")
SECTION: Final = re.compile(r"^### ([^\n]+)\n\n(.+?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
TRANSITION: Final = re.compile(r"transition (\d+)")
# Of an explanation what its words leave out: the names of facts, those that are none, figures that are no money.
NOT_IN_WORDS: Final = ("facts", "amounts")
EXPLANATION: Final = "explanation"


def page() -> str:
    examples = telling([each for path in sorted(STORIES.glob("*.json")) for each in decided(path)])
    return "\n".join((HEAD, *_groups(examples)))


def sections(text: str) -> dict[str, str]:
    """What a page has under each heading of a rule."""
    return {heading: body.strip() for heading, body in SECTION.findall(text)}


def section_now(heading: str, body: str) -> str:
    """What its story gives for a section of the page."""
    found = STORY.search(body)
    assert found is not None, f"{heading} names no story"
    return section(telling(decided(STORIES / f"{found[1]}.json"))[heading]).strip()


def section(example: Example) -> str:
    return "\n".join((*_decision(example), *(_decision(example.follows) if example.follows else ())))


def _groups(examples: Mapping[str, Example]) -> Iterator[str]:
    groups = {
        "Transitions": sorted((each for each in examples if TRANSITION.match(each)), key=_number),
        "Rulings": sorted((each for each in examples if each in RULINGS), key=lambda each: int(each[1:])),
        "Other ways to a ruling": sorted(each for each in examples if each.startswith("a ruling")),
        "Refusals": sorted(each for each in examples if each.startswith("refused")),
    }
    grouped = {each for group in groups.values() for each in group}
    groups["Facts and everything else"] = sorted(examples.keys() - grouped)
    yield "\n".join(f"- [{title}](#{title.lower().replace(' ', '-')}): {len(found)}" for title, found in groups.items())
    yield ""
    for title, headings in groups.items():
        yield f"## {title}\n"
        for heading in headings:
            yield f"### {heading}\n"
            yield section(examples[heading])
    yield "## Not shown by a story\n"
    shown = {heading.partition(" on ")[0] for heading in examples}
    yield from (f"- {rule}: {title}." for rule, title in OTHERS.items() if rule not in shown)
    yield ""


def _number(heading: str) -> tuple[int, str]:
    found = TRANSITION.match(heading)
    return int(found[1]) if found else 0, heading


def _decision(example: Example) -> Iterator[str]:
    happened, decision = example.happened, example.happened.decision
    moved = "".join(f" {move.thing}: {move.before or 'new'} → {move.after}." for move in decision.moves)
    story = f"[{example.story}](stories/{example.story}.json)"
    yield f"{happened.service}, {instant(happened.at)}, {happening(example.what)} in {story}.{moved}\n"
    yield from (f"> {ID.sub(_cut, words)}  " for words in example.words)
    yield "\n<details><summary>All that it left</summary>\n\n```text"
    yield from _left(example)
    yield "```\n\n</details>\n"


def _left(example: Example) -> Iterator[str]:
    decision, explanation = example.happened.decision, example.explanation
    yield from _told("outcome", " ".join(filter(None, (decision.outcome, decision.slug))))
    for name in NOT_IN_WORDS:
        yield from _told(name, _fields(explanation.get(name, {})))
    for move in decision.moves:
        yield from _told("move", f"{move.thing}: {move.before or 'new'} -> {move.after} ({move.transition})")
    for timer in decision.timers:
        yield from _told("deadline", _timer(timer))
    for event in decision.events:
        yield from _told("event", f"{event.name()}: {_fields(_said(event, explanation))}")
    for append in decision.appends:
        yield from _told("row", f"{append.table}: {_fields(append.row)}")
    yield from _told("answer", _fields(decision.answer or {}))
    if decision.state is not None:
        for line in _changes(_builtin(example.before), _builtin(decision.state)):
            yield from _told("state", line)
    for subject, state in decision.others.items():
        yield from _told("also", f"{subject.kind} {subject.id}: {_plain(_builtin(state))}")


def _told(what: str, text: str) -> Iterator[str]:
    """Nothing where there is nothing to tell."""
    words = ID.sub(_cut, text)
    lines = wrap(words, WIDTH - len(INDENT), break_long_words=False, break_on_hyphens=False)
    yield from (f"{what if index == 0 else '':<{len(INDENT)}}{line}".rstrip() for index, line in enumerate(lines))


def _cut(found: re.Match[str]) -> str:
    return found[1]


def _timer(timer: Timer) -> str:
    whose = "of a party" if timer.party else "of the platform"
    of = f", {timer.subject.kind} {timer.subject.id}" if timer.subject else ""
    return f"{timer.kind} {_plain(timer.due)}, {whose}, rank {timer.rank}{of}: {_fields(timer.data)}"


def _said(event: BaseModel, explanation: Mapping[str, Any]) -> Mapping[str, Any]:
    """An event's fields; an explanation in it without what the decision's own says."""
    fields = event.model_dump(exclude_defaults=True)
    if isinstance(fields.get(EXPLANATION), Mapping):
        said = fields[EXPLANATION].items()
        fields[EXPLANATION] = {name: value for name, value in said if value != explanation.get(name)}
    return fields


def _changes(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """The places at which two states differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            if before.get(name) != after.get(name):
                yield from _changes(before.get(name), after.get(name), f"{path}.{name}" if path else str(name))
    elif before is None:
        yield f"{path or 'new'} = {_plain(after)}"
    else:
        yield f"{path} = {_plain(after)}, was {_plain(before)}"


def _builtin(state: Any) -> Any:
    return _unexplained(msgspec.to_builtins(state, enc_hook=_model))


def _unexplained(state: Any) -> Any:
    """A state without the explanations that it keeps: of a ruling that is the decision's own."""
    if isinstance(state, Mapping):
        return {name: _unexplained(value) for name, value in state.items() if name != EXPLANATION}
    return [_unexplained(value) for value in state] if isinstance(state, list | tuple) else state


def _model(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_defaults=True)
    raise NotImplementedError(type(value))


def _fields(fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in fields.items())


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({_fields(value)})"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return f"[{', '.join(map(_plain, value))}]"
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    return str(value) if isinstance(value, int | str | UUID) else "none"
