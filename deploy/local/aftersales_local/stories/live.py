"""A story on the running stack: facts over Kafka, commands by turns over Kafka and HTTP, agents over HTTP."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from aftersales.contracts.dispute import CommandRefused, DisputeReturnShipped, RefundOrdered
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import Command
from aftersales.identity import cause_id
from aftersales_local import state
from aftersales_local.people import Answer, People
from aftersales_local.stage import POLICIES, Stage, open_stage, restart_services, simulated_stack
from aftersales_local.state import Stack
from aftersales_local.stories.cast import Cast
from aftersales_local.stories.desk import EXTEND, NOBODY_NAMED, WORDS, extension
from aftersales_local.stories.messages import FACTS, Message, Speech, WayBack
from aftersales_local.stories.player import ACCEPTED, Given, Reply, Result, Ruled, play
from aftersales_local.stories.program import Act, program, write
from aftersales_local.stories.records import Records
from aftersales_local.stories.steps import Step
from aftersales_local.stories.story import Story
from aftersales_local.stories.timeline import Entry, in_own_words

OVERTAKEN_WITHIN: Final = 5.0


class LiveTheatre:
    """Plays one act on a stage. Every second command goes over HTTP where it can."""

    def __init__(self, stage: Stage, act: Act) -> None:
        self.given: list[Given] = []
        self._ways_back: dict[str, WayBack] = {}
        self.speech = Speech(act.story, act.cast, self._instruction, self._ways_back.get)
        self._stage = stage
        self._story = act.story
        self._cast: Cast = act.cast
        self._records = Records(stage.conductor.databases, act.cast)
        self._refused: dict[str, CommandRefused] = {}
        self._ordered: dict[str, RefundOrdered] = {}
        self._over_http: set[str] = set()
        self._commands = 0
        stage.marketplace.listeners.append(self._hear)
        stage.marketplace.payments.append(self._paid)
        if act.story.payments_by_hand:
            stage.marketplace.by_hand |= {act.cast.name(order.placed.order) for order in act.story.orders}

    def close(self) -> None:
        self._stage.marketplace.listeners.remove(self._hear)
        self._stage.marketplace.payments.remove(self._paid)

    # -- what is said --------------------------------------------------------------------------------------------------

    async def advance(self, until: datetime) -> None:
        await self._stage.conductor.advance(self._cast.at(until))

    async def say(self, message: Message, step: Step | None = None) -> Reply:
        self.given.append(message)
        event = message.event
        if isinstance(event, Command):
            self._commands += 1
            if self._commands % 2 == 0 and People.can_say(type(event)):
                self._over_http.add(message.id)
        answer = await self._deliver(message)
        if answer is not None:
            return _reply(answer)
        return await self._outcome(message, step)

    async def _deliver(self, message: Message) -> Answer | None:
        """None over Kafka, where the answer is an event."""
        event = message.event
        answer = None
        if message.id in self._over_http and isinstance(event, Command):
            answer = await self._stage.people.command(event, self._role(event), message.id)
        else:
            await self._stage.marketplace.publish([(event, message.source, message.id)])
        await self._stage.conductor.quiet()
        return answer

    async def _outcome(self, message: Message, step: Step | None) -> Reply:
        reply = await self.after_waiting(message)
        if not reply.accepted:
            return reply
        strict = step is not None and (step.do not in FACTS or step.do.startswith("refund_"))
        return await self._records.outcome(str(cause_id(message.source, message.id)), strict=strict)

    async def after_waiting(self, message: Message) -> Reply:
        refused = self._refused.get(str(cause_id(message.source, message.id)))
        return ACCEPTED if refused is None else Reply(accepted=False, why=f"{refused.slug}: {refused.sentence}")

    def _role(self, said: Command) -> str:
        sellers = {self._cast.name(order.placed.seller) for order in self._story.orders}
        return "seller" if said.by in sellers else "buyer"

    async def at_the_desk(self, step: Step) -> Reply:
        key = self._cast.name(f"step-{step.number}")
        ruled = Ruled(step, key)
        self.given.append(ruled)
        return await self._decide(ruled)

    async def again(self, given: Given) -> None:
        if isinstance(given, Message):
            await self._deliver(given)
        else:
            await self._decide(given)

    async def _decide(self, ruled: Ruled) -> Reply:
        if ruled.step.do == EXTEND:
            return await self._extend(ruled)
        people, word = self._stage.people, WORDS[ruled.step.do](ruled.step)
        dispute = self._cast.name(ruled.step.given["dispute"])
        role, agent = word.agent
        case = await people.case(dispute, agent, role)
        if not case.granted or case.etag is None:
            return _reply(case)
        answer = await people.at_the_desk(dispute, word.route, word.agent, word.body, case.etag, ruled.key)
        if answer.granted and answer.body.get("ruling_status") == "awaiting_second":
            if word.second is None:
                return Reply(accepted=False, why="a second agent must confirm this ruling")
            answer = await people.second(dispute, answer.body["ruling"], word.second, f"{ruled.key}-second")
        await self._stage.conductor.quiet()
        if not answer.granted:
            return _reply(answer)
        return await self._what_became_of(dispute, answer.body.get("ruling") or answer.body["decision"], word.agent)

    async def _extend(self, ruled: Ruled) -> Reply:
        dispute = ruled.step.given.get("dispute")
        order = self._cast.name(self._story.order_of(dispute).order) if dispute else None
        body = extension(ruled.step, order, self._cast.name(dispute) if dispute else None)
        answer = await self._stage.people.extend(NOBODY_NAMED, body, ruled.key)
        await self._stage.conductor.quiet()
        if not answer.granted:
            return _reply(answer)
        found = await self._stage.people.extension(NOBODY_NAMED, answer.body["extension"])
        refused = found.body["status"] == "refused"
        return Reply(accepted=False, why=found.body["why"]) if refused else ACCEPTED

    async def _what_became_of(self, dispute: str, decided: str, who: tuple[str, str]) -> Reply:
        """Sent until dispute says executed or overtaken."""
        found: Mapping[str, Any] = {"status": "sent"}
        give_up = time.monotonic() + OVERTAKEN_WITHIN
        while found.get("status") == "sent" and time.monotonic() < give_up:
            case = await self._stage.people.case(dispute, who[1], who[0])
            appeal = case.body.get("appeal")
            words = [*case.body.get("rulings", []), *case.body.get("offers", []), *([appeal] if appeal else [])]
            found = next((each for each in words if each["id"] == decided), {})
            await self._stage.conductor.quiet()
        if found.get("status") == "executed":
            return ACCEPTED
        return Reply(accepted=False, why=f"{found.get('status')}: {found.get('why')}")

    # -- what is heard -------------------------------------------------------------------------------------------------

    def _hear(self, event: Event, cause: str) -> None:
        if isinstance(event, CommandRefused):
            self._refused[event.cause] = event
        if isinstance(event, DisputeReturnShipped):
            self._ways_back[event.dispute] = (event.carrier, event.number)
        if isinstance(event, RefundOrdered):
            self._ordered[event.dispute] = event

    def _paid(self, name: str, source: str, answer: Event) -> None:
        self.given.append(Message(answer, name, source))

    def _instruction(self, dispute: str) -> tuple[str, int]:
        ordered = self._ordered.get(dispute)
        return (ordered.instruction, ordered.total) if ordered else (f"{dispute}-none", 1)

    # -- what is seen --------------------------------------------------------------------------------------------------

    async def dispute(self, name: str) -> Mapping[str, Any] | None:
        answer = await self._stage.people.dispute(self._cast.name(name))
        if not answer.granted:
            return None
        body = answer.body
        return {
            **{key: body[key] for key in PLAIN},
            "deadline": self._instant(body["deadline"]),
            "auto_escalation": self._instant(body["escalates_at"]),
            "counts_for_seller": bool(body["counts_for_seller"]),
        }

    async def order(self, name: str) -> Mapping[str, Any] | None:
        answer = await self._stage.people.order(self._cast.name(name))
        if not answer.granted:
            return None
        body = answer.body
        return {"unit_refunds": body["unit_refunds"], "paid_left": body["paid_left"], "disputes": len(body["disputes"])}

    async def metrics(self, seller: str) -> Mapping[str, Any]:
        return (await self._stage.people.metrics(self._cast.name(seller))).body

    async def party(self, dispute: str, party: str) -> Mapping[str, Any] | None:
        answer = await self._stage.people.dispute(self._cast.name(dispute))
        if not answer.granted:
            return None
        order = self._story.order_of(dispute)
        who = self._cast.name(order.buyer if party == "buyer" else order.seller)
        inbox = await self._stage.people.inbox(party, who)
        return {
            "tasks": [wait["task"] for wait in answer.body["waits"] if wait["party"] == party],
            "notices": [notice["type"] for notice in inbox if notice["dispute"] == self._cast.name(dispute)],
        }

    def _instant(self, said: str | None) -> datetime | None:
        return self._cast.when(datetime.fromisoformat(said)) if said else None

    # -- what is told --------------------------------------------------------------------------------------------------

    async def news(self) -> list[Entry]:
        return [in_own_words(entry, self._cast) for entry in await self._records.news()]

    async def faults(self) -> list[str]:
        return await self._records.faults()


PLAIN: Final = (
    *("state", "reason", "refund", "compensation", "freight", "paid_by", "seller_debt", "carrier_claim"),
    *("liable", "rule", "agreement"),
)


def _reply(answer: Answer) -> Reply:
    return ACCEPTED if answer.granted else Reply(accepted=False, why=answer.why)


async def play_act(stage: Stage, act: Act, *, twice: bool = False) -> Result:
    theatre = LiveTheatre(stage, act)
    try:
        return await play(act.story, theatre, twice=twice)
    finally:
        theatre.close()


def play_live(stories: list[Story], home: Path, *, twice: bool, say: Callable[[str], None]) -> Iterator[Result]:
    """On the stack that runs here under a simulated clock, else on one that is started for it and stopped after."""
    running = state.running(home)
    if running is not None:
        yield from _played(running, home, stories, None, twice)
        return
    before = min(story.instants[0] for story in stories) - timedelta(days=1)
    acts = program(stories, before)
    write(acts, home / POLICIES)
    with simulated_stack(home, before, fresh=True, say=say) as stack:
        yield from _played(stack, home, stories, acts, twice)


def _played(stack: Stack, home: Path, stories: list[Story], acts: list[Act] | None, twice: bool) -> Iterator[Result]:
    """acts: None where the stack was running before anybody knew of the stories' policies."""
    with asyncio.Runner() as runner:
        opened = open_stage(stack, home)
        stage = runner.run(opened.__aenter__())
        try:
            if acts is None:
                acts = program(stories, stage.now)
                if write(acts, home / POLICIES):
                    runner.run(restart_services(stage))
            for act in acts:
                yield runner.run(play_act(stage, act, twice=twice))
        finally:
            runner.run(opened.__aexit__(None, None, None))
