"""The worked scenarios of the rulebook, played in memory: the specification that runs."""

import asyncio
import time
from pathlib import Path

import pytest

from aftersales_local.places import ROOT
from aftersales_local.stories.memory import play_in_memory
from aftersales_local.stories.player import Result
from aftersales_local.stories.story import load

STORIES = ROOT / "docs" / "stories"


def played(path: Path, *, twice: bool = False) -> Result:
    return asyncio.run(play_in_memory(load(path), twice=twice))


def number(path: Path) -> str:
    return path.name.partition("-")[0]


KEPT = sorted(STORIES.glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept(path: Path) -> None:
    assert played(path).broken == []


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_when_every_message_comes_twice(path: Path) -> None:
    assert played(path, twice=True).broken == []


def test_quick_enough_to_play_thousands() -> None:
    """A story takes milliseconds: a trial of a policy over a year of orders is minutes."""
    story = load(STORIES / "S01-counterfeit-both-units.json")
    asyncio.run(play_in_memory(story))  # whatever is computed once
    begun = time.process_time()
    for _ in range(10):
        asyncio.run(play_in_memory(story))
    assert (time.process_time() - begun) / 10 < 0.1


def test_the_timeline_names_the_rule_the_money_and_the_deadlines() -> None:
    told = [entry.as_json() for entry in played(STORIES / "S01-counterfeit-both-units.json").timeline]
    opened = next(entry for entry in told if entry["what"].startswith("marketplace.complaint_made"))
    assert opened["armed"]["answer_due"] == "2025-05-06T09:00:00Z"
    assert opened["moves"] == [{"thing": "D1", "from": None, "to": "AWAITING_SELLER"}]
    ruled = next(entry for entry in told if entry["what"].startswith("arbitration.ruling_made"))
    assert ruled["rule"] == "R20"
    paid = next(entry for entry in told if "money" in entry)
    assert "platform_fund -79.96 USD" in paid["money"]
