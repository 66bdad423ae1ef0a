"""Several stories on one stack: one after the other in simulated time, each under its own names and its own policy.

Time only moves on, so a story is shifted by whole weeks to begin after the one before. A policy is in force from an
instant on, so a story's own policy is a file that comes into force with it, and another one ends its reign.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from aftersales_local.stories.cast import Cast, weeks_after
from aftersales_local.stories.story import Story

MOMENT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Act:
    """A story and its place on the stage. policies: file name to content."""

    story: Story
    cast: Cast
    policies: Mapping[str, str]

    @property
    def ends_at(self) -> datetime:
        return self.cast.at(self.story.instants[-1])


def program(stories: Iterable[Story], now: datetime) -> list[Act]:
    """The stories in their order, the first beginning after `now`."""
    acts: list[Act] = []
    for story in stories:
        cast = Cast(f"-{uuid4().hex[:6]}", weeks_after(story.instants[0], now))
        acts.append(Act(story, cast, _policies(story, cast)))
        now = acts[-1].ends_at + MOMENT
    return acts


def write(acts: Iterable[Act], folder: Path) -> bool:
    """Write the policies that the acts need; gives whether any was new."""
    wanted = {name: content for act in acts for name, content in act.policies.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in wanted.items():
        (folder / name).write_text(content)
    return bool(wanted)


def _policies(story: Story, cast: Cast) -> Mapping[str, str]:
    if story.policy.is_standard:
        return {}
    name = f"story{cast.suffix}"
    begins = cast.at(min(order.placed.placed_at for order in story.orders))
    ends = cast.at(story.instants[-1]) + MOMENT
    overrides = [_shifted(override, cast) for override in story.policy.overrides]
    own = _toml(name, story.policy.profile, begins, story.policy.changes, overrides)
    return {f"{name}.toml": own, f"{name}-over.toml": _toml(f"{name}-over", "standard", ends, {}, [])}


def _shifted(override: Mapping[str, Any], cast: Cast) -> Mapping[str, Any]:
    def moved(value: Any) -> Any:
        try:
            return cast.at(datetime.fromisoformat(value)).isoformat()
        except (TypeError, ValueError):
            return value  # for the policy's own reader to refuse

    return {key: moved(value) if key in ("from", "until") else value for key, value in override.items()}


def _toml(
    name: str,
    profile: str,
    since: datetime,
    changes: Mapping[str, Any],
    overrides: Iterable[Mapping[str, Any]],
) -> str:
    lines = [f'name = "{name}"', "version = 1", f'profile = "{profile}"', f'effective_from = "{since.isoformat()}"']
    lines += ["", "[with]", *(f"{json.dumps(key)} = {_value(value)}" for key, value in changes.items())]
    for override in overrides:
        lines += ["", "[[overrides]]", *(f"{json.dumps(key)} = {_value(value)}" for key, value in override.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """A JSON value as TOML writes it; its strings are TOML's too."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    return '"none"' if value is None else json.dumps(value)
