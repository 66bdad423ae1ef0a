"""Plays a whole story: what of it the rulebook contradicts."""

from typing import Any

from tests.oracle.model import Said, second
from tests.oracle.platform import perform
from tests.oracle.seen import found
from tests.oracle.waits import ends
from tests.oracle.world import World


def world_of(story: Said, *, releases: bool = True) -> World:
    return World(story, ends, releases=releases)


def broken(story: Said) -> list[str]:
    """One sentence for each step and expectation that is not as the story says."""
    w, told = world_of(story), []
    steps, then = list(story["steps"]), sorted(story.get("then", ()), key=lambda each: second(each["at"]))
    while steps or then:
        if steps and (not then or second(steps[0]["at"]) <= second(then[0]["at"])):
            step = steps.pop(0)
            if perform(w, step) is bool(step.get("refused")):
                told.append(
                    f"{step['at']} {step['by']} {step['do']} {'accepted' if step.get('refused') else 'refused'}"
                )
        else:
            told += _compared(w, then.pop(0))
    return told


def _compared(w: World, wanted: dict[str, Any]) -> list[str]:
    w.advance(second(wanted["at"]))
    seen = found(w, wanted) or {}
    return [
        f"{wanted['at']} {key} {wanted[key]}, was {seen.get(key)}"
        for key in wanted
        if key not in ("at", "dispute", "order", "seller", "party", "notices", "note")
        and not _same(wanted[key], seen.get(key))
    ]


def _same(wanted: Any, seen: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return all(seen.get(key) == value for key, value in wanted.items())
    return bool(wanted == seen)
