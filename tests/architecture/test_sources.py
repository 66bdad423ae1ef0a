"""The grain of the code: small files, small functions, plain names."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from aftersales_local.places import ROOT

FOLDERS = ("shared/aftersales", "services", "deploy", "tests")
SOURCES = sorted(
    path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if not {".venv", "build"} & set(path.parts)
)
NOT_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
# The engine's factory alone builds Kafka clients, but for two: the simulated marketplace is an outside party, and the
# closing checks must share no code with what they check.
BUILDERS = (
    "shared/aftersales/runtime/kafka",
    "deploy/local/aftersales_local/marketplace.py",
    "deploy/local/aftersales_local/checks/",
    # The bare client's speed is what the engine's is compared with.
    "deploy/local/aftersales_local/bench/limits.py",
)
CLIENTS = {"AIOKafkaConsumer", "AIOKafkaProducer"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_file_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 300


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_functions_are_short(path: Path) -> None:
    lengths = {each.name: (each.end_lineno or 0) - each.lineno + 1 for each in functions(path)}
    assert {name: length for name, length in lengths.items() if length > 70} == {}


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_imports_stand_at_the_top(path: Path) -> None:
    inside = [
        f"{each.name}, line {node.lineno}"
        for each in functions(path)
        for node in ast.walk(each)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_name_says_what_is_inside(path: Path) -> None:
    assert NOT_NAMES.isdisjoint([path.stem, *path.relative_to(ROOT).parts])


@pytest.mark.parametrize("path", [path for path in SOURCES if "tests" not in path.parts], ids=named)
def test_kafka_clients_are_built_in_one_place(path: Path) -> None:
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert named(path).startswith(BUILDERS) or CLIENTS.isdisjoint(called)
