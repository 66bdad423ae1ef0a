"""The desk's ruling comes in and is executed, or overtaken by what the parties did meanwhile (transition 17)."""

from typing import Final

import msgspec
from msgspec.structs import replace

from aftersales.contracts.arbitration import CaseRuled, Payer
from aftersales.contracts.dispute import DisputeRuled
from aftersales.contracts.envelope import MAX_AMOUNT
from aftersales.decision import Boundary, Decision, Given
from dispute.domain import states
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.rules import guards
from dispute.rules.desk import addressed, overtaken, with_judges
from dispute.rules.draft import Draft, No
from dispute.rules.freight import Bearer, bearer, by_reason, with_freight
from dispute.rules.settle import await_goods, close, order_refund, record_resolution
from dispute.rules.sums import Sums

# Whether a second agent looked is the desk's own affair.
OF_THE_DESK: Final = frozenset({"second_above", "second_up_to"})


def case_ruled(order: Order | None, said: CaseRuled, given: Given) -> Decision:
    heard = addressed(order, said, said.ruling, "17", given)
    if isinstance(heard, Decision):
        return heard
    draft, dispute = heard
    no = _against(draft, dispute, said)
    if no is not None:
        return overtaken(said, said.ruling, "17", dispute.state, no)
    executed = execute(draft, dispute, said)
    return draft.decision(draft.because("17"), executed)


def _against(draft: Draft, dispute: Dispute, said: CaseRuled) -> No | None:
    above = guards.within(draft, said.refund, draft.order.cap(dispute.units))
    if above is not None:
        return above
    if said.refund + said.compensation + said.freight > MAX_AMOUNT:
        return No(
            "amounts-too-large", "Refund, compensation and freight together are more than can be paid. Rule again."
        )
    if said.remedy == "none" and (said.refund or said.compensation or said.freight):
        return No("amounts-differ", "A ruling without a remedy pays nothing. Rule again.")
    return None


def execute(draft: Draft, dispute: Dispute, said: CaseRuled) -> Dispute:
    freight_payer: Payer = "service_fund" if said.payer != "escrow" else "escrow"
    sums = Sums(said.refund, said.compensation, said.freight, said.payer, freight_payer, said.carrier_claim)
    ruled = replace(
        dispute,
        agreement="arbitration",
        rule=said.rule,
        liable=said.liable,
        ruling=said.ruling,
        judges=with_judges(dispute, said.agent, said.second),
        counts_for_seller=said.counts_for_seller,
    )
    cap = draft.order.cap(dispute.units)
    draft.facts.update(ruling=said.ruling, rule=said.rule, liable=said.liable, departed=said.departed, cap=cap)
    _explain(draft, said)
    if not sums.total:
        record_resolution(draft, ruled, sums)
        return close(draft, _told(draft, ruled, said), states.CLOSED_REJECTED, "17")
    if said.remedy == "return" and ruled.back is not None:
        # Goods are never sent back twice (rulebook 8.39, 8.47).
        sums = with_freight(draft, ruled, sums, _bearer(draft, ruled, said))
    elif said.remedy == "return":
        return _told(draft, await_goods(draft, ruled, sums, "17", said.freight_bearer), said)
    ruled = draft.move(ruled, states.REFUND_PENDING, "17")
    return order_refund(draft, _told(draft, ruled, said, sums.freight), sums)


def _explain(draft: Draft, said: CaseRuled) -> None:
    """As the desk explained it, without who judged it there."""
    told = said.explanation
    facts = told.get("facts", {})
    draft.facts.update({name: facts[name] for name in ("findings", "counted_as_found") if name in facts})
    draft.used.update(told.get("policy", {}))
    draft.amounts.update(told.get("amounts", {}))
    turns = msgspec.convert(told.get("otherwise", ()), tuple[Boundary, ...])
    draft.boundaries.extend(turn for turn in turns if turn.turn not in OF_THE_DESK)


def _bearer(draft: Draft, ruled: Dispute, said: CaseRuled) -> Bearer:
    if said.freight_bearer is None:
        return bearer(draft, ruled)
    return by_reason(draft, ruled) if said.freight_bearer == "reason" else said.freight_bearer


def _told(draft: Draft, ruled: Dispute, said: CaseRuled, freight: int = 0) -> Dispute:
    return draft.tell(
        DisputeRuled,
        ruled,
        ruling=said.ruling,
        rule=said.rule,
        liable=said.liable,
        refund=said.refund,
        compensation=said.compensation,
        freight=freight,
        remedy=said.remedy,
    )
