"""What `aftersales mutants` prepares: a run itself takes half an hour."""

from pathlib import Path

import pytest

from aftersales.errors import Failure
from aftersales_local.mutants import RULES, chosen, stage
from aftersales_local.mutants_tried import drawn


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


def test_the_page_of_explanations_lies_beside_the_test_that_reads_it(tmp_path: Path) -> None:
    stage(tmp_path / "stage", list(RULES))
    assert (tmp_path / "stage" / "docs" / "explained.md").is_file()
    assert (tmp_path / "stage" / "tests" / "stories" / "test_explained_page.py").is_file()


def test_the_same_sample_every_time() -> None:
    assert drawn(range(1000), 10, seed=0) == drawn(range(1000), 10, seed=0)


def test_another_sample_with_another_seed() -> None:
    assert drawn(range(1000), 10, seed=1) != drawn(range(1000), 10, seed=2)


def test_all_of_them_where_no_sample_is_asked_for() -> None:
    assert sorted(drawn(range(1000), 0, seed=1)) == list(range(1000))
