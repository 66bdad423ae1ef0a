"""Goods go back before the money does (transitions 18 and 19, and what silence does to either)."""

from typing import Literal

from msgspec.structs import replace

from aftersales.contracts.arbitration import Payer
from aftersales.contracts.dispute import DisputeReturnConfirmed, DisputeReturnShipped
from aftersales.contracts.envelope import MAX_AMOUNT
from aftersales.contracts.marketplace import ReturnShipped
from aftersales.decision import Because
from aftersales.money import shown
from dispute.domain import reasons, states
from dispute.domain.dispute import Dispute, GoodsBack
from dispute.domain.reasons import Family
from dispute.rules.draft import Draft, No
from dispute.rules.settle import Sums, close, order_refund, record_resolution


def return_shipped(draft: Draft, dispute: Dispute, said: ReturnShipped) -> Because | No:
    """The buyer names carrier, number and proven freight; the seller has `return.seller_confirm` to confirm."""
    limit = _freight_limit(draft, dispute)
    if said.freight > limit:
        most = shown(limit, draft.order.known.currency)
        return No("freight-above-limit", f"At most {most} is paid for the way back. Name a freight up to that.")
    confirm_by = draft.now + draft.length("return.seller_confirm")
    back = GoodsBack(said.carrier, said.number, said.freight, draft.now)
    shipped = draft.move(dispute, states.RETURN_IN_TRANSIT, "18", confirm_by, back=back)
    draft.tell(DisputeReturnShipped, shipped, carrier=said.carrier, number=said.number, freight=said.freight)
    return draft.because("18")


def _freight_limit(draft: Draft, dispute: Dispute) -> int:
    """The buyer alone says what the way back cost: without a policy's cap it is bounded by what the order cost.

    With all that is owed it must still be an amount that can be paid.
    """
    assert dispute.owed is not None
    cap: int | None = draft.parameter("return.freight_cap")
    payable = MAX_AMOUNT - dispute.owed.refund - dispute.owed.compensation
    return min(payable, draft.order.known.paid if cap is None else cap)


def return_confirmed(draft: Draft, dispute: Dispute) -> Because:
    """The seller has the goods back."""
    pay_for_return(draft, dispute, "by_hand", "19")
    return draft.because("19")


def pay_for_return(draft: Draft, dispute: Dispute, how: Literal["by_hand", "silence"], number: str) -> Dispute:
    """What is owed, as far as it is still left to refund, and the freight where the buyer does not bear it."""
    assert dispute.owed is not None
    owed = dispute.owed
    freight, freight_payer = _freight(draft, dispute)
    refund = min(owed.refund, draft.order.cap(dispute.units))
    sums = Sums(refund, owed.compensation, freight, owed.payer, freight_payer, owed.carrier_claim)
    draft.facts.update(owed=owed.refund, refund=refund, freight=freight, freight_payer=freight_payer)
    if not sums.total:
        record_resolution(draft, dispute, sums)
        return close(draft, dispute, states.CLOSED_REJECTED, number)
    paid = draft.move(dispute, states.REFUND_PENDING, number)
    paid = draft.tell(DisputeReturnConfirmed, paid, how=how)
    return order_refund(draft, paid, sums)


def _freight(draft: Draft, dispute: Dispute) -> tuple[int, Payer]:
    """The way back is the seller's, for a BUYER_REASON the buyer's, on a free-return listing the platform's (8.8)."""
    assert dispute.back is not None
    limit = draft.parameter("return.freight_cap")
    freight = dispute.back.freight if limit is None else min(limit, dispute.back.freight)
    if reasons.REASONS[dispute.reason].family is not Family.BUYER_REASON:
        return freight, "escrow"
    return (freight, "service_fund") if draft.order.known.free_return else (0, "escrow")


def not_sent_back(draft: Draft, dispute: Dispute) -> Dispute:
    """The goods did not come in time: closed without a refund."""
    return close(draft, replace(dispute, owed=None), states.CLOSED_NO_RETURN, "31")
