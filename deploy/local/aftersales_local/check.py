"""`aftersales check`: everything a change must pass; `make test` and continuous integration run it."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from aftersales.errors import Failure
from aftersales_local.places import ROOT

# Each without the tests first, for they answer in seconds; the tests come last, so that their summary is the last word.
CHECKS = {
    "lint": ("-m", "ruff", "check", "."),
    "format": ("-m", "ruff", "format", "--check", "."),
    "types": ("-m", "mypy"),
    "directions of imports": (str(Path(sys.executable).with_name("lint-imports")),),
    "contracts": ("-m", "aftersales.contracts.generate", "--check"),
    "page of rules": ("-m", "aftersales_local.rules_page", "--check"),
}
TESTS = ("-m", "pytest")


def check(
    arguments: Annotated[list[str] | None, typer.Argument(help="Handed to pytest, after `--`.")] = None,
) -> int:
    """Run lint, format, types, directions, contracts, then the tests."""
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    if failed:
        raise Failure(f"Not passed: {', '.join(failed)}. The tests were not run.", exit_code=1)
    return subprocess.run([sys.executable, *TESTS, *(arguments or [])], cwd=ROOT, check=False).returncode


def passes(name: str, command: tuple[str, ...]) -> bool:
    begun = time.monotonic()
    done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False, capture_output=True, text=True)
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name} ({time.monotonic() - begun:.1f} s)", flush=True)
    if done.returncode != 0:
        print(done.stdout, done.stderr, sep="\n", flush=True)
    return done.returncode == 0
