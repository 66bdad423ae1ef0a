"""The parties' talk: the buyer changes the plan, the seller refuses, either accepts (transitions 2-5, 12, 13)."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from aftersales.contracts.dispute import DisputePlanChanged, DisputePlanRefused, Party
from aftersales.contracts.marketplace import Plan, PlanAccepted, PlanChanged, PlanRefused
from aftersales.decision import Because, Boundary
from aftersales.explanation import instant
from dispute.domain import states, transitions
from dispute.domain.dispute import NOT_MOVED, Dispute, Offer
from dispute.rules import guards, windows
from dispute.rules.draft import Draft, No
from dispute.rules.settle import close, execute_plan


def change_plan(draft: Draft, dispute: Dispute, said: PlanChanged) -> Because | No:
    """The buyer wants something else, perhaps for another reason: the seller is asked anew (transition 2)."""
    reason = said.reason or dispute.reason
    no = _may_change(draft, dispute, said, reason)
    if no is not None:
        return no
    draft.facts.update(reason=reason, asked=said.want.amount)
    changed = replace(dispute, reason=reason, buyer_plan=offered(dispute.buyer_plan, said.want))
    held = windows.held_until(draft, dispute.units, reason)
    if held is not None:
        changed = hold(draft, changed, held, "2")
    else:
        changed = await_seller(draft, changed, "2")
    draft.tell(DisputePlanChanged, changed, want=said.want)
    return draft.because("2")


def _may_change(draft: Draft, dispute: Dispute, said: PlanChanged, reason: str) -> No | None:
    if dispute.confirming and reason == dispute.reason:
        return No("another-reason-needed", "The parcel was delivered. Name another reason, or confirm the receipt.")
    if reason != dispute.reason:
        no = guards.reason(draft, dispute.units, reason, dispute.buyer_evidence)
        if no is not None:
            return no
    held = windows.held_until(draft, dispute.units, reason)
    if held is not None and draft.policy.open_in_transit == "refuse":
        sentence = f"The parcel is on its way and promised until {instant(held)}. Wait until then."
        return No("in-transit", sentence, boundary=Boundary("from", held))
    cap = draft.order.cap(dispute.units)
    return guards.remedy(reason, said.want) or guards.asked(draft, reason, said.want.amount, cap)


def refuse(draft: Draft, dispute: Dispute, said: PlanRefused, _party: Party = "seller") -> Because | No:
    """The seller says no, or offers something else (transition 4). No counter-plan is a plan of 0 (rulebook 8.26)."""
    counter = said.counter or Plan(remedy="refund", amount=0)
    no = guards.remedy(dispute.reason, counter)
    no = no or guards.within(draft, counter.amount, draft.order.cap(dispute.units))
    if no is not None:
        return no
    draft.facts.update(counter=counter.amount if said.counter else None)
    refused = replace(dispute, seller_plan=offered(dispute.seller_plan, counter), answered=True)
    refused = draft.move(refused, states.AWAITING_BUYER, "4")
    draft.tell(DisputePlanRefused, refused, counter=said.counter)
    return draft.because("4")


def accept(draft: Draft, dispute: Dispute, said: PlanAccepted, party: Party) -> Because | No:
    """A party accepts the other's standing plan (transitions 3, 5 and 12)."""
    row = transitions.find(dispute.state, PlanAccepted, party)
    assert row is not None
    plan = dispute.plan_of("seller" if party == "buyer" else "buyer")
    if plan is None:
        return No("no-plan", "The other side has made no plan that could be accepted.")
    if said.version not in (None, plan.version):
        sentence = f"You accepted plan {said.version} of the other side; plan {plan.version} stands. Read it first."
        return No("plan-changed", sentence)
    no = guards.remedy(dispute.reason, plan.plan())
    if no is not None:
        return no
    if party == "seller" and plan.remedy == "return" and said.return_address is None:
        return No("address-needed", "Name the address to which the goods are to be sent back.")
    draft.facts["accepted_by"] = party
    execute_plan(draft, dispute, plan, "consensus", row.number)
    return draft.because(row.number)


def cancel(draft: Draft, dispute: Dispute) -> Because | No:
    """The buyer withdraws, which they cannot do after a ruling or once the goods were sent back (transition 13)."""
    if dispute.back is not None:
        return No("goods-sent-back", "The goods were sent back; the platform or the seller settles what follows.")
    if dispute.ruling is not None:
        return No("ruled", "The platform has ruled. Send the goods back in time, or let the time pass.")
    close(draft, dispute, states.CLOSED_CANCELLED, "13")
    return draft.because("13")


def offered(before: Offer | None, plan: Plan) -> Offer:
    return Offer(plan.remedy, plan.amount, before.version + 1 if before else 1)


def await_seller(draft: Draft, dispute: Dispute, number: str, **changes: Any) -> Dispute:
    """The seller's answer clock starts anew; the escalation clock starts only where none runs (8.13, 8.14)."""
    answer_by = draft.now + draft.length("seller.response")
    clock_at = dispute.clock_at or draft.now
    changed = replace(dispute, clock_at=clock_at, confirming=False, **changes)
    auto_at = windows.automatic_at(draft, changed, clock_at)
    if dispute.auto_at is not None:
        auto_at = max(auto_at, dispute.auto_at)
    moved = draft.move(changed, states.AWAITING_SELLER, number, answer_by, auto_at=auto_at)
    if auto_at != dispute.auto_at:
        draft.arm_escalation(moved)
    return moved


def hold(draft: Draft, dispute: Dispute, until: datetime, number: str) -> Dispute:
    """Held while the parcel travels; the escalation clock will start anew afterwards (8.42)."""
    fresh = {"clock_at": None, "auto_at": None, "manual_from_moved": NOT_MOVED, "manual_to_moved": NOT_MOVED}
    return draft.move(dispute, states.HELD_IN_TRANSIT, number, until, confirming=False, **fresh)
