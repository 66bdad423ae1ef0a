"""Derived rows are written where a state makes others than the one before."""

from collections.abc import Mapping
from typing import Any

from aftersales.service import View


def rows(subject: str, lines: Mapping[str, int]) -> list[Mapping[str, Any]]:
    return [{"order": subject, "line": line, "count": count} for line, count in lines.items()]


LINES = View("lines", ("order", "line"), rows)


def test_all_of_the_first_state() -> None:
    assert LINES.changed("o", None, {"a": 1, "b": 2}) == rows("o", {"a": 1, "b": 2})


def test_only_what_is_new_or_other_later() -> None:
    assert LINES.changed("o", {"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == rows("o", {"b": 3, "c": 4})


def test_none_where_all_stay() -> None:
    assert LINES.changed("o", {"a": 1}, {"a": 1}) == []
