"""Executing what was agreed, fell due or was ruled: amounts, payers, the journal and the instruction (6, 8.5, 8.6)."""

from datetime import timedelta
from typing import Any, Final

from msgspec.structs import asdict, replace

from aftersales.contracts.arbitration import FreightBearer
from aftersales.contracts.dispute import (
    Agreement,
    DisputeAgreed,
    DisputeClosed,
    DisputeState,
    FundsReleased,
    RefundOrdered,
)
from aftersales.contracts.marketplace import ComplaintMade, PlanChanged, PlanRefused
from aftersales.decision import Source
from aftersales.identity import effect_id
from aftersales.policy import amounts
from dispute.domain import states, transitions
from dispute.domain.dispute import Dispute, Offer, Owed
from dispute.domain.seller import Debt
from dispute.domain.settlement import Burden, Settlement, shares
from dispute.rules.draft import Draft
from dispute.rules.freight import by_reason, with_freight
from dispute.rules.journal import entries, write
from dispute.rules.sums import Sums

COMPLAINED, CHANGED, COUNTERED = ComplaintMade.name(), PlanChanged.name(), PlanRefused.name()
# The provider answers within a day, or operations are shown the refund (rulebook section 4).
ALARM_AFTER: Final = timedelta(hours=24)


def execute_plan(draft: Draft, dispute: Dispute, plan: Offer, agreement: Agreement, number: str) -> Dispute:
    """A plan both stand by, or that the seller was silent about: paid, or closed where nothing is to be paid."""
    cap = draft.order.cap(dispute.units)
    refund = min(plan.amount, cap)
    draft.facts.update(plan=plan.amount, cap=cap, refund=refund)
    draft.amount("refund", refund, "the plan, at most the cap", plan=plan.amount, cap=cap)
    if dispute.state in states.AWAITING and not dispute.confirming:
        # Every plan of the one side starts the other one's wait anew.
        draft.sources["plan"] = Source(_made_by(dispute, plan), dispute.since)
    agreed = replace(dispute, agreement=agreement)
    if refund == 0:
        record_resolution(draft, agreed, Sums(0))
        return close(draft, agreed, states.CLOSED_REJECTED, number, plan)
    if plan.remedy == "return" and agreed.back is None:
        agreed = await_goods(draft, agreed, Sums(plan.amount), number)
        return draft.tell(DisputeAgreed, agreed, agreement=agreement, plan=plan.plan())
    sums = Sums(refund)
    # Goods are never sent back twice (rulebook 8.39).
    sums = with_freight(draft, agreed, sums, by_reason(draft, agreed)) if plan.remedy == "return" else sums
    agreed = draft.move(agreed, states.REFUND_PENDING, number)
    agreed = draft.tell(DisputeAgreed, agreed, agreement=agreement, plan=plan.plan())
    return order_refund(draft, agreed, sums)


def _made_by(dispute: Dispute, plan: Offer) -> str:
    """The event that made a plan which stands."""
    if plan is not dispute.buyer_plan:
        return COUNTERED
    return COMPLAINED if plan.version == 1 else CHANGED


def await_goods(
    draft: Draft, dispute: Dispute, sums: Sums, number: str, freight_bearer: FreightBearer | None = None
) -> Dispute:
    """The money follows the goods: the buyer has `return.ship_by` to send them."""
    ship_by = draft.now + draft.length("return.ship_by")
    owed = Owed(sums.refund, sums.compensation, sums.payer, sums.carrier_claim, freight_bearer)
    return draft.move(dispute, states.RETURN_AWAITING_SHIPMENT, number, ship_by, owed=owed)


def close(draft: Draft, dispute: Dispute, to: DisputeState, number: str, plan: Offer | None = None) -> Dispute:
    """The end: the lines are free, the funds no longer held; a `plan` agreed on at this moment is told first."""
    closed = draft.move(dispute, to, number, closed_at=draft.now, confirming=False)
    if plan is not None and closed.agreement is not None:
        closed = draft.tell(DisputeAgreed, closed, agreement=closed.agreement, plan=plan.plan())
    kept = max(0, closed.held - closed.paid_by.escrow)
    if kept:
        draft.say(FundsReleased(**heading(draft, closed), amount=kept))
    closed = draft.tell(
        DisputeClosed,
        replace(closed, held=0),
        agreement=closed.agreement,
        rule=closed.rule,
        liable=closed.liable,
        refund=closed.refund,
        compensation=closed.compensation,
        freight=closed.freight,
    )
    draft.order = draft.order.closing(closed)
    return closed


def order_refund(draft: Draft, dispute: Dispute, sums: Sums) -> Dispute:
    """The dispute's resolution, and its payment."""
    record_resolution(draft, dispute, sums)
    return pay(draft, dispute, sums)


def pay(draft: Draft, dispute: Dispute, sums: Sums) -> Dispute:
    """Order the payment: the instruction, its journal, and an alarm should the provider not answer."""
    instruction = str(effect_id(draft.given.cause, draft.order.id, settlements(draft), "refund_ordered"))
    burden = _burden(draft, dispute, sums)
    units = draft.order.known.units(dispute.units)
    spread = amounts.spread(sums.refund, draft.order.left_of(units))
    settlement = Settlement(
        instruction,
        sums.refund,
        sums.compensation,
        sums.freight,
        burden,
        shares((unit.line, unit.number, part) for unit, part in zip(units, spread, strict=True)),
        draft.now,
        carrier_claim=sums.carrier_claim,
    )
    dispute = draft.keep(replace(dispute, settlements=(*dispute.settlements, settlement), trouble=None))
    write(draft, dispute, settlement)
    instruct(draft, dispute, settlement)
    draft.arm(transitions.REFUND_ALARM, draft.now + ALARM_AFTER, dispute, party=False, instruction=instruction)
    draft.facts["paid_by"] = asdict(burden)
    _explain(draft, settlement)
    return dispute


def _explain(draft: Draft, settlement: Settlement) -> None:
    """To the unit: the refund is spread by what is left of each, the largest remainders rounded up (8.5)."""
    units = [
        {"line": share.line, "units": list(range(share.first, share.last + 1)), "each": share.amount}
        for share in settlement.shares
    ]
    draft.amounts["refund"] = {**draft.amounts.get("refund", {}), "value": settlement.refund, "units": units}
    for name, value in (("compensation", settlement.compensation), ("freight", settlement.freight)):
        if value:
            draft.amounts.setdefault(name, {})["value"] = value


def instruct(draft: Draft, dispute: Dispute, settlement: Settlement) -> None:
    """Tell the payment provider, for the first time or again under the same key."""
    draft.say(
        RefundOrdered(
            **heading(draft, dispute),
            instruction=settlement.instruction,
            refund=settlement.refund,
            compensation=settlement.compensation,
            freight=settlement.freight,
            total=settlement.total,
            entries=entries(settlement),
            attempt=settlement.attempt,
            marketplace=draft.order.known.source,
        )
    )


def record_resolution(draft: Draft, dispute: Dispute, sums: Sums) -> None:
    """A dispute has one effective resolution; the table's primary key would refuse a second."""
    draft.append(
        "resolution",
        {
            "dispute": dispute.id,
            "order_id": draft.order.id,
            "agreement": dispute.agreement,
            "rule": dispute.rule,
            "liable": dispute.liable,
            "refund": sums.refund,
            "compensation": sums.compensation,
            "freight": sums.freight,
            "at": draft.now,
            "cause": draft.given.cause,
        },
    )


def _burden(draft: Draft, dispute: Dispute, sums: Sums) -> Burden:
    """Who bears it. What the seller bears: escrow first, then the deposit, then the platform advances it (8.6)."""
    platform = sums.refund if sums.payer == "platform_fund" else 0
    service = sums.refund if sums.payer == "service_fund" else 0
    if sums.freight_payer == "service_fund":
        service += sums.freight
    borne = sums.total - platform - service
    currency = draft.order.known.currency
    seller = draft.seller
    escrow = min(borne, max(0, draft.order.escrow_left))
    deposit = min(borne - escrow, seller.available(currency))
    debt = borne - escrow - deposit
    after = seller.drawn_on(currency, deposit).owing(Debt(draft.order.id, dispute.id, currency, debt))
    if after is not seller:
        draft.keep_seller(after)
    return Burden(escrow, deposit, platform_fund=debt + platform, service_fund=service, debt=debt)


def heading(draft: Draft, dispute: Dispute) -> dict[str, Any]:
    return {**heading_of_order(draft), "dispute": dispute.id}


def heading_of_order(draft: Draft) -> dict[str, Any]:
    terms = draft.order.known
    return {
        "order": draft.order.id,
        "buyer": terms.buyer,
        "seller": terms.seller,
        "currency": terms.currency,
        "at": draft.now,
    }


def settlements(draft: Draft) -> int:
    return sum(len(dispute.settlements) for dispute in draft.order.disputes.values())
