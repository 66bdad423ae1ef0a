"""The checker, a program of its own that shares no code with the services: called, heard, and believed."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from aftersales.errors import Failure

CHECKER: Final = "aftersales_checker"
WITHIN: Final = 300.0
HELD, VIOLATED = 0, 1


@dataclass(frozen=True, slots=True)
class Violation:
    """What must not be, and where: order and dispute are empty where it is about neither."""

    invariant: str
    sentence: str
    order: str = ""
    dispute: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """checked: whether the checker was there at all; without it nothing is proved."""

    checked: bool
    checks: Mapping[str, Any]
    violations: Sequence[Violation]

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            self.checked and other.checked,
            {**self.checks, **other.checks},
            (*self.violations, *other.violations),
        )


def check(folder: Path, outcome: Path, against: Path | None) -> Verdict:
    """Ask the checker about a run; the stack is up and at rest. Failure where it cannot say."""
    if find_spec(CHECKER) is None:
        return Verdict(False, {}, ())
    command = [sys.executable, "-m", CHECKER, str(folder), "--outcome", str(outcome)]
    if against is not None:
        command += ["--against", str(against)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN)
    except subprocess.TimeoutExpired as problem:
        raise Failure(f"The checker did not end within {WITHIN:.0f} s.", 1) from problem
    if done.returncode not in (HELD, VIOLATED):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Failure(f"The checker could not check (status {done.returncode}): {last}", 1)
    return parsed(done.stdout)


def parsed(text: str) -> Verdict:
    said = json.loads(text)
    violations = [
        Violation(
            str(each["invariant"]), str(each["sentence"]), str(each.get("order") or ""), str(each.get("dispute") or "")
        )
        for each in said["violations"]
    ]
    return Verdict(True, said["checks"], tuple(violations))
