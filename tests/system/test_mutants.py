"""What `aftersales mutants` prepares: a run itself takes half an hour."""

from pathlib import Path

import pytest

from aftersales.errors import Failure
from aftersales_local.mutants import RULES, chosen, stage


def test_every_rule_is_changed_where_nothing_is_chosen() -> None:
    assert chosen([]) == list(RULES)


def test_refused_when_there_is_no_such_module() -> None:
    with pytest.raises(Failure, match=r"no module dispute\.rules\.nothing"):
        chosen(["dispute.rules.nothing"])


def test_the_copies_hold_the_rules_and_their_tests(tmp_path: Path) -> None:
    stage(tmp_path / "stage", list(RULES))
    for pattern in RULES:
        assert list((tmp_path / "stage").glob(pattern)), pattern
    assert (tmp_path / "stage" / "tests" / "rules" / "dispute").is_dir()


def test_the_page_that_is_written_from_the_code_is_left_out(tmp_path: Path) -> None:
    stage(tmp_path / "stage", list(RULES))
    assert not list((tmp_path / "stage").rglob("test_rules_page.py"))
