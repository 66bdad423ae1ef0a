"""`aftersales mutants`: the rules are changed in one place at a time, and a test must notice each change.

mutmut makes the changes, on copies: it wants all packages under one `src` and leaves its files where it runs.
`mutants_tried` tries them.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Final

import typer

from aftersales.errors import Failure
from aftersales_local.places import ROOT

STAGE: Final = ROOT / "build" / "mutants"
RESULTS: Final = STAGE / "results.json"
REPORT: Final = ROOT / "build" / "mutants.txt"
PACKAGES: Final = (
    "shared/aftersales",
    "services/dispute/dispute",
    "services/arbitration/arbitration",
    "services/order-tracking/order_tracking",
    "services/notification/notification",
    "deploy/local/aftersales_local",
)
RULES: Final = (
    "src/dispute/rules/*.py",
    "src/arbitration/rules/*.py",
    "src/order_tracking/rules/*.py",
    "src/aftersales/policy/amounts.py",
    "src/aftersales/policy/calendar.py",
    "src/aftersales/policy/promise.py",
)
# What decides in memory; a test that needs a server would take hours.
TESTS: Final = ("tests/rules", "tests/stories")
PAGES: Final = ("docs/stories", "docs/explained.md")
BESIDE: Final = ("tests/__init__.py", "tests/conftest.py", "tests/support", *PAGES, *TESTS)
# The first compares a page with the code it is written from: every copy differs from that, broken or not. The second
# plays two years of the demo before it can say anything.
LEFT_OUT: Final = ("test_rules_page.py", "test_behaviour.py")
SETTINGS: Final = """
[tool.pytest.ini_options]
pythonpath = ["."]
addopts = ["--import-mode=importlib", "-p", "no:cacheprovider"]
asyncio_mode = "auto"

[tool.mutmut]
source_paths = ["src"]
only_mutate = {rules}
also_copy = ["docs"]
pytest_add_cli_args_test_selection = {tests}
"""
LEAST_SHARE: Final = 0.9
NOTICED: Final = ("killed", "timeout")


def mutants(
    only: Annotated[list[str] | None, typer.Option(help="A module, such as dispute.rules.settle; or several.")] = None,
    jobs: Annotated[int, typer.Option(help="Mutants tried at once.", min=1)] = 2,
    sample: Annotated[int, typer.Option(help="Try only so many, drawn by lot; 0 is all.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Draw other ones; 0 draws the same every time.", min=0)] = 0,
    report: Annotated[Path, typer.Option(help="Where the survivors are listed.")] = REPORT,
) -> int:
    """Break the rules in one place at a time: a test must notice each change."""
    rules = chosen(only or [])
    stage(STAGE, rules)
    made("make", str(jobs))
    tried(jobs, sample, seed)
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if not found:
        raise Failure("There is nothing in these modules that could be changed.")
    survivors = [mutant for mutant, status in found.items() if status not in NOTICED]
    report.write_text(made("show", said="\n".join(survivors)))
    tell(found)
    share = 1 - len(survivors) / len(found)
    print(f"{len(found) - len(survivors)} of {len(found)} changes noticed ({share:.1%}). {report} has the others.")
    return 0 if share > LEAST_SHARE else 1


def chosen(only: list[str]) -> list[str]:
    """The files to change. Raises Failure for a module that is not there."""
    of_package = {Path(package).name: ROOT / package for package in PACKAGES}
    for module in only:
        package, _, rest = module.partition(".")
        if package not in of_package or not (of_package[package] / f"{rest.replace('.', '/')}.py").is_file():
            raise Failure(f"There is no module {module}. Name one of the rules, such as dispute.rules.settle.")
    return [f"src/{module.replace('.', '/')}.py" for module in only] or list(RULES)


def stage(folder: Path, rules: list[str]) -> None:
    """The packages and the tests as mutmut wants them."""
    shutil.rmtree(folder, ignore_errors=True)
    for package in PACKAGES:
        copy(ROOT / package, folder / "src" / Path(package).name)
    for place in BESIDE:
        copy(ROOT / place, folder / place)
    (folder / "pyproject.toml").write_text(SETTINGS.format(rules=rules, tests=list(TESTS)))


def copy(place: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir():
        shutil.copytree(place, to, ignore=shutil.ignore_patterns("__pycache__", *LEFT_OUT))
    else:
        shutil.copy(place, to)


def made(*words: str, said: str = "") -> str:
    command = [sys.executable, "-m", "aftersales_local.mutants_made", *words]
    return subprocess.run(command, cwd=STAGE, check=True, input=said, stdout=subprocess.PIPE, text=True).stdout


def tried(jobs: int, sample: int, seed: int) -> None:
    """Every mutant. Raises Failure if the tests do not even pass on the unchanged rules."""
    plugin = ("-p", "aftersales_local.mutants_tried")
    draw = (f"--mutants-sample={sample}", f"--mutants-seed={seed}")
    options = (*plugin, f"--mutants-at-once={jobs}", *draw, f"--mutants-results={RESULTS}")
    # Nobody reads how a test failed, and to work that out takes longer than the test.
    command = [sys.executable, "-m", "pytest", "-q", "-s", "--assert=plain", "--tb=native", *options, *TESTS]
    copies = {**os.environ, "PYTHONPATH": "src", "PY_IGNORE_IMPORTMISMATCH": "1"}
    if subprocess.run(command, cwd=STAGE / "mutants", env=copies, check=False).returncode != 0:
        raise Failure("The tests do not pass on the unchanged rules; see above.")


def tell(found: dict[str, str]) -> None:
    """One line a module."""
    of = {mutant: mutant.rpartition(".")[0] for mutant in found}
    changed = Counter(of.values())
    noticed = Counter(of[mutant] for mutant, status in found.items() if status in NOTICED)
    for module in sorted(changed):
        share = noticed[module] / changed[module]
        print(f"{module:<40} {noticed[module]:>5} of {changed[module]:>5} noticed {share:>7.1%}")
