"""Plays a script of the demo against the rules, in memory: who was answered what."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aftersales.contracts.dispute import RefundOrdered
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import Command
from aftersales.decision import Outcome
from aftersales.identity import Actor, Role
from aftersales.policy.parse import load_book
from aftersales_local.demo.script import Planned, PlannedRuling, Script
from aftersales_local.payments import PaymentProvider
from aftersales_local.stories.kernel import Happened, Said, World
from arbitration.domain.commands import RulingMade, RulingSeconded
from arbitration.handlers import SERVICE as ARBITRATION
from dispute.domain.dispute import Dispute
from dispute.handlers import SERVICE as DISPUTE
from order_tracking.handlers import SERVICE as ORDER_TRACKING

PROVIDER = PaymentProvider(failing=20)


@dataclass
class Played:
    """unexpected: what was refused and should not have been, or the other way round."""

    world: World
    unexpected: list[str] = field(default_factory=list)

    def disputes(self) -> Iterator[Dispute]:
        for place, state in self.world.states.items():
            if place.service == "dispute" and place.subject.kind == "order":
                yield from state.disputes.values()


def play(script: Script, step: timedelta) -> Played:
    """step: how far apart messages are handed in; zero is each at its own instant."""
    world = World((ORDER_TRACKING, DISPUTE, ARBITRATION), load_book(), script.starts_at, _paid)
    played = Played(world)
    for moment in script.moments(step):
        world.advance(moment.at)
        for planned in moment.planned:
            _say(played, planned)
        for ruling in moment.rulings:
            _rule(played, ruling)
    world.advance(script.ends_at)
    return played


def _paid(event: Event) -> Iterator[Said]:
    if isinstance(event, RefundOrdered):
        name, answer = PROVIDER.answer(event)
        yield Said(answer, "marketplace", name)


def _say(played: Played, item: Planned) -> None:
    actor = None
    if item.door == "http" and isinstance(item.event, Command):
        order = played.world.state("dispute", "order", item.event.order)
        assert order is not None
        actor = Actor(Role.BUYER if item.event.by == order.known.buyer else Role.SELLER, item.event.by)
    done = played.world.tell(Said(item.event, actor.source if actor else item.source, item.id, actor))
    for happened in done if isinstance(item.event, Command) else ():
        refused = happened.decision.outcome is not Outcome.APPLIED
        if refused is not item.expect_refused:
            played.unexpected.append(_told(item.at, item.event, happened))


def _rule(played: Played, ruling: PlannedRuling) -> None:
    case = played.world.state("arbitration", "case", ruling.dispute)
    if case is None:
        played.unexpected.append(f"{ruling.at}: no case of {ruling.dispute}")
        return
    said = RulingMade(
        case=case.id, agent=ruling.agent, role="agent", seen=case.version, findings=dict(ruling.findings), depart=None
    )
    done = played.world.tell(_at_the_desk(said, ruling.agent, f"ruling-{ruling.dispute}"))
    played.unexpected += [_told(ruling.at, said, each) for each in done if each.decision.outcome is not Outcome.APPLIED]
    after = played.world.state("arbitration", "case", ruling.dispute)
    if after.waiting_ruling is not None:
        second = RulingSeconded(case=case.id, agent=ruling.second, role="agent", ruling=after.waiting_ruling.id)
        played.world.tell(_at_the_desk(second, ruling.second, f"second-{ruling.dispute}"))


def _at_the_desk(said: Event, agent: str, name: str) -> Said:
    actor = Actor(Role.AGENT, agent)
    return Said(said, actor.source, name, actor)


def _told(at: datetime, event: Event, happened: Happened) -> str:
    decision = happened.decision
    return f"{at:%Y-%m-%d %H:%M} {event!r}: {decision.outcome} {decision.slug} {decision.sentence}"
