"""The desk's ruling comes in and is executed, or overtaken by what the parties did meanwhile (transition 17)."""

from msgspec.structs import replace

from aftersales.contracts.arbitration import CaseRuled, Payer
from aftersales.contracts.dispute import DisputeRuled, DisputeState, RulingOvertaken
from aftersales.contracts.envelope import MAX_AMOUNT
from aftersales.decision import Because, Decision, Given, Outcome
from aftersales.money import shown
from dispute.domain import states, transitions
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.rules.draft import Draft, No
from dispute.rules.settle import Sums, await_goods, close, order_refund, record_resolution


def case_ruled(order: Order | None, said: CaseRuled, given: Given) -> Decision:
    dispute = order.disputes.get(said.dispute) if order else None
    if order is None or order.terms is None or dispute is None:
        return _overtaken(said, None, No("unknown-dispute", "There is no such dispute."))
    if dispute.ruling == said.ruling:
        return Decision(
            outcome=Outcome.NOTHING, slug="already-ruled", sentence="This ruling has been executed already."
        )
    draft = Draft(order, given)
    no = _against(draft, dispute, said)
    if no is not None:
        return _overtaken(said, dispute.state, no)
    executed = execute(draft, dispute, said)
    return draft.decision(draft.because("17"), executed)


def _against(draft: Draft, dispute: Dispute, said: CaseRuled) -> No | None:
    row = transitions.find(dispute.state, CaseRuled, "platform")
    if row is None:
        return No("not-in-review", f"The dispute is {dispute.state} and no longer waits for a ruling.")
    if not row.built:
        return No("not-built-yet", "Ruling after a proposal is not built yet.")
    cap = draft.order.cap(dispute.units)
    if said.refund > cap:
        most = shown(cap, draft.order.known.currency)
        return No("above-cap", f"At most {most} can be refunded on these units. Rule again.")
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
        counts_for_seller=said.counts_for_seller,
    )
    cap = draft.order.cap(dispute.units)
    draft.facts.update(ruling=said.ruling, rule=said.rule, liable=said.liable, departed=said.departed, cap=cap)
    draft.amounts.update(said.explanation.get("amounts", {}))
    if not sums.total:
        record_resolution(draft, ruled, sums)
        return close(draft, _told(draft, ruled, said), states.CLOSED_REJECTED, "17")
    if said.remedy == "return":
        return _told(draft, await_goods(draft, ruled, sums, "17"), said)
    ruled = draft.move(ruled, states.REFUND_PENDING, "17")
    return order_refund(draft, _told(draft, ruled, said), sums)


def _told(draft: Draft, ruled: Dispute, said: CaseRuled) -> Dispute:
    return draft.tell(
        DisputeRuled,
        ruled,
        ruling=said.ruling,
        rule=said.rule,
        liable=said.liable,
        refund=said.refund,
        compensation=said.compensation,
        freight=said.freight,
        remedy=said.remedy,
    )


def _overtaken(said: CaseRuled, state: DisputeState | None, no: No) -> Decision:
    """The desk is told why; nothing changes."""
    answer = RulingOvertaken(
        order=said.order,
        dispute=said.dispute,
        ruling=said.ruling,
        slug=no.slug,
        sentence=no.sentence,
        state=state,
    )
    facts = {"dispute": said.dispute, "ruling": said.ruling, "state": state}
    because = Because("transition 17", {**facts, "refused": no.slug})
    return Decision(events=(answer,), outcome=Outcome.NOTHING, slug=no.slug, sentence=no.sentence, because=because)
