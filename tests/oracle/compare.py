"""Holds the oracle against the product: the same story in the product's memory theatre."""

from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from aftersales.errors import Failure
from aftersales_local.stories import desk
from aftersales_local.stories.expectations import stamp
from aftersales_local.stories.memory import SERVICES, MemoryTheatre, play_in_memory
from aftersales_local.stories.messages import Unsayable
from aftersales_local.stories.player import Reply
from aftersales_local.stories.steps import Step
from aftersales_local.stories.story import parse
from tests.oracle.model import Said, second
from tests.oracle.record import answered

Found = TypeVar("Found")
# Nobody reads the notices here, and the tasks are the dispute's own.
HEARD: Final = tuple(service for service in SERVICES if service.name != "notification")
NAMES: Final = frozenset({"at", "dispute", "order", "seller", "party"})


def differs(story: Said) -> bool:
    """Whether the product answers anything otherwise than the oracle."""
    return driven(_differs(story))


def product_says(story: Said) -> list[str]:
    """The same by the product's own player, one sentence each; empty where both agree."""
    return driven(play_in_memory(parse(story, "story"))).broken


def driven(play: Coroutine[Any, Any, Found]) -> Found:
    """The theatre in memory never waits, so no event loop is needed."""
    try:
        play.send(None)
    except StopIteration as done:
        found: Found = done.value
        return found
    raise AssertionError("the theatre in memory waited for something")


async def _differs(said: Said) -> bool:
    """As the product's player, but without a timeline, and to the first difference only."""
    story = parse({**said, "then": []}, "story")
    theatre = MemoryTheatre(story, services=HEARD)
    looks: dict[datetime, list[Said]] = {}
    for wanted in said["then"]:
        looks.setdefault(datetime.fromtimestamp(second(wanted["at"]), UTC), []).append(wanted)
    steps: dict[datetime, list[Step]] = {}
    for step in story.steps:
        steps.setdefault(step.at, []).append(step)
    instants = story.instants
    await theatre.advance(instants[0])
    for message in theatre.speech.opening():
        await theatre.say(message)
    for at in sorted({*instants, *looks}):
        await theatre.advance(at)
        for order in story.orders:
            if order.placed.placed_at == at:
                await theatre.say(theatre.speech.placed(order.placed))
        for step in steps.get(at, ()):
            reply = await _reply(theatre, step)
            if reply.accepted is step.refused:
                return True
        await theatre.advance(at)
        for wanted in looks.get(at, ()):
            if not _fits(wanted, await _seen(theatre, wanted)):
                return True
    return bool(theatre.world.broken)


async def _reply(theatre: MemoryTheatre, step: Step) -> Reply:
    try:
        if step.do in (*desk.WORDS, desk.EXTEND):
            return await theatre.at_the_desk(step)
        return await theatre.say(theatre.speech.of(step), step)
    except Unsayable:
        return Reply(accepted=False)


async def _seen(theatre: MemoryTheatre, wanted: Said) -> Mapping[str, Any]:
    if "party" in wanted:
        return await theatre.party(wanted["dispute"], wanted["party"]) or {}
    if "dispute" in wanted:
        return await theatre.dispute(wanted["dispute"]) or {}
    if "seller" in wanted:
        return {"metrics": await theatre.metrics(wanted["seller"])}
    return await theatre.order(wanted["order"]) or {}


def _fits(wanted: Said, seen: Mapping[str, Any]) -> bool:
    for key, value in wanted.items():
        if key in NAMES:
            continue
        found = seen.get(key)
        if value != (stamp(found) if isinstance(found, datetime) else found):
            return False
    return True


def shrunk(story: dict[str, Any]) -> dict[str, Any]:
    """The story with as few steps, and then as few looks, as still make a difference."""
    steps, looks = list(story["steps"]), sorted({second(each["at"]) for each in story["then"]})
    if not _differs_with(story, steps, looks):
        return story
    for part in (looks, steps, looks):
        at = len(part) - 1
        while at >= 0:
            dropped = part.pop(at)
            if not _differs_with(story, steps, looks):
                part.insert(at, dropped)
            at -= 1
    return _only_what_differs(answered(story, steps, looks))


def _differs_with(story: Said, steps: list[Any], looks: list[int]) -> bool:
    """What no story may say is no difference."""
    try:
        return bool(product_says(answered(story, steps, looks)))
    except Failure:
        return False


def _only_what_differs(story: dict[str, Any]) -> dict[str, Any]:
    """Expectations that the product meets are left out."""
    kept = []
    for each in story["then"]:
        named = {key: value for key, value in each.items() if key in NAMES}
        for key in each.keys() - named.keys():
            one = {**named, key: each[key]}
            if any(key in told for told in product_says({**story, "then": [one]})):
                kept.append(one)
    return {**story, "then": kept}
