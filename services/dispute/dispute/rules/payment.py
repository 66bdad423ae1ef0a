"""What the payment provider answers, and what to do while it does not (transitions 22 and 32, section 4)."""

from datetime import timedelta
from functools import wraps
from typing import Final

from msgspec.structs import replace

from aftersales.contracts.marketplace import (
    PaymentEvent,
    RefundExecuted,
    RefundFailed,
)
from aftersales.decision import Decision, Given, Rule, TimerFired, nothing
from dispute.domain import states, transitions
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.domain.settlement import Settlement
from dispute.rules.draft import Draft, foreign
from dispute.rules.settle import close, instruct

# A provider that refuses at once must not be asked in a tight loop: the first time again immediately, then ever later.
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)


def of_its_order(rule: Rule) -> Rule:
    """A rule about payments: of an order that is known only the source that placed it can speak."""

    @wraps(rule)
    def decide(order: Order | None, said: PaymentEvent, given: Given) -> Decision:
        if order is not None and order.terms is not None and given.source != order.terms.source:
            return foreign(order.terms.source, given)
        return rule(order, said, given)

    return decide


@of_its_order
def refund_executed(order: Order | None, said: RefundExecuted, given: Given) -> Decision:
    """The buyer has the money: the dispute is closed and the rest of the funds released (transition 22)."""
    found = _pending(order, said.dispute, said.instruction)
    if isinstance(found, Decision):
        return found
    draft, dispute, settlement = Draft(found[0], given), found[1], found[2]
    draft.facts.update(instruction=said.instruction, amount=said.amount, executed_at=said.executed_at.isoformat())
    if said.amount != settlement.total:
        # Paid, but not what was ordered: a person must look before anybody is told that all is well.
        draft.keep(replace(dispute, trouble="amount_differs"))
        return draft.decision(draft.because("22"))
    paid = replace(settlement, executed_at=said.executed_at)
    dispute = _with(dispute, paid)
    close(draft, replace(dispute, trouble=None), states.CLOSED_REFUNDED, "22")
    return draft.decision(draft.because("22"))


@of_its_order
def refund_failed(order: Order | None, said: RefundFailed, given: Given) -> Decision:
    """Retriable: ordered again under the same key. Final: operations must see to it (transition 32)."""
    found = _pending(order, said.dispute, said.instruction)
    if isinstance(found, Decision):
        return found
    draft, dispute, settlement = Draft(found[0], given), found[1], found[2]
    draft.facts.update(instruction=said.instruction, attempt=settlement.attempt, final=said.final)
    if dispute.trouble == "amount_differs":
        # Something was paid: ordering it again could pay twice, and a person looks at it already.
        return nothing("amount-differs", f"Another amount was paid for {said.instruction}; operations see to it.")
    if said.final:
        draft.keep(replace(dispute, trouble="refund_failed"))
    elif settlement.attempt == 1:
        _again(draft, dispute, settlement)
    else:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(settlement.attempt - 2, 10))
        failed = replace(settlement, again_at=draft.now + pause)
        arm_payment(draft, draft.keep(_with(dispute, failed)), failed)
    return draft.decision(draft.because("32"))


def refund_again(order: Order, fired: TimerFired, given: Given) -> Decision:
    """The pause after a failed attempt is over."""
    found = _pending(order, fired.data["dispute"], fired.data["instruction"])
    if isinstance(found, Decision):
        return found
    if order.frozen:
        return _frozen()
    draft, dispute, settlement = Draft(found[0], given), found[1], found[2]
    if str(settlement.attempt) != fired.data["attempt"] or dispute.trouble == "amount_differs":
        return nothing("outlived", "The refund was ordered again or paid meanwhile.")
    _again(draft, dispute, settlement)
    return draft.decision(draft.because("32"))


def refund_alarm(order: Order, fired: TimerFired, given: Given) -> Decision:
    """The provider has not paid within a day; an operations queue shows it."""
    found = _pending(order, fired.data["dispute"], fired.data["instruction"])
    if isinstance(found, Decision):
        return found
    if order.frozen:
        return _frozen()
    draft, dispute = Draft(found[0], given), found[1]
    draft.keep(replace(dispute, trouble=dispute.trouble or "refund_unanswered"))
    return draft.decision(draft.because("31"))


def arm_payment(draft: Draft, dispute: Dispute, settlement: Settlement) -> None:
    """Order it again when the pause after a failure is over."""
    if settlement.again_at is not None:
        about = {"instruction": settlement.instruction, "attempt": str(settlement.attempt)}
        draft.arm(transitions.REFUND_AGAIN, settlement.again_at, dispute, party=False, **about)


def _frozen() -> Decision:
    return nothing("frozen", "A chargeback is open; this is looked at again when it ends.")


def _again(draft: Draft, dispute: Dispute, settlement: Settlement) -> None:
    again = replace(settlement, attempt=settlement.attempt + 1, again_at=None)
    instruct(draft, draft.keep(_with(dispute, again)), again)


def _pending(order: Order | None, dispute_id: str, instruction: str) -> tuple[Order, Dispute, Settlement] | Decision:
    """The settlement the provider speaks of, or the answer that there is nothing to do."""
    dispute = order.disputes.get(dispute_id) if order else None
    if order is None or dispute is None:
        return nothing("unknown-dispute", "There is no such dispute.")
    if not dispute.is_open:
        return nothing("after-the-end", f"Dispute {dispute.id} is {dispute.state}; this is kept and changes nothing.")
    if dispute.state != states.REFUND_PENDING:
        return nothing("wrong-state", f"Dispute {dispute.id} is {dispute.state}; no refund is pending.")
    settlement = dispute.pending
    if settlement is None or settlement.instruction != instruction:
        return nothing("unknown-instruction", f"Dispute {dispute.id} waits for no instruction {instruction}.")
    return order, dispute, settlement


def _with(dispute: Dispute, settlement: Settlement) -> Dispute:
    """The dispute with the newest version of one of its settlements."""
    others = (settlement if one.instruction == settlement.instruction else one for one in dispute.settlements)
    return replace(dispute, settlements=tuple(others))
