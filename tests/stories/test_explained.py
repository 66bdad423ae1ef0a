"""In every story everything that dispute and the desk decide is explained, and can be said in words."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from aftersales.contracts.envelope import Event
from aftersales.decision import Outcome
from aftersales.explanation import TURNS, english
from aftersales.runtime.unit.explain import explained
from aftersales_local.stories.kernel import Happened
from aftersales_local.stories.memory import SERVICES, MemoryTheatre
from aftersales_local.stories.player import play
from aftersales_local.stories.story import load
from arbitration.domain.commands import DeskCommand
from tests.stories.test_in_memory import KEPT

DECIDING = ("dispute", "arbitration")
BY_NAME = {service.name: service for service in SERVICES}


def decisions(path: Path) -> Iterator[Happened]:
    """What was decided on parties', agents' and the clock's behalf."""
    theatre = MemoryTheatre(load(path))
    asyncio.run(play(load(path), theatre))
    for happened in theatre.world.log:
        refused = happened.decision.outcome in (Outcome.REFUSED, Outcome.NOTHING)
        spoken = getattr(happened.event, "by", None) or isinstance(happened.event, DeskCommand)
        if happened.service in DECIDING and (happened.decision.moves or (refused and spoken)):
            yield happened


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_every_decision_has_a_title_a_policy_and_words(path: Path) -> None:
    lacking = []
    for happened in decisions(path):
        service, event = BY_NAME[happened.service], happened.event
        on = service.on_event(type(event)) if isinstance(event, Event) else service.on_timer(event.kind)
        assert on is not None
        said = orjson.loads(orjson.dumps(explained(happened.decision, on)))
        assert {turn["turn"] for turn in said.get("otherwise", ())} <= TURNS.keys()
        words = english(said, currency="USD", what="an.event.v1", arrived_at=happened.at)
        if "title" not in said or not said.get("policy_version") or not words:
            lacking.append(f"{happened.service}: {said['rule']} on {type(event).__name__}")
    assert lacking == []
