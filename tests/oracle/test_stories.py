"""The worked stories, kept by the oracle alone; and that it is alone."""

import ast
import json
from pathlib import Path
from typing import Final

import pytest

from tests.oracle.play import broken

HERE: Final = Path(__file__).parent
# `auto_rule.below`: the rulebook leaves open which facts decide, so the oracle has no rule for it.
BEYOND: Final = "transition-17-the-engine-rules-small-cases.json"
STORIES: Final = sorted(path for path in (HERE.parents[1] / "docs" / "stories").glob("*.json") if path.name != BEYOND)
# The module that holds the oracle's answers against the product's.
COMPARE: Final = "compare.py"


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.name.partition("-")[0])
def test_kept_by_the_oracle(path: Path) -> None:
    assert broken(json.loads(path.read_text(encoding="utf-8"))) == []


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda path: path.stem)
def test_shares_nothing_with_the_product(path: Path) -> None:
    ours = ("aftersales", "order_tracking", "dispute", "arbitration", "notification")
    allowed = ("aftersales_local.stories", "aftersales.errors") if path.name == COMPARE else ()
    found = {name for name in imported(path) if name.startswith(ours) and not name.startswith(allowed)}
    assert found == set()
