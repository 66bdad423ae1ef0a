"""The main job: a script is handed in moment by moment on the stepped clock, and what becomes of it is counted."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from aftersales.contracts.arbitration import CaseRuled
from aftersales.contracts.carrier import ParcelScanned
from aftersales.contracts.dispute import CommandRefused, DisputeClosed, DisputeOpened, RefundOrdered
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import Command, OrderPlaced, ParcelShipped
from aftersales.identity import cause_id
from aftersales_local.demo.journey import DAY, Journey
from aftersales_local.demo.script import Moment, Planned, PlannedRuling, Script
from aftersales_local.people import People
from aftersales_local.stage import Stage

REVIEWED: Final = "review"


@dataclass
class Figures:
    """What has happened so far; `done` and `whole` count moments. surprises: what was refused and not meant to be, or
    the other way round."""

    done: int = 0
    whole: int = 1
    now: datetime | None = None
    handed_in: Counter[str] = field(default_factory=Counter)
    over_http: int = 0
    opened: int = 0
    closed: Counter[str] = field(default_factory=Counter)
    rulings: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    surprises: list[str] = field(default_factory=list)
    paid_out: Counter[str] = field(default_factory=Counter)
    messages: int = 0

    @property
    def open(self) -> int:
        return self.opened - sum(self.closed.values())


KINDS: Final = {OrderPlaced: "orders", ParcelShipped: "parcels", ParcelScanned: "scans"}


class Run:
    """Hands a script in. told: called after every moment, with the figures so far."""

    def __init__(
        self, stage: Stage, script: Script, journeys: Sequence[Journey], told: Callable[[Figures], None]
    ) -> None:
        self.figures = Figures()
        self._stage = stage
        self._script = script
        self._sellers = {journey.order.seller for journey in journeys}
        self._told = told
        self._refused: dict[str, str] = {}
        self._ids: set[str] = set()

    async def run(self) -> Figures:
        moments = list(self._script.moments(DAY))
        self.figures.whole = len(moments) + 1
        self._stage.marketplace.listeners.append(self._hear)
        for moment in moments:
            await self._stage.conductor.advance(moment.at)
            await self._hand_in(moment)
            self._tell(moment.at)
        await self._stage.conductor.advance(self._script.ends_at)
        self._stage.marketplace.listeners.remove(self._hear)
        self._compare()
        self._tell(self._script.ends_at)
        return self.figures

    def _tell(self, now: datetime) -> None:
        self.figures.done += 1
        self.figures.now = now
        self._told(self.figures)

    async def _hand_in(self, moment: Moment) -> None:
        """In order: what was published before a request must have been heard when the request comes."""
        published: list[tuple[Event, str, str]] = []
        for planned in moment.planned:
            if planned.door == "http" and isinstance(planned.event, Command) and People.can_say(type(planned.event)):
                await self._publish(published)
                await self._request(planned, planned.event)
            else:
                published.append((planned.event, planned.source, planned.id))
            self._count(planned)
        await self._publish(published)
        for ruling in moment.rulings:
            await self._rule(ruling)

    async def _publish(self, published: list[tuple[Event, str, str]]) -> None:
        if published:
            await self._stage.marketplace.publish(published)
            await self._stage.conductor.quiet()
            published.clear()

    async def _request(self, planned: Planned, said: Command) -> None:
        role = "seller" if said.by in self._sellers else "buyer"
        answer = await self._stage.people.command(said, role, planned.id)
        self.figures.over_http += 1
        if not answer.granted:
            self._refused[planned.id] = answer.why
        await self._stage.conductor.quiet()

    def _count(self, planned: Planned) -> None:
        self.figures.messages += 1
        kind = KINDS.get(type(planned.event))
        if planned.id in self._ids:
            return
        self._ids.add(planned.id)
        if kind is not None:
            self.figures.handed_in[kind] += 1
        elif isinstance(planned.event, Command):
            self.figures.handed_in["commands"] += 1

    async def _rule(self, ruling: PlannedRuling) -> None:
        """The agent opens the case, and rules if it still waits for a ruling."""
        people = self._stage.people
        case = await people.case(ruling.dispute, ruling.agent)
        if not case.granted or case.etag is None or case.body["status"] != REVIEWED:
            self.figures.rulings["not needed any more"] += 1
            return
        key = f"ruling-{ruling.dispute}"
        wanted = {"findings": dict(ruling.findings)}
        answer = await people.rule(ruling.dispute, ruling.agent, wanted, case.etag, key)
        if answer.granted and answer.body["ruling_status"] == "awaiting_second":
            self.figures.rulings["by two agents"] += 1
            answer = await people.second(ruling.dispute, answer.body["ruling"], ruling.second, f"{key}-second")
        self.figures.over_http += 1
        self.figures.rulings["made" if answer.granted else "refused"] += 1
        if not answer.granted:
            self.figures.surprises.append(f"ruling on {ruling.dispute}: {answer.why}")
        await self._stage.conductor.quiet()

    def _hear(self, event: Event, _cause: str) -> None:
        figures = self.figures
        if isinstance(event, DisputeOpened):
            figures.opened += 1
        elif isinstance(event, DisputeClosed):
            figures.closed[event.state] += 1
        elif isinstance(event, CommandRefused):
            figures.refused += 1
            self._refused[event.cause] = f"{event.slug}: {event.sentence}"
        elif isinstance(event, RefundOrdered) and event.attempt == 1:
            figures.paid_out[event.currency] += event.total
        elif isinstance(event, CaseRuled):
            figures.rulings["sent"] += 1

    def _compare(self) -> None:
        """What the model meant to be refused, and only that, was refused."""
        for planned in self._script.planned:
            if not isinstance(planned.event, Command):
                continue
            why = self._refused.get(planned.id) or self._refused.get(str(cause_id(planned.source, planned.id)))
            if (why is not None) != planned.expect_refused:
                meant = "refused" if planned.expect_refused else "granted"
                what = f"{planned.event.name()} on {planned.event.dispute}"
                self.figures.surprises.append(f"{what} was meant to be {meant}: {why or 'it was granted'}")
