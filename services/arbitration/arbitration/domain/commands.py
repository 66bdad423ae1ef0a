"""What agents tell the desk. Agents speak over HTTP only, so these travel on no topic."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from aftersales.contracts.envelope import Amount, Country, Event, Id, Part, Token, Words
from aftersales.contracts.marketplace import Plan
from aftersales.contracts.tracking import Days
from arbitration.domain.findings import Stated
from arbitration.domain.offer import ServiceOutcome

# In a case's row with other rulings, and told to dispute as a sentence: shorter than what a note may say.
Reason = Annotated[Words, Field(max_length=1000)]


class DeskCommand(Event):
    """`agent` is who speaks, `role` what the token says of them."""

    case: Id
    agent: Id
    role: Literal["agent", "supervisor"] = "agent"

    @property
    def key(self) -> str:
        return self.case


class CaseTaken(DeskCommand):
    TYPE: ClassVar[str] = "arbitration.case_taken.v1"


class CaseHandedBack(DeskCommand):
    TYPE: ClassVar[str] = "arbitration.case_handed_back.v1"


class NoteAdded(DeskCommand):
    """An internal note: no party ever reads it."""

    TYPE: ClassVar[str] = "arbitration.note_added.v1"
    words: Words


class Departure(Part):
    """Instead of what is recommended: a plan, and why. compensation None keeps the recommended one (rulebook 8.45)."""

    remedy: Literal["refund", "return"]
    amount: Amount
    compensation: Amount | None = None
    reason: Reason | None = None


class ProposalMade(DeskCommand):
    """A plan for both parties. `seen`: as of a ruling."""

    TYPE: ClassVar[str] = "arbitration.proposal_made.v1"
    seen: int
    want: Plan


class ServiceDecisionMade(DeskCommand):
    """What the platform's own service makes of a dispute. amount: of a settlement alone. `seen`: as of a ruling."""

    TYPE: ClassVar[str] = "arbitration.service_decision_made.v1"
    seen: int
    outcome: ServiceOutcome
    amount: Amount | None = None


class RulingMade(DeskCommand):
    """`seen` is the version of the case that the agent judged by."""

    TYPE: ClassVar[str] = "arbitration.ruling_made.v1"
    seen: int
    findings: Stated
    depart: Departure | None = None


class AppealJudged(DeskCommand):
    """`amount`: with an overturned appeal of the buyer, what they get in all; None: what they had asked for last."""

    TYPE: ClassVar[str] = "arbitration.appeal_judged.v1"
    seen: int
    outcome: Literal["uphold", "overturn"]
    amount: Amount | None = None


class RulingSeconded(DeskCommand):
    """The second pair of eyes on a ruling above the limit."""

    TYPE: ClassVar[str] = "arbitration.ruling_seconded.v1"
    ruling: Id


class ExtensionGranted(Event):
    """More time for force majeure: of a dispute `order` and `dispute` are named, of a lane the other two."""

    TYPE: ClassVar[str] = "arbitration.extension_granted.v1"
    extension: Id
    agent: Id
    days: Days
    order: Id | None = None
    dispute: Id | None = None
    carrier_service: Token | None = None
    destination: Country | None = None

    @property
    def key(self) -> str:
        return self.extension
