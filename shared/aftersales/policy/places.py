"""Which line of a TOML file says what: tomllib tells places of syntax errors only."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any


def lines(text: str) -> dict[str, int]:
    """Line numbers, from 1, by dotted path; entries of an array of tables are `overrides[0]`. `text` is valid TOML."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, statement in _statements(text):
        path, said = _leading_path(tomllib.loads(statement))
        if statement.startswith("[["):
            counts[path] = counts.get(path, -1) + 1
            table = f"{path}[{counts[path]}]"
            found[table] = number
        elif statement.startswith("["):
            array, _, rest = path.partition(".")
            table = f"{array}[{counts[array]}].{rest}" if array in counts else path
            found.setdefault(table, number)
        else:
            for leaf in _paths(said, f"{table}." if table else ""):
                found[leaf] = number
    return found


def line_of(places: Mapping[str, int], path: str) -> int | None:
    """The line of a path, or of the nearest table around it."""
    while path:
        if path in places:
            return places[path]
        path = path.rpartition(".")[0]
    return None


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """(first line, text) of every header and assignment: lines are added until they parse by themselves."""
    begun, number = "", 0
    for current, line in enumerate(text.splitlines(), start=1):
        if not begun:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            number = current
        begun = f"{begun}\n{line}" if begun else line.lstrip()
        try:
            tomllib.loads(begun)
        except tomllib.TOMLDecodeError:
            continue
        yield number, begun
        begun = ""


def _leading_path(parsed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path of a header, down to its empty table; what an assignment says is returned as it is."""
    names: list[str] = []
    inner: Any = parsed
    while len(inner) == 1:
        name, value = next(iter(inner.items()))
        names.append(name)
        inner = value[0] if isinstance(value, list) and value else value
        if not isinstance(inner, dict):
            break
    return ".".join(names), parsed


def _paths(tree: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in tree.items():
        yield f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _paths(value, f"{prefix}{key}.")
