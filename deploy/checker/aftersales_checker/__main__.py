"""`python -m aftersales_checker RUN_FOLDER`: one JSON document; ends with 0, 1 for violations, 2 unchecked."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aftersales_checker import folder, tables, topics
from aftersales_checker.answers import not_now_at_worst
from aftersales_checker.applied_once import applied_once
from aftersales_checker.dead_letters import only_planted
from aftersales_checker.deadlines import deadlines_kept
from aftersales_checker.folder import CannotCheck
from aftersales_checker.found import EVERY_TOPIC, Found, Run, Verdict
from aftersales_checker.history import legal_history
from aftersales_checker.money import money_exact
from aftersales_checker.nothing_lost import nothing_lost
from aftersales_checker.notices import notices_once
from aftersales_checker.outbox import outbox_sent
from aftersales_checker.outcome import outcome, same_outcome
from aftersales_checker.resolutions import one_resolution
from aftersales_checker.rest import at_rest

CHECKS: Final[tuple[Callable[[Found], Verdict], ...]] = (
    *(nothing_lost, one_resolution, money_exact, notices_once, legal_history),
    *(outbox_sent, applied_once, only_planted, deadlines_kept, at_rest, not_now_at_worst),
)
# Of one invariant; a broken engine may break it for every order. The figures count all.
MOST_SENTENCES: Final = 100


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    try:
        against = read_outcome(asked.against) if asked.against else None
        found = look(folder.read(asked.run))
    except CannotCheck as problem:
        print(problem, file=sys.stderr)
        return 2
    if asked.outcome:
        asked.outcome.write_text(json.dumps(outcome(found), indent=1, sort_keys=True, default=str) + "\n")
    verdicts = judge(found, against)
    print(json.dumps(document(verdicts), indent=1))
    return 1 if any(verdict.violations for verdict in verdicts) else 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m aftersales_checker", description=__doc__)
    made.add_argument("run", type=Path, help="the folder that a fault run has written")
    made.add_argument("--against", type=Path, help="the outcome of the undisturbed run, to compare with")
    made.add_argument("--outcome", type=Path, help="where to write this run's outcome")
    return made


def look(run: Run) -> Found:
    """The tables first: what is said meanwhile must not look as if it had been sent without being decided."""
    databases = asyncio.run(tables.read(run.databases))
    return Found(run, databases, topics.read(run.bootstrap, EVERY_TOPIC))


def judge(found: Found, against: Mapping[str, Any] | None = None) -> list[Verdict]:
    verdicts = [check(found) for check in CHECKS]
    return verdicts if against is None else [*verdicts, same_outcome(found, against)]


def document(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    return {
        "checks": {
            verdict.invariant: {**verdict.figures, "violations": len(verdict.violations)} for verdict in verdicts
        },
        "violations": [
            violation.document() for verdict in verdicts for violation in verdict.violations[:MOST_SENTENCES]
        ],
    }


def read_outcome(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError) as problem:
        raise CannotCheck(f"{file} cannot be read as an outcome: {problem}.") from None
    if not isinstance(found, dict):
        raise CannotCheck(f"{file} cannot be read as an outcome: it is not an object.")
    return found


if __name__ == "__main__":
    sys.exit(main())
