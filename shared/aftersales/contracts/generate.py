"""Writes what is derived from the vocabulary: `python -m aftersales.contracts.generate [--check]`.

Schemas, the AsyncAPI document and the page are written anew. Samples are only ever added: one where a type has none, or
none that names all of its fields. With `--check` nothing is written, and what is not current is named (exit status 1).
"""

from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer

from aftersales.contracts.asyncapi import document, event_schema, events
from aftersales.contracts.page import page
from aftersales.contracts.samples import fields, sample

ROOT: Final = Path(__file__).parents[3]
SCHEMAS: Final = Path("shared/aftersales/contracts/schemas")
SAMPLES: Final = Path("shared/aftersales/contracts/samples")
DOCS: Final = Path("docs/events")


def outputs(root: Path) -> dict[Path, bytes]:
    """Every generated file by its path below the project's `root`."""
    written = {DOCS / "asyncapi.json": _json(document()), DOCS / "README.md": page().encode()}
    for event in events():
        written[SCHEMAS / f"{event.TYPE}.json"] = _json(event_schema(event))
    return written | new_samples(root)


def new_samples(root: Path) -> dict[Path, bytes]:
    """The samples that are missing: of types without one, and of types with a field that no sample names."""
    missing = {}
    for event in events():
        present = sorted((root / SAMPLES / event.TYPE).glob("*.json"))
        made = sample(event_schema(event))
        told = set().union(*(fields(orjson.loads(path.read_bytes())) for path in present))
        if fields(made) - told:
            missing[SAMPLES / event.TYPE / f"{len(present) + 1}.json"] = _json(made)
    return missing


def stale(root: Path) -> list[Path]:
    """What is missing, differs, or describes an event that is no longer said."""
    differs = [path for path, text in outputs(root).items() if not _is(root / path, text)]
    return sorted(differs + _left_over(root))


def write(root: Path) -> list[Path]:
    """Brings every generated file up to date and returns those that changed. A second run changes nothing."""
    changed = []
    for path, text in outputs(root).items():
        if not _is(root / path, text):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text)
            changed.append(path)
    for path in _left_over(root):
        (root / path).unlink()
        changed.append(path)
    return sorted(changed)


def main(
    check: Annotated[bool, typer.Option("--check", help="Only name what is not current.")] = False,
) -> None:
    """Write the schemas, the AsyncAPI document, the page of events and missing samples."""
    paths = stale(ROOT) if check else write(ROOT)
    for path in paths:
        typer.echo(f"{'not current' if check else 'written'}: {path}")
    if check and paths:
        typer.echo("Run `python -m aftersales.contracts.generate` and commit what it writes.", err=True)
        raise typer.Exit(1)


def _left_over(root: Path) -> list[Path]:
    known = {event.TYPE for event in events()}
    return [SCHEMAS / path.name for path in (root / SCHEMAS).glob("*.json") if path.stem not in known]


def _is(path: Path, text: bytes) -> bool:
    return path.is_file() and path.read_bytes() == text


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    typer.run(main)
