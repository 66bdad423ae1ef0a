"""What travels out over the HTTP door. Money is minor units of the order's currency."""

from datetime import datetime

from pydantic import BaseModel, Field

from aftersales.contracts.dispute import DisputeState, Party, Wait
from aftersales.identity import Actor, Role
from aftersales.policy.book import PolicyBook
from dispute.domain import reasons
from dispute.domain.dispute import Dispute, Offer
from dispute.rules.actions import allowed_actions
from dispute.rules.waits import waits
from dispute.store.reads import Found


class Done(BaseModel):
    """A command was granted: how the dispute stands now."""

    dispute: str
    order: str
    state: DisputeState
    deadline: datetime | None
    step: int


class Action(BaseModel):
    """A step the caller may take, from an instant until before another; None is without an end."""

    action: str
    since: datetime = Field(serialization_alias="from")
    until: datetime | None


class PlanRead(BaseModel):
    """version: counts the plans of the party who made it."""

    remedy: str
    amount: int
    version: int


class BackRead(BaseModel):
    """Goods on their way back. status: the carrier's last scan. end: contested or lost, None where neither."""

    carrier: str
    number: str
    freight: int
    shipped_at: datetime
    status: str | None
    end: str | None


class ProposalRead(PlanRead):
    """The platform's plan. accepted: who has said yes."""

    accepted: tuple[Party, ...]


class Evidence(BaseModel):
    """Kinds named by each party, and those that are expected for the reason."""

    buyer: tuple[str, ...]
    seller: tuple[str, ...]
    expected: tuple[str, ...]


class PaidBy(BaseModel):
    """The net burden of each account."""

    escrow: int
    deposit: int
    platform_fund: int
    service_fund: int


class AppealRead(BaseModel):
    """by: the party. outcome: upheld, overturned, or undecided in time; None until then."""

    by: Party
    outcome: str | None


class DisputeRead(BaseModel):
    """A dispute. units: line to unit numbers. escalates_at: when the platform steps in by itself.

    buyer_plan, seller_plan: those that stand. proposal: the platform's, in this arbitration.

    appeal: None before there was one. frozen_at: since when a chargeback stops it, None while none is open.

    paid_by, seller_debt, carrier_claim: not shown to the buyer. counts_for_seller: None until ruled.
    """

    dispute: str
    order: str
    buyer: str
    seller: str
    state: DisputeState
    reason: str
    units: dict[str, tuple[int, ...]]
    currency: str
    opened_at: datetime
    since: datetime
    deadline: datetime | None
    escalates_at: datetime | None
    closed_at: datetime | None
    step: int
    waits: tuple[Wait, ...]
    buyer_plan: PlanRead | None
    seller_plan: PlanRead | None
    proposal: ProposalRead | None
    back: BackRead | None
    appeal: AppealRead | None
    frozen_at: datetime | None
    evidence: Evidence
    agreement: str | None
    rule: str | None
    liable: str | None
    counts_for_seller: bool | None
    cap: int
    refund: int
    compensation: int
    freight: int
    paid_by: PaidBy | None
    seller_debt: int | None
    carrier_claim: int | None
    policy: str
    allowed_actions: list[Action]
    statements: str
    history: str


class Listed(BaseModel):
    """A dispute as a list shows it. trouble: its refund is for operations to look at; shown to the platform alone."""

    dispute: str
    order: str
    buyer: str
    seller: str
    state: DisputeState
    reason: str
    currency: str
    opened_at: datetime
    deadline: datetime | None
    closed_at: datetime | None
    agreement: str | None
    refund: int
    compensation: int
    freight: int
    trouble: str | None


class Disputes(BaseModel):
    """next: the cursor of the next page, None on the last."""

    items: list[Listed]
    next: str | None


class Statement(BaseModel):
    """said: the command it came with."""

    party: Party
    said: str
    at: datetime
    words: str | None
    evidence: list[str]


class Statements(BaseModel):
    items: list[Statement]
    next: str | None


class OrderRead(BaseModel):
    """unit_refunds: line to the full refund of every unit. paid_left: what can still be refunded."""

    order: str
    buyer: str
    seller: str
    placed_at: datetime
    currency: str
    paid: int
    paid_left: int
    unit_refunds: dict[str, list[int]]
    disputes: list[str]
    policy: str


def read(found: Found, dispute: Dispute, caller: Actor, policies: PolicyBook) -> DisputeRead:
    order, terms, burden = found.order, found.order.known, dispute.paid_by
    private = caller.role is Role.BUYER
    return DisputeRead(
        **{name: getattr(dispute, name) for name in PLAIN},
        dispute=dispute.id,
        order=order.id,
        buyer=terms.buyer,
        seller=terms.seller,
        currency=terms.currency,
        deadline=dispute.due_at,
        waits=waits(dispute),
        buyer_plan=_plan(dispute.plan_of("buyer")),
        seller_plan=_plan(dispute.plan_of("seller")),
        proposal=_proposal(dispute),
        back=_back(dispute),
        evidence=Evidence(
            buyer=dispute.buyer_evidence,
            seller=dispute.seller_evidence,
            expected=reasons.REASONS[dispute.reason].evidence,
        ),
        cap=order.cap(dispute.units),
        paid_by=None if private else PaidBy(**{name: getattr(burden, name) for name in PaidBy.model_fields}),
        seller_debt=None if private else burden.debt,
        carrier_claim=None if private else dispute.carrier_claim,
        appeal=AppealRead(by=dispute.appeal.by, outcome=dispute.appeal.outcome) if dispute.appeal else None,
        frozen_at=order.chargeback_at if dispute.is_open else None,
        policy=terms.policy,
        allowed_actions=_actions(found, dispute, caller, policies),
        statements=f"/disputes/{dispute.id}/statements",
        history=f"/disputes/{dispute.id}/history",
    )


PLAIN = (
    *("state", "reason", "units", "opened_at", "since", "escalates_at", "closed_at", "step"),
    *("agreement", "rule", "liable", "counts_for_seller", "refund", "compensation", "freight"),
)


def _plan(offer: Offer | None) -> PlanRead | None:
    return PlanRead(remedy=offer.remedy, amount=offer.amount, version=offer.version) if offer else None


def _proposal(dispute: Dispute) -> ProposalRead | None:
    proposal = dispute.proposal
    if proposal is None:
        return None
    plan = proposal.plan
    return ProposalRead(remedy=plan.remedy, amount=plan.amount, version=plan.version, accepted=proposal.accepted)


def _back(dispute: Dispute) -> BackRead | None:
    back = dispute.back
    return BackRead(**{name: getattr(back, name) for name in BackRead.model_fields}) if back else None


def _actions(found: Found, dispute: Dispute, caller: Actor, policies: PolicyBook) -> list[Action]:
    """The platform's people act at their own desk; a marketplace speaks for parties and asks in their name."""
    if caller.role not in (Role.BUYER, Role.SELLER):
        return []
    party: Party = "buyer" if caller.role is Role.BUYER else "seller"
    allowed = allowed_actions(found.order, dispute, party, now=found.now, policies=policies, outages=found.outages)
    return [Action(action=action.name, since=action.since, until=action.until) for action in allowed]
