"""Plays a story on a theatre: in memory or on the running stack, once or with every message twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from aftersales_local.stories import desk, expectations
from aftersales_local.stories.messages import Message, Speech, Unsayable
from aftersales_local.stories.steps import Step
from aftersales_local.stories.story import Story
from aftersales_local.stories.timeline import Entry


@dataclass(frozen=True, slots=True)
class Reply:
    """What the system made of a step. waits: it is kept until its order is heard of, and decided then."""

    accepted: bool
    why: str = ""
    waits: bool = False


ACCEPTED: Final = Reply(accepted=True)
WAITS: Final = Reply(accepted=True, waits=True)
UNHEARD: Final = Reply(accepted=False, why="no service has a rule for it")
# News of a dispute that is closed is kept and changes nothing, which refuses nobody (rulebook 8.34).
AFTER_THE_END: Final = "after-the-end"


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the platform's people did at the desk, so that it can be done again."""

    step: Step
    key: str


Given = Message | Ruled


class Theatre(Protocol):
    """Where a story is played. `given` grows by everything that was said, also by the payment provider."""

    given: list[Given]
    speech: Speech

    async def advance(self, until: datetime) -> None:
        """Let everything happen that falls due by then, in the story's own time."""

    async def say(self, message: Message, step: Step | None = None) -> Reply: ...

    async def at_the_desk(self, step: Step) -> Reply: ...

    async def after_waiting(self, message: Message) -> Reply:
        """What was made of a command in the end that waited for its order."""

    async def again(self, given: Given) -> None:
        """The same, with the same id."""

    async def dispute(self, name: str) -> Mapping[str, Any] | None:
        """The expectation keys of a dispute; None when there is none."""

    async def order(self, name: str) -> Mapping[str, Any] | None: ...

    async def metrics(self, seller: str) -> Mapping[str, Any]:
        """The seller's rates over the 30 days before now."""

    async def party(self, dispute: str, party: str) -> Mapping[str, Any] | None: ...

    async def news(self) -> list[Entry]:
        """What happened since it was asked last."""

    async def faults(self) -> list[str]:
        """What went wrong in the system itself, such as a parked subject."""


@dataclass
class Result:
    story: Story
    broken: list[str] = field(default_factory=list)
    timeline: list[Entry] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        return not self.broken


async def play(story: Story, theatre: Theatre, *, twice: bool = False) -> Result:
    """Play to the end, whatever breaks on the way."""
    result = Result(story)
    await _Performance(story, theatre, result, twice).run()
    result.timeline += await theatre.news()
    result.broken += await theatre.faults()
    return result


class _Performance:
    def __init__(self, story: Story, theatre: Theatre, result: Result, twice: bool) -> None:
        self._story = story
        self._theatre = theatre
        self._result = result
        self._twice = twice
        # What was said since the step before the last one: the next step is followed by its repetition.
        self._repeated = 0
        self._waiting: list[tuple[Step, Message]] = []

    async def run(self) -> None:
        theatre = self._theatre
        instants = self._story.instants
        await theatre.advance(instants[0])
        for message in theatre.speech.opening():
            await theatre.say(message)
        for at in instants:
            await theatre.advance(at)
            for order in self._story.orders:
                if order.placed.placed_at == at:
                    await self._perform(None, theatre.speech.placed(order.placed))
            for step in self._story.steps:
                if step.at == at:
                    await self._step(step)
            await theatre.advance(at)
            if self._twice and at == instants[-1]:
                await self._repeat_to_the_end()
            await self._check(at)
            # A deadline that has fired is forgotten by the system, so what was armed is asked for meanwhile.
            self._result.timeline += await theatre.news()
        for step, message in self._waiting:
            self._judge(step, await theatre.after_waiting(message))

    async def _step(self, step: Step) -> None:
        try:
            message = None if step.do in (*desk.WORDS, desk.EXTEND) else self._theatre.speech.of(step)
        except Unsayable as problem:
            reply = Reply(accepted=False, why=str(problem))
        else:
            reply = await self._perform(step, message)
            if reply.waits and message is not None and message.command:
                self._waiting.append((step, message))
                return
        self._judge(step, reply)

    def _judge(self, step: Step, reply: Reply) -> None:
        if reply.accepted and step.refused:
            self._result.broken.append(f"{step.title} refused, was accepted")
        if not reply.accepted and not step.refused:
            self._result.broken.append(f"{step.title} accepted, was refused: {reply.why}")

    async def _perform(self, step: Step | None, message: Message | None) -> Reply:
        before = len(self._theatre.given)
        if message is not None:
            reply = await self._theatre.say(message, step)
        else:
            assert step is not None
            reply = await self._theatre.at_the_desk(step)
        if self._twice:
            await self._repeat(before)
        return reply

    async def _repeat(self, until: int) -> None:
        """Everything said before the step that was just performed, and not repeated yet."""
        again = self._theatre.given[self._repeated : until]
        self._repeated = until
        for given in again:
            await self._theatre.again(given)

    async def _repeat_to_the_end(self) -> None:
        """The last messages a second time, the facts a third time; nothing that can be read may change by it."""
        before = await self._everything()
        await self._repeat(len(self._theatre.given))
        for given in list(self._theatre.given):
            if isinstance(given, Message) and given.fact:
                await self._theatre.again(given)
        after = await self._everything()
        for name, found in before.items():
            if after[name] != found:
                self._result.broken.append(f"{name} unchanged by repeated messages, was changed")

    async def _everything(self) -> dict[str, Any]:
        disputes = dict.fromkeys(step.given["dispute"] for step in self._story.steps if "dispute" in step.given)
        orders = [each.placed.order for each in self._story.orders]
        return {
            **{f"dispute {name}": await self._theatre.dispute(name) for name in disputes},
            **{f"order {name}": await self._theatre.order(name) for name in orders},
        }

    async def _check(self, at: datetime) -> None:
        for wanted in self._story.then:
            if wanted.at != at:
                continue
            if wanted.kind == "party":
                found = await self._theatre.party(wanted.name, wanted.party or "")
            elif wanted.kind == "dispute":
                found = await self._theatre.dispute(wanted.name)
            elif wanted.kind == "seller":
                found = {"metrics": await self._theatre.metrics(wanted.name)}
            else:
                found = await self._theatre.order(wanted.name)
            self._result.broken += expectations.compare(wanted, found)
