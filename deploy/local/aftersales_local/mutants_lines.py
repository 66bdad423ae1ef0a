"""Which tests can notice a mutant: those that run the statement it changes.

mutmut writes every version of a function beside the others: `x_f__mutmut_orig`, `x_f__mutmut_1` and so on.
"""

import ast
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from pathlib import Path
from types import FrameType
from typing import Any, Final

ORIGINAL: Final = "__mutmut_orig"
# A function as mutants name it, without their number, and a line of the file.
Line = tuple[str, int]
Version = ast.FunctionDef | ast.AsyncFunctionDef


def tracer(met: set[Line]) -> Callable[[FrameType, str, Any], Any]:
    """For `sys.settrace`: the lines of unchanged versions that are run, with those of the functions inside them."""

    def called(frame: FrameType, _event: str, _argument: Any) -> Any:
        name = frame.f_code.co_qualname.partition(".<locals>")[0].rpartition(".")[2]
        if not name.endswith(ORIGINAL):
            return None
        function = f"{frame.f_globals['__name__']}.{name.removesuffix(ORIGINAL)}"

        def run(frame: FrameType, _event: str, _argument: Any) -> Any:
            met.add((function, frame.f_lineno))
            return run

        return run

    return called


def changed(source: Path, module: str) -> Iterator[tuple[str, list[Line]]]:
    """Every mutant of a file, with the lines of the unchanged function any of which is run where it would differ."""
    text = source.read_text()
    lines = text.splitlines()
    versions = {node.name: node for node in ast.walk(ast.parse(text)) if isinstance(node, Version)}
    for name, version in versions.items():
        base, _, number = name.rpartition("__mutmut_")
        original = versions.get(base + ORIGINAL)
        if original is None or not number.isdigit():
            continue
        statements = list(_statements(original))
        found = {
            line
            for changed in _differing(_body(lines, original), _body(lines, version))
            for line in _around(statements, original.lineno + changed)
        }
        signature = {line for statement in statements for line in statement}  # with a default any call may differ
        yield f"{module}.{name}", [(f"{module}.{base}", line) for line in sorted(found or signature)]


def _body(lines: list[str], version: Version) -> list[str]:
    """With its first line blank, as that has the version's name."""
    return ["", *lines[version.lineno : version.end_lineno]]


def _differing(before: list[str], after: list[str]) -> Iterator[int]:
    for what, begin, end, _, _ in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what != "equal":
            yield from range(begin, max(end, begin + 1))


def _statements(original: Version) -> Iterator[range]:
    """The lines of each statement; of one that has others inside only what comes before them."""
    for node in ast.walk(original):
        if isinstance(node, ast.stmt) and node is not original:
            inside = [one.lineno for one in ast.walk(node) if isinstance(one, ast.stmt) and one is not node]
            yield range(node.lineno, max(min(inside, default=(node.end_lineno or 0) + 1), node.lineno + 1))


def _around(statements: list[range], line: int) -> range:
    return min((one for one in statements if line in one), key=len, default=range(line, line + 1))
