"""A story in memory: the rules of all services, no server, milliseconds a story."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from aftersales.contracts.dispute import (
    CommandRefused,
    DisputeReturnShipped,
    DisputeStep,
    RefundOrdered,
    RulingOvertaken,
)
from aftersales.contracts.envelope import Event
from aftersales.contracts.extension import ExtensionRefused
from aftersales.contracts.notification import NoticeSent
from aftersales.decision import Outcome
from aftersales.identity import Actor, Role, cause_id
from aftersales.policy.book import PolicyBook
from aftersales.policy.parse import load_book
from aftersales.service import Service
from aftersales_local.payments import PaymentProvider
from aftersales_local.stories.cast import Cast
from aftersales_local.stories.desk import EXTEND, NOBODY_NAMED, WORDS, extension
from aftersales_local.stories.kernel import Happened, Said, World
from aftersales_local.stories.messages import FACTS, MARKETPLACE, Message, Speech, WayBack
from aftersales_local.stories.player import (
    ACCEPTED,
    AFTER_THE_END,
    UNHEARD,
    WAITS,
    Given,
    Reply,
    Result,
    Ruled,
    play,
)
from aftersales_local.stories.seen import dispute_seen, marks_seen, order_seen
from aftersales_local.stories.steps import Step
from aftersales_local.stories.story import Story
from aftersales_local.stories.timeline import Entry, money_of
from arbitration.domain.commands import DeskCommand, ExtensionGranted, RulingSeconded
from arbitration.handlers import SERVICE as ARBITRATION
from dispute.domain.measure import Fact, counts
from dispute.handlers import SERVICE as DISPUTE
from notification.handlers import SERVICE as NOTIFICATION
from order_tracking.handlers import SERVICE as ORDER_TRACKING

SERVICES: Final[tuple[Service, ...]] = (ORDER_TRACKING, DISPUTE, ARBITRATION, NOTIFICATION)
REFUSING: Final = (Outcome.REFUSED, Outcome.DEAD_LETTER)


class MemoryTheatre:
    """Plays in a `World` of its own. services: who listens; without notification nobody is told anything."""

    def __init__(
        self, story: Story, policies: PolicyBook | None = None, services: Iterable[Service] = SERVICES
    ) -> None:
        book = policies or load_book()
        if not story.policy.is_standard:
            book = PolicyBook([story.judged_by(book)])
        self.given: list[Given] = []
        self._ways_back: dict[str, WayBack] = {}
        self.world = World(services, book, story.instants[0], self._answer)
        self._story = story
        self.speech = Speech(story, Cast(), self._instruction, self._ways_back.get)
        self._by_hand = story.payments_by_hand
        self._provider = PaymentProvider()
        self._ordered: dict[str, RefundOrdered] = {}
        self._steps: dict[str, DisputeStep] = {}
        self._notices: dict[tuple[str, str], list[str]] = {}
        self._read = 0
        self._noticed = 0

    # -- what is said --------------------------------------------------------------------------------------------------

    async def advance(self, until: datetime) -> None:
        self.world.advance(until)

    async def say(self, message: Message, step: Step | None = None) -> Reply:
        self.given.append(message)
        if not self.world.listeners(type(message.event)):
            return UNHEARD
        return _reply(self.world.tell(_said(message)), step)

    async def after_waiting(self, message: Message) -> Reply:
        cause = str(cause_id(message.source, message.id))
        for event in (event for happened in self.world.log for event in happened.decision.events):
            if isinstance(event, CommandRefused) and event.cause == cause:
                return Reply(accepted=False, why=f"{event.slug}: {event.sentence}")
        return ACCEPTED

    async def at_the_desk(self, step: Step) -> Reply:
        ruled = Ruled(step, f"step-{step.number}")
        self.given.append(ruled)
        if step.do == EXTEND:
            return self._extend(ruled)
        case = self.world.state("arbitration", "case", step.given["dispute"])
        return self._decide(ruled, case.version if case else 0)

    async def again(self, given: Given) -> None:
        if isinstance(given, Message):
            self.world.tell(_said(given))
        elif given.step.do == EXTEND:
            self._extend(given)
        else:
            self._decide(given, 0)

    def _extend(self, ruled: Ruled) -> Reply:
        step, mark = ruled.step, len(self.world.log)
        dispute = step.given.get("dispute")
        body = extension(step, self._story.order_of(dispute).order if dispute else None, dispute)
        said = {"extension": ruled.key, "agent": NOBODY_NAMED[1], **body, **body.pop("lane", {})}
        try:
            command = ExtensionGranted.model_validate(said, strict=True)
        except ValidationError as problem:
            return Reply(accepted=False, why=problem.errors()[0]["msg"])
        self._tell_desk(command, NOBODY_NAMED, ruled.key)
        events = (event for happened in self.world.log[mark:] for event in happened.decision.events)
        refused = next((event for event in events if isinstance(event, ExtensionRefused)), None)
        return ACCEPTED if refused is None else Reply(accepted=False, why=f"{refused.slug}: {refused.sentence}")

    def _decide(self, ruled: Ruled, seen: int) -> Reply:
        """`seen` plays no part in a repetition: the pair of actor and key is known by then."""
        word, case, mark = WORDS[ruled.step.do](ruled.step), ruled.step.given["dispute"], len(self.world.log)
        role, agent = word.agent
        try:
            said = {"case": case, "agent": agent, "role": role, "seen": seen, **word.body}
            command = word.command.model_validate(said, strict=True)
        except ValidationError as problem:
            return Reply(accepted=False, why=problem.errors()[0]["msg"])
        done = self._tell_desk(command, word.agent, ruled.key)
        reply = _reply(done, None, nothing_refuses=True)
        answer = done[0].decision.answer if done else None
        if not reply.accepted or answer is None:
            return reply
        if answer.get("ruling_status") == "awaiting_second":
            if word.second is None:
                return Reply(accepted=False, why="a second agent must confirm this ruling")
            confirmed = RulingSeconded(case=case, agent=word.second, ruling=answer["ruling"])
            done = self._tell_desk(confirmed, ("agent", word.second), f"{ruled.key}-second")
            reply = _reply(done, None, nothing_refuses=True)
        return self._overtaken(str(answer.get("ruling") or answer.get("decision")), mark) or reply

    def _tell_desk(self, command: DeskCommand | ExtensionGranted, who: tuple[str, str], key: str) -> list[Happened]:
        actor = Actor(Role(who[0]), who[1])
        return self.world.tell(Said(command, actor.source, key, actor))

    def _overtaken(self, ruling: str, mark: int) -> Reply | None:
        events = (event for happened in self.world.log[mark:] for event in happened.decision.events)
        for event in events:
            if isinstance(event, RulingOvertaken) and event.ruling == ruling:
                return Reply(accepted=False, why=f"{event.slug}: {event.sentence}")
        return None

    def _answer(self, event: Event) -> Iterable[Said]:
        if isinstance(event, DisputeReturnShipped):
            self._ways_back[event.dispute] = (event.carrier, event.number)
        if isinstance(event, RefundOrdered):
            self._ordered[event.dispute] = event
            if not self._by_hand:
                name, answer = self._provider.answer(event)
                message = Message(answer, name, event.marketplace or MARKETPLACE)
                self.given.append(message)
                yield _said(message)

    def _instruction(self, dispute: str) -> tuple[str, int]:
        ordered = self._ordered.get(dispute)
        return (ordered.instruction, ordered.total) if ordered else (f"{dispute}-none", 1)

    # -- what is seen --------------------------------------------------------------------------------------------------

    async def dispute(self, name: str) -> Mapping[str, Any] | None:
        return next((dispute_seen(o.disputes[name]) for o in self._orders() if name in o.disputes), None)

    async def order(self, name: str) -> Mapping[str, Any] | None:
        order = self.world.state("dispute", "order", name)
        return order_seen(order) if order is not None and order.terms is not None else None

    async def metrics(self, seller: str) -> Mapping[str, Any]:
        appended = (append for happened in self.world.log for append in happened.decision.appends)
        rows = [append.row for append in appended if append.table == "seller_fact" and append.row["seller"] == seller]
        facts = [Fact(*(row[name] for name in Fact._fields)) for row in rows]
        return counts(facts, marks_seen(self._orders(), seller, self.world.now), self.world.now).rates()

    async def party(self, dispute: str, party: str) -> Mapping[str, Any] | None:
        self._notice_steps()
        if dispute not in self._steps:
            return None
        waits = self._steps[dispute].waits
        return {
            "tasks": [wait.task for wait in waits if wait.party == party],
            "notices": self._notices.get((dispute, party), []),
        }

    def _orders(self) -> Iterable[Any]:
        of_dispute = (at for at in self.world.states if at.service == DISPUTE.name and at.subject.kind == "order")
        return (self.world.states[at] for at in of_dispute)

    def _notice_steps(self) -> None:
        for happened in self.world.log[self._noticed :]:
            for event in happened.decision.events:
                if isinstance(event, DisputeStep):
                    self._steps[event.dispute] = event
                if isinstance(event, NoticeSent) and event.dispute is not None:
                    told = self._notices.setdefault((event.dispute, event.party), [])
                    told.append(event.step.partition("/")[0])
        self._noticed = len(self.world.log)

    # -- what is told --------------------------------------------------------------------------------------------------

    async def news(self) -> list[Entry]:
        fresh = self.world.log[self._read :]
        self._read = len(self.world.log)
        return [entry(happened) for happened in fresh if worth_telling(happened)]

    async def faults(self) -> list[str]:
        return [
            f"{place.service} {place.subject.kind} {place.subject.id} decided, was parked: {why}"
            for place, why in self.world.broken.items()
        ]


def _said(message: Message) -> Said:
    return Said(message.event, message.source, message.id)


def _reply(done: Iterable[Happened], step: Step | None, *, nothing_refuses: bool | None = None) -> Reply:
    """What was decided on a message itself. Nothing decided is a repetition, which changes nothing either."""
    strict = nothing_refuses if nothing_refuses is not None else step is not None and step.do not in FACTS
    waits = False
    for happened in done:
        decision = happened.decision
        waits = waits or decision.outcome is Outcome.WAITING
        payment = step is not None and step.do in ("refund_executed", "refund_failed")
        idle = decision.outcome is Outcome.NOTHING and decision.slug != AFTER_THE_END
        if decision.outcome in REFUSING or (idle and (strict or payment)):
            return Reply(accepted=False, why=f"{decision.slug}: {decision.sentence}")
    return WAITS if waits else ACCEPTED


def worth_telling(happened: Happened) -> bool:
    """Whether a decision belongs into a timeline for a person."""
    decision = happened.decision
    if happened.service == "notification":
        return False
    said = bool(decision.moves or decision.events)
    return (decision.outcome is Outcome.APPLIED and said) or _refused(happened) is not None


def _refused(happened: Happened) -> str | None:
    decision = happened.decision
    command = getattr(happened.event, "by", None) or getattr(happened.event, "agent", None)
    if decision.outcome in REFUSING or (decision.outcome is Outcome.NOTHING and command):
        return f"{decision.slug}: {decision.sentence}"
    return None


def entry(happened: Happened) -> Entry:
    """A decision as a line of a timeline."""
    decision, event = happened.decision, happened.event
    because = decision.because
    timer = not isinstance(event, Event)
    who = getattr(event, "by", None) or getattr(event, "agent", None)
    what = event.kind if not isinstance(event, Event) else event.name()
    return Entry(
        at=happened.at,
        who=happened.service,
        what=f"{what} falls due" if timer else f"{what}{f' by {who}' if isinstance(who, str) else ''}",
        moves=tuple((move.thing, move.before, move.after) for move in decision.moves),
        armed={timer.kind: timer.due for timer in decision.timers},
        money=money_of(decision.events),
        rule=because.rule if because else None,
        facts=because.facts if because else {},
        policy=because.policy if because else {},
        refused=_refused(happened),
    )


async def play_in_memory(story: Story, *, twice: bool = False, policies: PolicyBook | None = None) -> Result:
    return await play(story, MemoryTheatre(story, policies), twice=twice)
