"""Writes down what the oracle answers: `refused` of every step, and every `then` key at the instants looked at."""

from collections.abc import Iterable
from typing import Any

from tests.oracle.features import BUILT
from tests.oracle.metrics import metrics
from tests.oracle.model import Said, second, stamp
from tests.oracle.platform import perform
from tests.oracle.play import world_of
from tests.oracle.seen import dispute_seen, order_seen, tasks
from tests.oracle.world import World


class Recorder:
    """Holds the world after what was recorded so far. features: of the product; what it lacks is not written down."""

    def __init__(self, head: Said, features: frozenset[str] = BUILT) -> None:
        self.head = head
        self.world: World = world_of(head, releases="escrow" in features)
        self.steps: list[dict[str, Any]] = []
        self.looks: list[int] = []
        self.then: list[dict[str, Any]] = []
        self._features = features

    def do(self, step: dict[str, Any]) -> bool:
        accepted = perform(self.world, step)
        self.steps.append({**step, "refused": True} if not accepted else dict(step))
        return accepted

    def look(self, at: int) -> None:
        """No step may follow at the same instant."""
        self.world.advance(at)
        self.looks.append(at)
        when = stamp(at)
        for name, d in self.world.disputes.items():
            self.then.append({"at": when, "dispute": name, **dispute_seen(d)})
            for party in ("buyer", "seller"):
                self.then.append({"at": when, "party": party, "dispute": name, "tasks": tasks(d, party)})
        for name, order in self.world.orders.items():
            if order.placed <= at:
                self.then.append({"at": when, "order": name, **order_seen(self.world, order)})
        if "metrics" in self._features:
            for name in self.world.sellers:
                self.then.append({"at": when, "seller": name, "metrics": metrics(self.world, name)})

    def story(self) -> dict[str, Any]:
        return {**self.head, "steps": self.steps, "then": self.then}


def answered(
    head: Said, steps: Iterable[Said], looks: Iterable[int], features: frozenset[str] = BUILT
) -> dict[str, Any]:
    """The story with the oracle's answers; what the steps said of refusals is forgotten."""
    recorder = Recorder({key: said for key, said in head.items() if key not in ("steps", "then")}, features)
    waiting = sorted(looks)
    for step in steps:
        at = second(step["at"])
        while waiting and waiting[0] < at:
            recorder.look(waiting.pop(0))
        recorder.do({key: said for key, said in step.items() if key != "refused"})
    for at in waiting:
        recorder.look(at)
    return recorder.story()
