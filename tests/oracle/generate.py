"""Random stories at the edges of every guard. The oracle's world steers: it knows what is just legal."""

import random
from typing import Any, Final

from tests.oracle import actions
from tests.oracle.features import BUILT
from tests.oracle.heads import head
from tests.oracle.model import stamp
from tests.oracle.record import Recorder
from tests.oracle.tables import DAY

MOST_STEPS: Final = 26


def story(seed: int, features: frozenset[str] = BUILT) -> dict[str, Any]:
    """The story of a seed, with the oracle's answers; one that leaves `features` is written anew."""
    attempt = 0
    while True:
        author = Author(random.Random(f"{seed}/{attempt}"), seed, features)
        said = author.written()
        if not author.world.corners - features:
            return said
        attempt += 1


class Author:
    def __init__(self, chance: random.Random, seed: int, features: frozenset[str]) -> None:
        self.chance = chance
        self.features = features
        self.recorder = Recorder(head(chance, seed, features), features)
        self.world = self.recorder.world
        self.now = 0

    def written(self) -> dict[str, Any]:
        self.now = max(order.placed for order in self.world.orders.values())
        for _ in range(self.chance.randint(6, MOST_STEPS)):
            step = actions.next_step(self)
            if step is not None:
                self.recorder.do({"at": stamp(self.now), **step})
            if step is None or self.chance.random() < 0.7:
                self._pass_time()
        self._to_the_end()
        return self.recorder.story()

    def _pass_time(self) -> None:
        """To just before, at or just after the next instant that means something; sometimes to any other."""
        edges = sorted({at for at in actions.edges(self) if at > self.now})
        kind = self.chance.random()
        if edges and kind < 0.45:
            until = edges[0] + self.chance.choice((-1, -1, 0, 0, 1))
        elif edges and kind < 0.55:
            until = self.chance.choice(edges[:4]) + self.chance.choice((-1, 0, 0, 1))
        else:
            until = self.now + self.chance.choice((1, 3600, DAY // 2, DAY, DAY, 2 * DAY))
        if until > self.now:
            self._look(self.now)
            self._look_at_what_falls_due(until)
            self.now = until

    def _look_at_what_falls_due(self, until: int) -> None:
        """What falls due between now and then, some of it just before and at its instant."""
        at = self.now
        for _ in range(3):
            due = min((due.at for due in self.world.agenda() if at < due.at < until), default=None)
            if due is None:
                return
            if self.chance.random() < 0.5:
                self._look(due - 1)
                self._look(due)
            at = due
            self.world.advance(due)

    def _look(self, at: int) -> None:
        if at >= self.world.now and at not in self.recorder.looks[-1:]:
            self.recorder.look(at)

    def _to_the_end(self) -> None:
        self._look(self.now)
        until = self.now + self.chance.choice((1, 5 * DAY, 90 * DAY))
        self._look_at_what_falls_due(until)
        self._look(until)
