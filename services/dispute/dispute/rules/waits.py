"""What each party of a dispute is asked for, until when, and what comes of silence (rulebook section 4)."""

from datetime import datetime

from aftersales.contracts.dispute import Party, Wait
from dispute.domain import states
from dispute.domain.dispute import Dispute


def waits(dispute: Dispute) -> tuple[Wait, ...]:
    """What each party is asked for now."""
    until = dispute.due_at
    if until is None:
        return ()
    if dispute.state == states.AWAITING_SELLER:
        return (_sellers_answer(dispute, until),)
    if dispute.state == states.AWAITING_BUYER:
        silence = "cancelled" if dispute.confirming else "escalated"
        return (Wait(party="buyer", task="answer", until=until, silence=silence),)
    if dispute.state == states.RETURN_AWAITING_SHIPMENT:
        return (Wait(party="buyer", task="ship_return", until=until),)
    if dispute.state == states.RETURN_IN_TRANSIT:
        return (Wait(party="seller", task="confirm_return", until=until),)
    if dispute.state == states.ARBITRATION_EVIDENCE:
        return _of_both("evidence", until, dispute.done)
    if dispute.state == states.PLATFORM_PROPOSED and dispute.proposal is not None:
        return _of_both("answer_proposal", until, dispute.proposal.accepted)
    return ()


def _sellers_answer(dispute: Dispute, until: datetime) -> Wait:
    """Escalation may come before the deadline, and silence never executes a plan of 0 (rulebook 8.26)."""
    escalates_at = dispute.escalates_at or until
    executed = until <= escalates_at and dispute.buyer_plan is not None and dispute.buyer_plan.amount > 0
    silence = "plan_executed" if executed else "escalated"
    return Wait(party="seller", task="answer", until=min(until, escalates_at), silence=silence)


def _of_both(task: str, until: datetime, done: tuple[Party, ...]) -> tuple[Wait, ...]:
    parties: tuple[Party, ...] = ("buyer", "seller")
    return tuple(Wait(party=party, task=task, until=until) for party in parties if party not in done)
