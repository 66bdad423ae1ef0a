"""The page of rules is written from the tables, names all of them, and is current."""

import re

from aftersales.policy.parameters import PARAMETERS
from aftersales.rulebook.reasons import REASONS
from aftersales.rulebook.titles import TITLES
from aftersales_local.places import ROOT
from aftersales_local.rules_page.__main__ import PAGE, main
from aftersales_local.rules_page.diagrams import DIAGRAMS
from aftersales_local.rules_page.page import page
from arbitration.rules.table import REPLACEMENTS, ROWS
from dispute.domain import states
from dispute.domain.transitions import TRANSITIONS


def test_the_committed_page_is_current() -> None:
    assert main(["--check"]) == 0, f"{PAGE} is not current: run `python -m aftersales_local.rules_page`"


def test_every_rule_is_on_it() -> None:
    text = page()
    named = [
        *(f"| {number} |" for number in TITLES),
        *(f"| {row.number} |" for row in (*ROWS, *(other.row for other in REPLACEMENTS))),
        *(f"`{code}`" for code in REASONS),
        *(f"`{name}`" for name in PARAMETERS),
        *(f"| `{state}` |" for state in states.EVERY),
    ]
    assert [each for each in named if each not in text] == []


def test_every_transition_has_a_title_and_every_ruling_says_what_it_pays() -> None:
    assert {row.number for row in TRANSITIONS} <= TITLES.keys()
    assert [row.number for row in (*ROWS, *(other.row for other in REPLACEMENTS)) if not row.pays.__doc__] == []


def test_a_reason_stands_in_one_place() -> None:
    """What a rule must know of a reason is a field of its line; only names that rules speak of are repeated."""
    codes = re.compile("|".join(REASONS))
    services = [path for folder in ("services", "shared/aftersales") for path in (ROOT / folder).rglob("*.py")]
    found = {path.name for path in services if codes.search(path.read_text(encoding="utf-8"))}
    assert found <= {"reasons.py", "titles.py", "samples.py"}


def test_every_state_is_drawn_in_one_diagram() -> None:
    drawn = [state for _, sources in DIAGRAMS for state in sources]
    assert sorted(map(str, drawn)) == sorted(map(str, (None, *states.EVERY)))
