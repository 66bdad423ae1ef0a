"""An order's money leaves escrow once nothing can be claimed of it, and pays the seller's debts (8.6, 8.7, 8.41).

The debts are of other orders, whose rows this decision must not lock: each is told by a timer of its own.
"""

from datetime import datetime
from functools import wraps
from typing import Any, Final

from msgspec.structs import replace

from aftersales.contracts.escrow import DebtCollected, EscrowReleased
from aftersales.decision import Because, Decision, Given, Rule, Timer, TimerFired, nothing
from aftersales.identity import effect_id
from dispute.domain import states, transitions
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.domain.parcel import Parcel
from dispute.domain.seller import Debt
from dispute.domain.settlement import Burden, Settlement
from dispute.domain.subjects import order_ref
from dispute.rules import windows
from dispute.rules.appeal import APPELLANTS
from dispute.rules.draft import Draft
from dispute.rules.journal import entries, write
from dispute.rules.settle import heading, heading_of_order

# Whatever else falls due at that instant may still hold the money back.
LAST: Final = 95
RULE: Final = "8.7"
TITLE: Final = "an order's money is released from escrow"
COLLECTED: Final = "a seller's debt is collected"


def watched(rule: Rule) -> Rule:
    """A rule about an order, after which a timer stands for the instant at which its escrow is released."""

    @wraps(rule)
    def decide(order: Order | None, event: Any, given: Given) -> Decision:
        decision = rule(order, event, given)
        after: Order | None = decision.state
        if after is None or after.terms is None:
            return decision
        times_out_at = _times_out(after, given)
        if times_out_at != after.times_out_at:
            after = replace(after, times_out_at=times_out_at)
            decision = replace(decision, state=after)
        due = released_from(after, given, times_out_at) if after.escrow_released_at is None else None
        if due == after.escrow_due:
            return decision
        timers = () if due is None else (_timer(due),)
        return replace(decision, state=replace(after, escrow_due=due), timers=(*decision.timers, *timers))

    return decide


def released_from(order: Order, given: Given, times_out_at: datetime | None = None) -> datetime | None:
    """When nothing can be claimed any more; None while that cannot be told: a dispute is open, a unit is owed.

    times_out_at: when the receipt times out, where the caller has counted it.
    """
    if order.frozen or order.chargeback_lost or any(dispute.is_open for dispute in order.disputes.values()):
        return None
    parcels = _shipped(order)
    if not parcels or order.owes_goods:
        return None
    if times_out_at is not None:
        return given.extended(times_out_at)  # the end of the same window, and there is no dispute to appeal
    draft = Draft(order, given)
    ends = [windows.closes_after(draft, parcels)]
    for dispute in order.disputes.values():
        until = windows.appealable_until(draft, dispute) if _appealable(draft, dispute) else None
        ends += [] if until is None else [until]
    return max(map(given.extended, ends))


def _times_out(order: Order, given: Given) -> datetime | None:
    """A receipt times out when the window ends unconfirmed and without a dispute on the order (rulebook section 9)."""
    if order.receipt_at is not None or order.disputes or not order.everything_shipped:
        return None
    return windows.closes_after(Draft(order, given), _shipped(order))


def _shipped(order: Order) -> tuple[Parcel, ...]:
    """What is scanned of a number that nobody shipped moves no window (rulebook 8.34)."""
    return tuple(parcel for parcel in order.parcels.values() if parcel.shipped)


def _appealable(draft: Draft, dispute: Dispute) -> bool:
    by = APPELLANTS[dispute.agreement] if dispute.agreement is not None else ()
    return dispute.state in states.ENDED and dispute.appeal is None and bool(by and draft.parameter("appeal.count"))


def release(order: Order, fired: TimerFired, given: Given) -> Decision:
    """The seller's money: what they owe the platform fund is kept, the oldest debt first, the rest is theirs."""
    # Most are outlived, which shows without counting windows.
    outlived = order.escrow_released_at is not None or order.escrow_due != fired.due
    due = None if outlived else released_from(order, given)
    if due is None:
        return nothing("outlived", "The order's money waits for something else, or was released.")
    if given.now < due:
        return Decision(state=replace(order, escrow_due=due), timers=(_timer(due),), because=_because(order, due=due))
    draft = Draft(order, given)
    left = max(0, order.escrow_left)
    seller, paid = draft.seller.collected(order.known.currency, left)
    if paid:
        draft.keep_seller(seller)
    collected = sum(debt.amount for debt in paid)
    draft.order = replace(order, escrow_due=None, escrow_released_at=given.now)
    draft.say(EscrowReleased(**heading_of_order(draft), amount=left - collected, collected=collected))
    draft.facts.update(released=left - collected, collected=collected)
    timers = tuple(_tell(draft, debt, position) for position, debt in enumerate(paid))
    return replace(draft.decision(_because(order, **draft.facts)), timers=timers)


def _tell(draft: Draft, debt: Debt, position: int) -> Timer:
    """The other order learns in a decision of its own that this much of its dispute's debt was collected."""
    journal = effect_id(draft.given.cause, draft.order.id, position, "debt_collected")
    about = {"dispute": debt.dispute, "amount": str(debt.amount), "from": draft.order.id, "journal": str(journal)}
    return Timer(transitions.DEBT_COLLECTED, draft.now, LAST, False, about, subject=order_ref(debt.order))


def debt_collected(order: Order, fired: TimerFired, given: Given) -> Decision:
    """A debt leaves `seller_debt` and the platform fund and shows as escrow (rulebook 8.41), by a journal of its own.

    What an appeal has lifted meanwhile was collected for nothing, and is the seller's again.
    """
    draft, dispute = Draft(order, given), order.disputes[fired.data["dispute"]]
    amount = int(fired.data["amount"])
    owed = min(amount, dispute.paid_by.debt)
    draft.facts.update(dispute=dispute.id, collected=owed, returned=amount - owed, order=fired.data["from"])
    if owed:
        burden = Burden(escrow=owed, platform_fund=-owed, debt=-owed)
        journal = Settlement(fired.data["journal"], 0, 0, 0, burden, (), given.now, executed_at=given.now)
        draft.keep(replace(dispute, settlements=(*dispute.settlements, journal)))
        write(draft, dispute, journal)
        draft.say(
            DebtCollected(
                **heading(draft, dispute), journal=journal.instruction, entries=entries(journal), of=fired.data["from"]
            )
        )
    if amount > owed:
        draft.say(EscrowReleased(**heading_of_order(draft), amount=amount - owed, collected=0))
    return draft.decision(Because("8.41", draft.facts, {}, order.known.policy, COLLECTED))


def _because(order: Order, **facts: Any) -> Because:
    written = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}
    return Because(RULE, written, {}, order.known.policy, TITLE)


def _timer(due: datetime) -> Timer:
    return Timer(transitions.ESCROW_RELEASE, due, LAST)
