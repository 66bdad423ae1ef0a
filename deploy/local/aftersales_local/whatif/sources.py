"""What a history may come from: files of events, the Olist sample, or the databases of a running stack."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aftersales.errors import Failure
from aftersales_local import state
from aftersales_local.demo import behaviour, olist
from aftersales_local.whatif.ranges import SUFFIXES, files
from aftersales_local.whatif.situations import ruled, said
from aftersales_local.whatif.tables import export

SAMPLE: Final = "events.ndjson.zst"
# Draws what the sample's people do; the same every time, so that two backtests of it compare.
SEED: Final = 1


@contextmanager
def opened(source: Path) -> Iterator[list[Path]]:
    """The files of a source as events, made anew where it holds none. Failure for anything else."""
    if not source.exists():
        raise Failure(f"{source}: there is no such file or folder. `aftersales generate` makes a history to try.")
    sample = source / SAMPLE if source.is_dir() else source
    stack = state.running(source) if source.is_dir() else None
    if stack is None and not (sample.name == SAMPLE and sample.is_file()):
        yield files(source)
        return
    with tempfile.TemporaryDirectory(prefix="aftersales-history-") as folder:
        made = Path(folder) / f"history{SUFFIXES[0]}"
        if stack is not None:
            asyncio.run(export(stack, made))
        else:
            played(sample, made)
        yield [made]


def played(sample: Path, made: Path) -> None:
    """The sample's orders, with what the demo's model of people makes of them (docs/behaviour-model.md)."""
    script = behaviour.script(olist.read(sample), SEED)
    with made.open("wb") as file:
        file.writelines(map(said, script.planned))
        file.writelines(map(ruled, script.rulings))
