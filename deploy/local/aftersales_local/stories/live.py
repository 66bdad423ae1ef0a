"""Placeholder."""

from collections.abc import Callable, Iterator
from pathlib import Path

from aftersales_local.stories.player import Result
from aftersales_local.stories.story import Story


def play_live(stories: list[Story], home: Path, *, twice: bool, say: Callable[[str], None]) -> Iterator[Result]:
    raise NotImplementedError
