"""What stories decide, each decision under the rule it rests on."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from aftersales.contracts.arbitration import CaseRuled
from aftersales.contracts.envelope import Event
from aftersales.decision import Outcome, SubjectRef
from aftersales.explanation import english, happening
from aftersales.runtime.unit.explain import explained
from aftersales.service import On, OnTimer
from aftersales_local.places import ROOT
from aftersales_local.stories.kernel import Happened
from aftersales_local.stories.memory import SERVICES, MemoryTheatre
from aftersales_local.stories.player import play
from aftersales_local.stories.story import load
from arbitration.rules.table import REPLACEMENTS, ROWS

STORIES: Final = ROOT / "docs" / "stories"
BY_NAME: Final = {service.name: service for service in SERVICES}
# R25 takes its share of another row, so it has none itself.
RULINGS: Final = frozenset(("R25", *(row.number for row in (*ROWS, *(other.row for other in REPLACEMENTS)))))
BY_AN_AGENT: Final = "arbitration.ruling_made"
# A notice is decided alike for every step.
ONE_FOR_ALL: Final = ("M6",)


class Example(NamedTuple):
    """A decision of a story, and the state that it found.

    follows: what dispute then decided, where this is a ruling.
    """

    story: str
    currency: str
    happened: Happened
    before: Any
    follows: "Example | None" = None

    @property
    def what(self) -> str:
        event = self.happened.event
        return event.name() if isinstance(event, Event) else f"timer:{event.kind}"

    @property
    def explanation(self) -> Mapping[str, Any]:
        """As history keeps it and a reader gets it."""
        said: Mapping[str, Any] = orjson.loads(orjson.dumps(explained(self.happened.decision, self._asked())))
        return said

    @property
    def words(self) -> list[str]:
        return english(self.explanation, currency=self.currency, what=self.what, arrived_at=self.happened.at)

    @property
    def subject(self) -> str | None:
        """What its section is about: its rule, and how that came to be asked; None for what nobody would look up."""
        decision, what = self.happened.decision, happening(self.what)
        if decision.because is None:
            refused = decision.outcome is Outcome.REFUSED
            return f"refused: {decision.slug} on {what} ({self.happened.service})" if refused else None
        rule = decision.because.rule
        if rule in RULINGS:
            return rule if what == BY_AN_AGENT else f"a ruling on {what}"
        if rule in ONE_FOR_ALL:
            return rule
        slug = "" if rule.startswith("refused") or decision.slug is None else f": {decision.slug}"
        return f"{rule} on {what}{slug}"

    def _asked(self) -> On | OnTimer:
        service, event = BY_NAME[self.happened.service], self.happened.event
        on = service.on_event(type(event)) if isinstance(event, Event) else service.on_timer(event.kind)
        assert on is not None
        return on


def decided(path: Path) -> list[Example]:
    """Everything that a story decides, in order."""
    story = load(path)
    theatre = MemoryTheatre(story)
    asyncio.run(play(story, theatre))
    found = list(_with_states(path.stem, story.orders[0].placed.currency, theatre.world.log))
    return [example._replace(follows=_executed(found[index:])) for index, example in enumerate(found)]


def telling(examples: Sequence[Example]) -> dict[str, Example]:
    """Of each section's decisions the one whose explanation says most; of several the first."""
    found: dict[str, tuple[int, Example]] = {}
    for example in examples:
        subject = example.subject
        if subject is not None:
            length = sum(map(len, example.words))
            if subject not in found or length > found[subject][0]:
                found[subject] = length, example
    return {subject: example for subject, (_, example) in found.items()}


def _with_states(story: str, currency: str, log: Sequence[Happened]) -> Iterator[Example]:
    states: dict[tuple[str, SubjectRef], Any] = {}
    for happened in log:
        decision, service = happened.decision, happened.service
        yield Example(story, currency, happened, states.get((service, happened.subject)))
        if decision.state is not None:
            states[service, happened.subject] = decision.state
        states.update({(service, subject): state for subject, state in decision.others.items()})


def _executed(examples: Sequence[Example]) -> Example | None:
    because = examples[0].happened.decision.because
    if because is None or because.rule not in RULINGS or examples[0].what != BY_AN_AGENT:
        return None
    return next((each for each in examples if isinstance(each.happened.event, CaseRuled)), None)
