"""docs/explained.md says of every rule what its story decides now."""

import pytest

from aftersales.rulebook.titles import TITLES
from aftersales_local.places import ROOT
from aftersales_local.rules_page.decided import RULINGS
from aftersales_local.rules_page.explained import section_now, sections

PAGE = (ROOT / "docs" / "explained.md").read_text(encoding="utf-8")
SECTIONS = sections(PAGE)


@pytest.mark.parametrize("rule", SECTIONS)
def test_explained_as_the_page_says(rule: str) -> None:
    assert section_now(rule, SECTIONS[rule]) == SECTIONS[rule]


@pytest.mark.parametrize("rule", [*(f"transition {number}" for number in TITLES), *sorted(RULINGS)])
def test_every_transition_and_every_ruling_has_a_section(rule: str) -> None:
    assert any(heading == rule or heading.startswith(f"{rule} on ") for heading in SECTIONS)
