"""`aftersales story`: play dated stories and say whether they are kept."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer

from aftersales.errors import Failure
from aftersales_local.commands import Home
from aftersales_local.places import DEMO_HOME, ROOT
from aftersales_local.stories import story as files
from aftersales_local.stories.live import play_live
from aftersales_local.stories.memory import play_in_memory
from aftersales_local.stories.player import Result
from aftersales_local.stories.timeline import lines

STORIES: Final = ROOT / "docs" / "stories"
BROKEN: Final = 1


def story(
    named: Annotated[list[str] | None, typer.Argument(metavar="FILE...", help="Stories, or folders of them.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Against the running stack, or one started for it.")] = False,
    twice: Annotated[bool, typer.Option("--twice", help="Every message twice, facts a third time.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
    home: Home = DEMO_HOME,
) -> int:
    """Play dated stories: in memory, or with --live on the stack. Without files: those of docs/stories."""
    stories = [files.load(path) for path in found(named or [str(STORIES)])]
    if live:
        play_all = play_live(stories, home, twice=twice, say=lambda sentence: typer.echo(sentence, err=True))
    else:
        play_all = (asyncio.run(play_in_memory(each, twice=twice)) for each in stories)
    results = []
    for result in play_all:
        print(as_line(result) if as_json else as_text(result), flush=True)
        results.append(result)
    return status(results)


def found(named: Iterable[str]) -> list[Path]:
    """The files, folders opened; Failure where there is none."""
    paths: list[Path] = []
    for name in named:
        if not name:
            # A script's variable that holds nothing; as a path it would be the folder one stands in.
            raise Failure("A story's name is empty; name a file or a folder of stories.")
        path = Path(name)
        inside = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not inside:
            raise Failure(f"{path}: there is no story (*.json) in this folder.")
        paths += inside
    return paths


def as_line(result: Result) -> str:
    said = {
        "file": result.story.file,
        "kept": result.kept,
        "broken": result.broken,
        "timeline": [entry.as_json() for entry in result.timeline],
    }
    return json.dumps(said, ensure_ascii=False, default=str)


def as_text(result: Result) -> str:
    told = [f"{result.story.file}: {result.story.title}"]
    told += [line for entry in result.timeline for line in lines(entry)]
    return "\n".join([*told, *verdict(result)])


def verdict(result: Result) -> list[str]:
    """The last line of a file; one a broken expectation."""
    return [f"BROKEN: {broken}" for broken in result.broken] or ["kept"]


def status(results: Iterable[Result]) -> int:
    """0 only when every story is kept."""
    return 0 if all(result.kept for result in results) else BROKEN
