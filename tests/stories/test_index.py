"""Every transition, ruling, decided question and metric has a story, and docs/stories/README.md says which."""

import re
from collections.abc import Iterator

import pytest

from aftersales_local.places import ROOT
from aftersales_local.stories.expectations import METRICS

STORIES = ROOT / "docs" / "stories"
INDEX = (STORIES / "README.md").read_text().partition("## Which story shows which rule")[2]
SHOWN, _, NOT_SHOWN = INDEX.partition("### Not shown by a story")
TRANSITIONS = [f"{number}" for number in range(1, 33)]
RULINGS = [f"R{number}" for number in range(27) if number != 11]
QUESTIONS = [f"8.{number}" for number in range(1, 54)]


def rows(table: str) -> Iterator[tuple[str, str]]:
    """Rule and what stands beside it."""
    for row in re.finditer(r"^\| (R?[\d.]+|\w+_rate) \| (.+) \|$", table, re.MULTILINE):
        yield row[1], row[2]


def stories(cell: str) -> list[str]:
    return [f"{name}.json" for name in re.findall(r"\[([^]]+)\]\(\1\.json\)", cell)]


@pytest.mark.parametrize("rule", [*TRANSITIONS, *RULINGS, *QUESTIONS, *METRICS])
def test_a_story_for_every_rule_or_the_reason_why_not(rule: str) -> None:
    shown = [name for found, cell in rows(SHOWN) if found == rule for name in stories(cell)]
    reasons = [reason for found, reason in rows(NOT_SHOWN) if found == rule]
    assert bool(shown) != bool(reasons)


def test_only_questions_may_go_without_a_story() -> None:
    assert {rule for rule, _ in rows(NOT_SHOWN)} <= set(QUESTIONS)


def test_every_story_in_the_index_and_there() -> None:
    named = {name for _, cell in rows(SHOWN) for name in stories(cell)}
    assert named == {path.name for path in STORIES.glob("*.json")}


def test_every_file_named_after_a_rule_it_is_listed_under() -> None:
    listed = {(rule, name) for rule, cell in rows(SHOWN) for name in stories(cell)}
    for path in STORIES.glob("[a-z]*.json"):
        kind, number = path.name.split("-")[:2]
        if kind == "metric":
            assert {rule for rule, name in listed if name == path.name} & set(METRICS)
            continue
        plain = number.lstrip("R").lstrip("0") or "0"
        rule = {"transition": plain, "ruling": f"R{plain}", "question": f"8.{plain}"}[kind]
        assert (rule, path.name) in listed
