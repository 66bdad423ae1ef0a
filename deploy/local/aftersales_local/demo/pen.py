"""Writes down what the parties of one dispute will say, each message with an instant, an id and a door of its own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from aftersales.contracts.marketplace import Command
from aftersales_local.demo.complaints import Complaint
from aftersales_local.demo.journey import DAY, MARKETPLACE
from aftersales_local.demo.script import Course, Door, Ending, Planned, PlannedRuling

Party = Literal["buyer", "seller"]
AGENTS = ("kim", "noor", "sasha", "tomi")
# Of a thousand messages over Kafka: how many are sent again, a day later.
REPEATED = 15


class Pen:
    """Days are counted in whole days from the dispute's opening. reason: as it stands by now."""

    def __init__(self, complaint: Complaint, chance: Random) -> None:
        self.complaint = complaint
        self.chance = chance
        self.reason = complaint.reason
        self.planned: list[Planned] = []
        self.rulings: list[PlannedRuling] = []
        self.steps: list[str] = []
        self._says(0, "open", complaint.opening())

    def says(self, party: Party, day: int, kind: type[Command], *, refused: bool = False, **said: Any) -> None:
        order = self.complaint.journey.order
        by = order.buyer if party == "buyer" else order.seller
        event = kind(order=order.order, dispute=self.complaint.dispute, by=by, **said)
        self._says(day, f"{party} {kind.name().partition('.')[2]}", event, refused=refused)

    def rules(self, day: int, findings: Mapping[str, Any]) -> None:
        agent, second = (f"agent-{name}" for name in self.chance.sample(AGENTS, 2))
        one = self.complaint
        self.rulings.append(PlannedRuling(self._instant(day), one.journey.id, one.dispute, agent, second, findings))
        self.steps.append(f"{day}: ruling")

    def course(self, ending: Ending) -> Course:
        one = self.complaint
        opened_at = self.planned[0].at
        return Course(one.journey.id, one.dispute, one.reason, opened_at, one.held, ending, ", ".join(self.steps))

    def _says(self, day: int, step: str, event: Command, *, refused: bool = False) -> None:
        door: Door = self.chance.choice(("kafka", "http"))
        name = f"{self.complaint.dispute}-{len(self.planned) + 1}"
        planned = Planned(self._instant(day), event, name, MARKETPLACE, door, refused)
        self.planned.append(planned)
        self.steps.append(f"{day}: {step}{' (refused)' if refused else ''}")
        if door == "kafka" and self.chance.randrange(1000) < REPEATED:
            self.planned.append(Planned(planned.at + DAY, event, name, MARKETPLACE, door, refused))

    def _instant(self, day: int) -> datetime:
        return self.complaint.day + day * DAY + timedelta(minutes=self.chance.randint(8 * 60, 20 * 60))
