"""What dispute says: every step of a dispute, refusals of commands, and the settlements it orders."""

from typing import Annotated, ClassVar, Literal

from pydantic import StringConstraints

from aftersales.contracts.envelope import Amount, Currency, Event, Id, Instant, Part, Sentence, Token
from aftersales.contracts.file import File
from aftersales.contracts.marketplace import Plan

Party = Literal["buyer", "seller"]
# What a `ce_source` may be: printable ASCII.
Source = Annotated[str, StringConstraints(pattern=r"^[ -~]{1,200}$")]
DisputeState = Literal[
    "AWAITING_SELLER", "AWAITING_BUYER", "HELD_IN_TRANSIT",
    "ARBITRATION_EVIDENCE", "ARBITRATION_REVIEW", "PLATFORM_PROPOSED",
    "RETURN_AWAITING_SHIPMENT", "RETURN_IN_TRANSIT", "REFUND_PENDING", "SERVICE_REVIEW", "APPEAL_REVIEW",
    "CLOSED_REFUNDED", "CLOSED_REJECTED", "CLOSED_NO_RETURN", "CLOSED_CANCELLED", "CLOSED_EXTERNAL",
]  # fmt: skip
Agreement = Literal["consensus", "seller_timeout", "arbitration", "proposal", "service"]
Liable = Literal["seller", "buyer", "carrier", "platform", "nobody", "shared"]
Account = Literal[
    "buyer", "seller", "seller_escrow", "seller_deposit", "seller_debt",
    "platform_fund", "service_fund", "carrier_recourse",
]  # fmt: skip


class Wait(Part):
    """A party is asked for something until an instant.

    task: `answer`, `evidence`, `answer_proposal`, `ship_return`, `confirm_return`. silence: what comes of no answer,
    `plan_executed`, `escalated` or `cancelled`; None of a task from whose silence always the same comes.
    """

    party: Party
    task: Token
    until: Instant
    silence: Token | None = None


class DisputeStep(Event):
    """A step of a dispute. `step` counts them from 1 without gaps; `at` is when it was decided.

    deadline: of the state's timer, None where the state has none. waits: what each party is asked for now.
    policy: the version the order is pinned to, `standard@1#hash`.
    """

    TOPIC: ClassVar[str] = "dispute.disputes"
    order: Id
    dispute: Id
    buyer: Id
    seller: Id
    step: int
    at: Instant
    state: DisputeState
    reason: Token
    currency: Currency
    deadline: Instant | None
    waits: tuple[Wait, ...]
    policy: Sentence


class DisputeOpened(DisputeStep):
    TYPE: ClassVar[str] = "dispute.opened.v1"
    want: Plan
    held_until: Instant | None = None


class DisputePlanChanged(DisputeStep):
    TYPE: ClassVar[str] = "dispute.plan_changed.v1"
    want: Plan


class DisputePlanRefused(DisputeStep):
    """The seller said no; `counter` None is "no refund". In ARBITRATION_REVIEW `party` refused the platform's plan."""

    TYPE: ClassVar[str] = "dispute.plan_refused.v1"
    counter: Plan | None
    party: Party | None = None


class DisputeTakenOver(DisputeStep):
    """The platform's own after-sales service looks at it first; nothing is asked of the parties meanwhile."""

    TYPE: ClassVar[str] = "dispute.taken_over.v1"
    file: File


class DisputeHandedBack(DisputeStep):
    """The platform's service leaves it to the seller, who has all their time to answer; `silence`: it said nothing."""

    TYPE: ClassVar[str] = "dispute.handed_back.v1"
    how: Literal["by_hand", "silence"]


class DisputeProposed(DisputeStep):
    """The platform proposes a plan: carried out where both accept or are silent; a refusal brings the final ruling."""

    TYPE: ClassVar[str] = "dispute.proposed.v1"
    proposal: Id
    plan: Plan


class DisputeProposalAccepted(DisputeStep):
    """One party accepts the platform's plan; the other's answer or silence is waited for."""

    TYPE: ClassVar[str] = "dispute.proposal_accepted.v1"
    party: Party


class DisputeAgreed(DisputeStep):
    """A plan is executed: by consensus, by the seller's silence, by an accepted proposal, by the platform service."""

    TYPE: ClassVar[str] = "dispute.agreed.v1"
    agreement: Agreement
    plan: Plan


class DisputeHoldEnded(DisputeStep):
    """A dispute held while its parcel travelled goes on: the parcel was delivered, or something happened to it."""

    TYPE: ClassVar[str] = "dispute.hold_ended.v1"
    cause: Literal["delivered", "anomaly", "promise_broken"]


class DisputeEvidenceAdded(DisputeStep):
    TYPE: ClassVar[str] = "dispute.evidence_added.v1"
    party: Party
    evidence: tuple[Token, ...]


class DisputeEvidenceCompleted(DisputeStep):
    """evidence: what came along with the word that there is no more."""

    TYPE: ClassVar[str] = "dispute.evidence_completed.v1"
    party: Party
    evidence: tuple[Token, ...] = ()


class DisputeEscalated(DisputeStep):
    TYPE: ClassVar[str] = "dispute.escalated.v1"
    how: Literal["by_hand", "automatic", "promise_broken", "return_contested", "return_lost"]
    file: File


class DisputeReviewStarted(DisputeStep):
    """The evidence window is over; the desk decides on what is on file."""

    TYPE: ClassVar[str] = "dispute.review_started.v1"
    file: File


class DisputeFactsChanged(DisputeStep):
    """A fact reached a dispute that the desk has before it."""

    TYPE: ClassVar[str] = "dispute.facts_changed.v1"
    file: File


class DisputeRuled(DisputeStep):
    """The desk's ruling is executed."""

    TYPE: ClassVar[str] = "dispute.ruled.v1"
    ruling: Id
    rule: Token
    liable: Liable
    refund: Amount
    compensation: Amount
    freight: Amount
    remedy: Literal["refund", "return", "none"]


class RulingOvertaken(Event):
    """The desk's word met a dispute that no longer waited for it, or an amount above the cap; nothing changed.

    ruling: the id of the ruling, the proposal or the decision of the platform's service.
    """

    TYPE: ClassVar[str] = "dispute.ruling_overtaken.v1"
    TOPIC: ClassVar[str] = "dispute.disputes"
    order: Id
    dispute: Id
    ruling: Id
    slug: Token | Id
    sentence: Sentence
    state: DisputeState | None


class DisputeReturnShipped(DisputeStep):
    """The buyer sent the goods back. freight: what that cost, proven."""

    TYPE: ClassVar[str] = "dispute.return_shipped.v1"
    carrier: Token
    number: Id
    freight: Amount


class ReturnSent(Event):
    """Goods are on their way back under this number; order-tracking follows it. since: when they could be sent."""

    TYPE: ClassVar[str] = "dispute.return_sent.v1"
    TOPIC: ClassVar[str] = "dispute.returns"
    order: Id
    dispute: Id
    carrier: Token
    number: Id
    at: Instant
    since: Instant | None = None


class DisputeReturnDelivered(DisputeStep):
    """The carrier says that the goods are with the seller, who may now have less time to confirm or contest them."""

    TYPE: ClassVar[str] = "dispute.return_delivered.v1"


class DisputeReturnConfirmed(DisputeStep):
    """The goods count as returned: the seller said so, or was silent, or the carrier lost them at another's risk."""

    TYPE: ClassVar[str] = "dispute.return_confirmed.v1"
    how: Literal["by_hand", "silence", "lost"]


class DisputeClosed(DisputeStep):
    """The end. Amounts are what was paid in all; `liable` and `rule` None where nobody ruled."""

    TYPE: ClassVar[str] = "dispute.closed.v1"
    agreement: Agreement | None
    rule: Token | None
    liable: Liable | None
    refund: Amount
    compensation: Amount
    freight: Amount


class CommandRefused(Event):
    """A party's command was understood and not granted. `cause` is the id of the command.

    party: who `by` is on the order; None where that is not known.
    """

    TYPE: ClassVar[str] = "dispute.refused.v1"
    TOPIC: ClassVar[str] = "dispute.disputes"
    order: Id
    dispute: Id
    by: Id
    party: Party | None = None
    command: Sentence
    slug: Sentence
    sentence: Sentence
    cause: Sentence
    at: Instant


class Entry(Part):
    """A line of a balanced journal; entries of a journal sum to zero. Positive is received by the account."""

    account: Account
    amount: int


class Settlement(Event):
    TOPIC: ClassVar[str] = "dispute.settlements"
    order: Id
    dispute: Id
    buyer: Id
    seller: Id
    currency: Currency
    at: Instant


class RefundOrdered(Settlement):
    """Pay the buyer `total` under the idempotency key `instruction`; only the source `marketplace` can answer."""

    TYPE: ClassVar[str] = "dispute.refund_ordered.v1"
    instruction: Id
    refund: Amount
    compensation: Amount
    freight: Amount
    total: Amount
    entries: tuple[Entry, ...]
    attempt: int
    marketplace: Source | None = None


class FundsHeld(Settlement):
    """The seller's funds of this order stay in escrow while the dispute is open."""

    TYPE: ClassVar[str] = "dispute.funds_held.v1"
    amount: Amount


class FundsReleased(Settlement):
    """This dispute no longer holds the seller's funds (rulebook 8.7)."""

    TYPE: ClassVar[str] = "dispute.funds_released.v1"
    amount: Amount
