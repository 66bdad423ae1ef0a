"""What travels over the desk's HTTP door."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from pydantic import BaseModel, Field

from aftersales.contracts.envelope import Amount, Words
from aftersales.explanation import english
from aftersales.identity import Actor
from aftersales.runtime.http import RequestModel
from arbitration.domain.case import Case
from arbitration.domain.commands import Reason
from arbitration.domain.findings import Stated
from arbitration.domain.offer import ServiceOutcome
from arbitration.rules.actions import allowed_actions


class Depart(RequestModel):
    """A plan of the agent's own, and why. compensation: the recommended one where it is left out."""

    remedy: Literal["refund", "return"]
    amount: Amount
    compensation: Amount | None = None
    reason: Reason


class NewRuling(RequestModel):
    """What was found; the ruling follows from it, unless the agent departs."""

    findings: Stated = Field(default_factory=dict)
    depart: Depart | None = None


class WantedPlan(RequestModel):
    """amount: minor units."""

    remedy: Literal["refund", "return"]
    amount: Amount


class NewProposal(RequestModel):
    """A plan that both parties may accept or refuse."""

    want: WantedPlan


class NewServiceDecision(RequestModel):
    """amount: with `settled` alone, in minor units."""

    outcome: ServiceOutcome
    amount: Amount | None = None


class NewAppealDecision(RequestModel):
    """amount: with an overturned appeal of the buyer, what they get in all, in minor units; else without effect.

    Left out: what the buyer had asked for last.
    """

    outcome: Literal["uphold", "overturn"]
    amount: Amount | None = None


class NewNote(RequestModel):
    words: Words


class Question(RequestModel):
    """What would be recommended, had this been found?"""

    findings: Stated = Field(default_factory=dict)


class Listed(BaseModel):
    """A case as the queue shows it. amount: minor units, what the buyer asks for. due: the next deadline."""

    case: str
    order: str
    buyer: str
    seller: str
    status: str
    agent: str | None
    reason: str
    currency: str
    amount: int
    opened_at: datetime
    due: datetime | None


class Queue(BaseModel):
    """next: the cursor of the next page, None on the last."""

    items: list[Listed]
    next: str | None


class Action(BaseModel):
    name: str
    since: datetime = Field(serialization_alias="from")
    until: datetime | None


class Read(BaseModel):
    """A case. due: its next deadline. file: the facts that rulings rest on. version: the ETag, for If-Match.

    rulings: each with its explanation and, as `words`, the same in English.
    offers: proposals, and what the platform's own service decided. proposed_until: the parties may answer until then.
    frozen_at: since when a chargeback stops the case. appeal: against what was decided, and what became of it.
    """

    case: str
    order: str
    buyer: str
    seller: str
    reason: str
    currency: str
    policy: str
    status: str
    agent: str | None
    version: int
    due: datetime | None
    evidence_until: datetime | None
    review_at: datetime | None
    reassign_at: datetime | None
    fallback_at: datetime | None
    done: tuple[str, ...]
    file: dict[str, Any]
    rounds: list[dict[str, Any]]
    rulings: list[dict[str, Any]]
    history: str
    offers: list[dict[str, Any]]
    service_until: datetime | None
    proposed_until: datetime | None
    frozen_at: datetime | None
    appeal: dict[str, Any] | None
    allowed_actions: list[Action]


class Recommended(BaseModel):
    """What the table recommends. Amounts in minor units; `breakdown`: how they came about; `rests_on`: policy.

    second_needed: refund and compensation are above the limit of four eyes.
    """

    rule: str
    title: str
    liable: str
    remedy: str
    refund: int
    compensation: int
    freight: int
    payer: str
    carrier_claim: int
    counts_for_seller: bool
    breakdown: dict[str, Any]
    facts: dict[str, Any]
    rests_on: dict[str, Any]
    policy: str
    second_needed: bool
    version: int


class Note(BaseModel):
    note: str
    agent: str
    words: str
    written_at: datetime


class Notes(BaseModel):
    items: list[Note]
    next: str | None


class Changed(BaseModel):
    """What became of a command."""

    case: str
    status: str
    agent: str | None
    version: int


class Ruled(Changed):
    """next: what must happen before the ruling is sent, where something must."""

    ruling: str
    ruling_status: str
    next: str | None = None


class Offered(Changed):
    """A proposal, or a decision of the service or on an appeal: `sent` until dispute answers.

    The case tells what became of it."""

    decision: str
    decision_status: str


class Noted(BaseModel):
    note: str


SAME = (
    *("order", "buyer", "seller", "reason", "currency", "policy", "status", "agent", "version"),
    *("evidence_until", "review_at", "reassign_at", "fallback_at", "done", "file", "rounds", "rulings"),
    *("offers", "service_until", "proposed_until", "frozen_at", "appeal"),
)


def read(case: Case, actor: Actor) -> Read:
    """The case as this agent sees it."""
    actions = [Action(name=a.name, since=a.since, until=a.until) for a in allowed_actions(case, actor)]
    told = {name: whole(getattr(case, name)) for name in SAME}
    for ruling in told["rulings"]:
        ruling["words"] = in_words(ruling, case.currency)
    return Read(**told, case=case.id, due=case.due, history=f"/cases/{case.id}/history", allowed_actions=actions)


def in_words(ruling: Mapping[str, Any], currency: str) -> list[str]:
    """Why a ruling is as it is, in English."""
    return english(ruling["explanation"], currency=currency, what="the case's file", arrived_at=ruling["made_at"])


def whole(value: Any) -> Any:
    """Structs as objects, entries that have their defaults included, as rows leave them out."""
    if isinstance(value, msgspec.Struct):
        return {name: whole(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, tuple):
        return [whole(entry) for entry in value]
    return value
