"""What the platform's people do at the desk: the address below a case, and the body that an agent sends there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aftersales_local.stories.steps import Step
from arbitration.domain.commands import AppealJudged, DeskCommand, ProposalMade, RulingMade, ServiceDecisionMade

# Who acts where a story names nobody; a supervisor, for whom no case is in another's hands.
NOBODY_NAMED: Final = ("supervisor", "desk")


@dataclass(frozen=True, slots=True)
class DeskWord:
    """`route` below `/cases/{case}`; `command` is what it becomes. second: the other agent of four eyes."""

    route: str
    command: type[DeskCommand]
    body: Mapping[str, Any]
    agent: tuple[str, str]
    second: str | None = None


def _ruling(step: Step) -> DeskWord:
    body = {"findings": dict(step.given.get("findings", {})), **_named(step, "depart")}
    return DeskWord("rulings", RulingMade, body, agent(step), step.given.get("second"))


def _proposal(step: Step) -> DeskWord:
    return DeskWord("proposals", ProposalMade, {"want": step.given["want"]}, agent(step))


def _service(outcome: str) -> Callable[[Step], DeskWord]:
    def word(step: Step) -> DeskWord:
        return DeskWord("service", ServiceDecisionMade, {"outcome": outcome, **_named(step, "amount")}, agent(step))

    return word


def agent(step: Step) -> tuple[str, str]:
    """Role and name."""
    named = step.given.get("agent")
    return NOBODY_NAMED if named is None else ("agent", named)


def extension(step: Step, order: str | None, dispute: str | None) -> dict[str, Any]:
    """The body of an extension, of a dispute and its order or of the lane that the step names."""
    about = {"lane": step.given["lane"]} if "lane" in step.given else {"order": order, "dispute": dispute}
    return {"days": step.given["days"], **about}


def _named(step: Step, key: str) -> dict[str, Any]:
    return {key: step.given[key]} if key in step.given else {}


def _appeal(step: Step) -> DeskWord:
    body = {"outcome": step.given["outcome"], **_named(step, "amount")}
    return DeskWord("appeal", AppealJudged, body, agent(step))


EXTEND: Final = "extend"
WORDS: Final[Mapping[str, Callable[[Step], DeskWord]]] = {
    "rule": _ruling,
    "propose": _proposal,
    "settle_service": _service("settled"),
    "reject_service": _service("rejected"),
    "hand_back": _service("handed_back"),
    "decide_appeal": _appeal,
}
