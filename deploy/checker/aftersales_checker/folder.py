"""Reads a run folder: run.json, produced.jsonl, client.jsonl and the notices' file it names."""

import json
from collections.abc import Sequence
from pathlib import Path

from aftersales_checker.found import Row, Run


class CannotCheck(Exception):
    """Its text is the sentence for the person who asked."""


def read(folder: Path) -> Run:
    file = folder / "run.json"
    try:
        said = json.loads(file.read_text())
        return Run(
            bootstrap=said["bootstrap"],
            databases={name.replace("-", "_"): dsn for name, dsn in said["databases"].items()},
            poison=frozenset((each["topic"], each["ce_id"]) for each in said.get("poison", ())),
            produced=lines(folder / "produced.jsonl"),
            operations=lines(folder / "client.jsonl"),
            sink=lines(Path(said["sink"])) if said.get("sink") else None,
            quiet=said.get("quiet", True),
        )
    except FileNotFoundError:
        raise CannotCheck(f"There is no {file}. Name the folder that a fault run has written.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise CannotCheck(f"{file} cannot be read as a run: {type(problem).__name__}: {problem}.") from None


def lines(file: Path) -> Sequence[Row]:
    """One JSON object a line; none where there is no such file. A last line cut off by a death is left out."""
    if not file.exists():
        return []
    text = file.read_text()
    whole = text if text.endswith("\n") else text[: text.rfind("\n") + 1]
    try:
        return [json.loads(line) for line in whole.splitlines() if line]
    except ValueError as problem:
        raise CannotCheck(f"{file} has a line that is not JSON: {problem}.") from None
