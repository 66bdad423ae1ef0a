"""What the arbitration desk says."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from aftersales.contracts.appeal import AppealOutcome
from aftersales.contracts.dispute import Liable
from aftersales.contracts.envelope import Amount, Country, Event, Id, Instant, Sentence, Token
from aftersales.contracts.marketplace import Plan
from aftersales.contracts.tracking import Days

Payer = Literal["escrow", "platform_fund", "service_fund"]
FreightBearer = Literal["seller", "platform", "reason"]


class CaseEvent(Event):
    TOPIC: ClassVar[str] = "arbitration.cases"
    order: Id
    dispute: Id
    case: Id
    at: Instant


class CaseOpened(CaseEvent):
    TYPE: ClassVar[str] = "arbitration.case_opened.v1"


class CaseAssigned(CaseEvent):
    """`agent` None: handed back to the queue. `how`: taken by the agent, or reassigned by the deadline."""

    TYPE: ClassVar[str] = "arbitration.case_assigned.v1"
    agent: Id | None
    how: Literal["taken", "handed_back", "reassigned"]


class CaseRuled(CaseEvent):
    """A ruling is sent to dispute, which answers `dispute.ruled` (executed) or `dispute.ruling_overtaken`.

    payer: who bears the refund where the seller does not. departed: the agent's reason for leaving the recommendation.
    agent: None for the fallback ruling. explanation: rule, findings, facts, policy and how each amount was computed.
    carrier_claim: what the carrier owes in recourse. freight_bearer: who bears the way back of a return, where it is
    not the one of the plan that it takes the place of; `reason`: by the reason of the dispute (rulebook 8.8).
    """

    TYPE: ClassVar[str] = "arbitration.case_ruled.v1"
    ruling: Id
    rule: Token
    liable: Liable
    remedy: Literal["refund", "return", "none"]
    refund: Amount
    compensation: Amount
    freight: Amount
    payer: Payer = "escrow"
    carrier_claim: Amount = 0
    freight_bearer: FreightBearer | None = None
    counts_for_seller: bool
    agent: Id | None
    second: Id | None = None
    departed: Sentence | None = None
    policy: Sentence
    explanation: Annotated[dict[str, Any], Field(default_factory=dict)]


class CaseProposed(CaseEvent):
    """A plan of the platform's own for both parties; dispute answers `dispute.proposed` or `dispute.ruling_overtaken`.

    proposal: its id. One proposal an arbitration (rulebook, transition 16).
    """

    TYPE: ClassVar[str] = "arbitration.case_proposed.v1"
    proposal: Id
    plan: Plan
    agent: Id
    policy: Sentence


class ServiceDecided(CaseEvent):
    """The platform's own after-sales service settles, rejects, or hands the dispute back to the seller (transition 23).

    decision: its id; dispute executes it or answers `dispute.ruling_overtaken`. amount: the refund, 0 unless settled.
    agent: None where the time of `service.review` ran out.
    """

    TYPE: ClassVar[str] = "arbitration.service_decided.v1"
    decision: Id
    outcome: Literal["settled", "rejected", "handed_back"]
    amount: Amount
    agent: Id | None
    policy: Sentence


class AppealDecided(CaseEvent):
    """The desk's word on an appeal is sent to dispute, which answers `dispute.appeal_decided` or `ruling_overtaken`.

    agent: None where the time of `appeal.review` ran out, which leaves everything as it was. amount: what the buyer is
    to get in all, where the agent says other than the buyer's last plan.
    """

    TYPE: ClassVar[str] = "arbitration.appeal_decided.v1"
    decision: Id
    outcome: AppealOutcome
    amount: Amount | None = None
    agent: Id | None


class CaseClosed(CaseEvent):
    """The dispute ended or went on without a ruling of ours."""

    TYPE: ClassVar[str] = "arbitration.case_closed.v1"
    why: Sentence


class ExtensionEvent(Event):
    """Force majeure: the platform grants time (rulebook transition 28 and 8.21). at: when it was granted."""

    TOPIC: ClassVar[str] = "arbitration.extensions"
    extension: Id
    days: Days
    at: Instant


class DisputeExtensionGranted(ExtensionEvent):
    """Sent to dispute, which answers `dispute.extended` or `dispute.extension_refused`. agent: who granted it."""

    TYPE: ClassVar[str] = "arbitration.dispute_extended.v1"
    order: Id
    dispute: Id
    agent: Id


class ParcelsExtended(ExtensionEvent):
    """The promise of a held dispute's parcels moves, for dispute has extended the dispute."""

    TYPE: ClassVar[str] = "arbitration.parcels_extended.v1"
    order: Id
    dispute: Id
    parcels: tuple[Id, ...]


class LaneExtended(ExtensionEvent):
    """The promise of every parcel on a lane moves that is neither delivered nor past its promise."""

    TYPE: ClassVar[str] = "arbitration.lane_extended.v1"
    carrier_service: Token
    destination: Country
    agent: Id

    @property
    def key(self) -> str:
        """The lane."""
        return lane(self.carrier_service, self.destination)


def lane(carrier_service: str, destination: str) -> str:
    """A way that parcels travel, as one name; carrier services are named in upper or lower case alike."""
    return f"{carrier_service.upper()}:{destination}"
