"""A dispute: our record of a buyer's complaint about some units of an order."""

from datetime import datetime, timedelta
from functools import reduce
from typing import Final, Literal

from msgspec import Struct

from aftersales.contracts.appeal import AppealOutcome
from aftersales.contracts.arbitration import FreightBearer, Payer
from aftersales.contracts.carrier import ScanStatus
from aftersales.contracts.dispute import Agreement, DisputeState, Liable, Party
from aftersales.contracts.marketplace import Plan
from dispute.domain import states
from dispute.domain.settlement import Burden, Settlement

Remedy = Literal["refund", "return"]
NOT_MOVED: Final = timedelta(0)


class Offer(Struct, frozen=True, omit_defaults=True):
    """A party's plan. `version` counts the party's plans; the newest stands until another is made (rulebook 8.26)."""

    remedy: Remedy
    amount: int
    version: int

    def plan(self) -> Plan:
        return Plan(remedy=self.remedy, amount=self.amount)


class Owed(Struct, frozen=True, omit_defaults=True):
    """What the buyer gets once the goods are back, as agreed or ruled; the freight is added when it is proven.

    payer: who bears the refund where the seller does not. freight_bearer: as ruled; None: by the reason (rulebook 8.8).
    """

    refund: int
    compensation: int
    payer: Payer
    carrier_claim: int
    freight_bearer: FreightBearer | None = None


class GoodsBack(Struct, frozen=True, omit_defaults=True):
    """How the buyer sent the goods back. freight: proven, in minor units.

    status: the carrier's last scan. delivered_at: when we were told first that the seller has them. end: what kept the
    plan from being carried out; with it no earlier plan stands (rulebook 8.26). lost_frozen: lost during a chargeback.
    """

    carrier: str
    number: str
    freight: int
    shipped_at: datetime
    status: ScanStatus | None = None
    delivered_at: datetime | None = None
    end: Literal["contested", "lost"] | None = None
    lost_frozen: bool = False


class Proposal(Struct, frozen=True, omit_defaults=True):
    """The platform's plan in this arbitration. accepted: who has said yes."""

    id: str
    plan: Offer
    accepted: tuple[Party, ...] = ()


class Appeal(Struct, frozen=True, omit_defaults=True):
    """A party's appeal. back_to, closed_at: how and when the dispute had ended. decision: the desk's, once made."""

    by: Party
    back_to: DisputeState
    closed_at: datetime
    decision: str | None = None
    outcome: AppealOutcome | None = None


class Dispute(Struct, frozen=True, omit_defaults=True):
    """One dispute, whatever its state.

    units: line to disputed unit numbers. since: when the state was entered. deadline: of the state's timer, None where
    it has none; AWAITING_BUYER waits for `auto_at` unless the buyer is asked to confirm a delivery (`confirming`).
    armed_at: when the deadline was set, where that was after `since`.
    review_fallback_at: the second date of ARBITRATION_REVIEW (rulebook 8.22). clock_at, auto_at: the start of the
    escalation clock and automatic escalation; None before it starts. manual_from_moved, manual_to_moved: by how much
    the ends of the manual window were moved since. answered: the seller has refused or countered.
    done: the parties with no more evidence, in the present evidence window. held: funds kept in escrow for it.
    owed, back: only with a return. proposal: the platform's, one an arbitration; None before it.
    service: the last decision of the platform's own service, None before one.
    trouble: the payment is for operations to look at. counts_for_seller: None until ruled. appeal_moved: by how much
    the end of the window to appeal was moved. judges: the agents who ruled, seconded or settled it. appeal: None before
    there was one.
    """

    id: str
    units: dict[str, tuple[int, ...]]
    reason: str
    state: DisputeState
    opened_at: datetime
    since: datetime
    wanted: Remedy
    step: int = 0
    deadline: datetime | None = None
    armed_at: datetime | None = None
    review_fallback_at: datetime | None = None
    buyer_plan: Offer | None = None
    seller_plan: Offer | None = None
    buyer_evidence: tuple[str, ...] = ()
    seller_evidence: tuple[str, ...] = ()
    done: tuple[Party, ...] = ()
    clock_at: datetime | None = None
    auto_at: datetime | None = None
    manual_from_moved: timedelta = NOT_MOVED
    manual_to_moved: timedelta = NOT_MOVED
    answered: bool = False
    confirming: bool = False
    held: int = 0
    settlements: tuple[Settlement, ...] = ()
    trouble: Literal["refund_failed", "refund_unanswered", "amount_differs"] | None = None
    owed: Owed | None = None
    back: GoodsBack | None = None
    proposal: Proposal | None = None
    service: str | None = None
    agreement: Agreement | None = None
    rule: str | None = None
    liable: Liable | None = None
    ruling: str | None = None
    counts_for_seller: bool | None = None
    escalated_at: datetime | None = None
    closed_at: datetime | None = None
    appeal_moved: timedelta = NOT_MOVED
    judges: tuple[str, ...] = ()
    appeal: Appeal | None = None

    @property
    def is_open(self) -> bool:
        return self.state in states.OPEN

    @property
    def due_at(self) -> datetime | None:
        """The deadline a reader is shown."""
        waits_for_escalation = self.state == states.AWAITING_BUYER and not self.confirming
        return self.auto_at if waits_for_escalation else self.deadline

    @property
    def escalates_at(self) -> datetime | None:
        """When it escalates by itself; None outside AWAITING_* and while the buyer is asked to confirm."""
        return self.auto_at if self.state in states.AWAITING and not self.confirming else None

    @property
    def pending(self) -> Settlement | None:
        """The settlement that the payment provider has not executed yet."""
        return next((settlement for settlement in self.settlements if settlement.executed_at is None), None)

    @property
    def refund(self) -> int:
        return sum(settlement.refund for settlement in self.settlements)

    @property
    def compensation(self) -> int:
        return sum(settlement.compensation for settlement in self.settlements)

    @property
    def freight(self) -> int:
        return sum(settlement.freight for settlement in self.settlements)

    @property
    def carrier_claim(self) -> int:
        return sum(settlement.carrier_claim for settlement in self.settlements)

    @property
    def paid_by(self) -> Burden:
        return reduce(Burden.__add__, (settlement.burden for settlement in self.settlements), Burden())

    def plan_of(self, party: Party) -> Offer | None:
        """The standing plan of a party; none stands once a return was contested or lost (rulebook 8.26)."""
        if self.back is not None and self.back.end is not None:
            return None
        return self.buyer_plan if party == "buyer" else self.seller_plan

    def evidence_of(self, party: Party) -> tuple[str, ...]:
        return self.buyer_evidence if party == "buyer" else self.seller_evidence
