"""Who bears the way back, and how much of it (rulebook section 6, F; 8.8)."""

from typing import Literal

from msgspec.structs import replace

from aftersales.contracts.arbitration import Payer
from aftersales.contracts.envelope import MAX_AMOUNT
from dispute.domain import reasons
from dispute.domain.dispute import Dispute
from dispute.domain.reasons import Family
from dispute.rules.draft import Draft
from dispute.rules.sums import Sums

Bearer = Literal["buyer", "seller", "platform"]


def bearer(draft: Draft, dispute: Dispute) -> Bearer:
    """Who bears it under the plan or the ruling that the goods went back for."""
    ruled = dispute.owed.freight_bearer if dispute.owed else None
    return by_reason(draft, dispute) if ruled is None or ruled == "reason" else ruled


def by_reason(draft: Draft, dispute: Dispute) -> Bearer:
    """By the family of the reason; a change of mind on a free-return listing has a line of its own."""
    family = reasons.REASONS[dispute.reason].family
    free = family is Family.BUYER_REASON and draft.order.known.free_return
    named: dict[str, Bearer] = draft.parameter("return.freight_payer")
    found = named["FREE_RETURN" if free else family.value]
    draft.used["return.freight_payer"] = found
    return found


def proven(draft: Draft, dispute: Dispute) -> int:
    """What the way back cost, as far as the policy pays it."""
    assert dispute.back is not None
    cap: int | None = draft.parameter("return.freight_cap")
    return dispute.back.freight if cap is None else min(cap, dispute.back.freight)


def with_freight(draft: Draft, dispute: Dispute, sums: Sums, borne_by: Bearer) -> Sums:
    """The sums and the proven freight where the buyer does not bear it; the whole stays an amount that can be paid."""
    freight = 0 if borne_by == "buyer" else proven(draft, dispute)
    payer: Payer = "service_fund" if borne_by == "platform" else "escrow"
    payable = MAX_AMOUNT - sums.refund - sums.compensation
    draft.facts.update(freight=min(freight, payable), freight_payer=payer)
    return replace(sums, freight=min(freight, payable), freight_payer=payer)
