"""What was told once changes nothing when it is told again, though under another id and later (rulebook 8.34, S10)."""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from aftersales.contracts.arbitration import DisputeExtensionGranted
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import ChargebackLost, ChargebackOpened, ChargebackWon, Command
from aftersales.contracts.tracking import ReturnScanned
from aftersales_local.stories.kernel import Happened, Said
from aftersales_local.stories.memory import MemoryTheatre
from aftersales_local.stories.player import play
from aftersales_local.stories.story import load
from arbitration.domain.commands import DeskCommand
from tests.stories.test_in_memory import KEPT
from tests.support.written import is_written_well

# Commands are judged anew, a chargeback under another id is another one. What is told of an extension or a return is
# known by its message alone.
ANEW: Final = (Command, DeskCommand, ChargebackOpened, ChargebackWon, ChargebackLost)
BY_ITS_MESSAGE: Final = (DisputeExtensionGranted, ReturnScanned)
TELLERS: Final = {"tracking": "order_tracking"}


def news(log: list[Happened]) -> list[Event]:
    """Of the services that judge; notification keeps no more than what it told last."""
    found = (one.event for one in log if one.service != "notification" and isinstance(one.event, Event))
    return [event for event in found if not isinstance(event, (*ANEW, *BY_ITS_MESSAGE))]


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_nothing_when_it_is_known(path: Path) -> None:
    theatre = MemoryTheatre(load(path))
    asyncio.run(play(load(path), theatre))
    world = theatre.world
    before, mark = {at: state for at, state in world.states.items() if at.service != "notification"}, len(world.log)
    for number, event in enumerate(news(world.log)):
        teller = event.name().partition(".")[0]
        world.tell(Said(event, TELLERS.get(teller, teller), f"again-{number}"))
    assert {at: world.states[at] for at in before} == before
    judged = [one.decision for one in world.log[mark:] if one.service != "notification"]
    assert all(is_written_well(decision) for decision in judged)
