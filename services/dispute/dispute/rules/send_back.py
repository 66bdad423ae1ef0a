"""Goods go back before the money does (transitions 18 and 19, and what silence does to either)."""

from typing import Literal

from msgspec.structs import replace

from aftersales.contracts.dispute import DisputeReturnConfirmed, DisputeReturnShipped, ReturnSent
from aftersales.contracts.marketplace import ReturnShipped
from aftersales.decision import Because
from dispute.domain import states
from dispute.domain.dispute import Dispute, GoodsBack
from dispute.rules.draft import Draft, No
from dispute.rules.freight import bearer, with_freight
from dispute.rules.settle import close, order_refund, record_resolution
from dispute.rules.sums import Sums


def return_shipped(draft: Draft, dispute: Dispute, said: ReturnShipped) -> Because | No:
    """The buyer names carrier, number and proven freight; the seller has `return.seller_confirm` to confirm."""
    confirm_by = draft.now + draft.length("return.seller_confirm")
    back = GoodsBack(said.carrier, said.number, said.freight, draft.now)
    shipped = draft.move(dispute, states.RETURN_IN_TRANSIT, "18", confirm_by, back=back)
    draft.tell(DisputeReturnShipped, shipped, carrier=said.carrier, number=said.number, freight=said.freight)
    draft.say(
        ReturnSent(
            order=draft.order.id,
            dispute=dispute.id,
            carrier=said.carrier,
            number=said.number,
            at=draft.now,
            since=dispute.since,
        )
    )
    return draft.because("18")


def return_confirmed(draft: Draft, dispute: Dispute) -> Because:
    """The seller has the goods back."""
    pay_for_return(draft, dispute, "by_hand", "19")
    return draft.because("19")


def pay_for_return(draft: Draft, dispute: Dispute, how: Literal["by_hand", "silence", "lost"], number: str) -> Dispute:
    """What is owed, as far as it is still left to refund, and the freight where the buyer does not bear it."""
    assert dispute.owed is not None
    owed = dispute.owed
    refund = min(owed.refund, draft.order.cap(dispute.units))
    owing = Sums(refund, owed.compensation, payer=owed.payer, carrier_claim=owed.carrier_claim)
    sums = with_freight(draft, dispute, owing, bearer(draft, dispute))
    draft.facts.update(owed=owed.refund, refund=refund)
    if not sums.total:
        record_resolution(draft, dispute, sums)
        return close(draft, dispute, states.CLOSED_REJECTED, number)
    paid = draft.move(dispute, states.REFUND_PENDING, number)
    paid = draft.tell(DisputeReturnConfirmed, paid, how=how)
    return order_refund(draft, paid, sums)


def not_sent_back(draft: Draft, dispute: Dispute) -> Dispute:
    """The goods did not come in time: closed without a refund."""
    return close(draft, replace(dispute, owed=None), states.CLOSED_NO_RETURN, "31")
