"""What a complaint and a plan must satisfy (rulebook 5 transition 1, 8.26-8.29, 8.46). None is "nothing against it"."""

from collections.abc import Mapping

from aftersales.contracts.marketplace import Plan
from aftersales.decision import Boundary
from aftersales.explanation import instant
from aftersales.money import shown
from dispute.domain import reasons
from dispute.domain.reasons import Family
from dispute.rules import windows
from dispute.rules.draft import Draft, No

Units = Mapping[str, tuple[int, ...]]


def units(draft: Draft, wanted: Units) -> No | None:
    """Only units that the order has, each named once."""
    quantities = draft.order.known.quantities()
    for line, numbers in wanted.items():
        if line not in quantities:
            return No("no-such-unit", f"The order has no line {line}. Name lines and units of the order.")
        if not numbers or len(set(numbers)) != len(numbers) or max(numbers) > quantities[line]:
            sentence = f"Line {line} has the units 1 to {quantities[line]}. Name each disputed unit once."
            return No("no-such-unit", sentence)
    return None


def cancelled(draft: Draft, wanted: Units) -> No | None:
    """What was not shipped when the order was cancelled, the marketplace pays back; the rest stays disputable."""
    order, at = draft.order, draft.order.cancelled_at
    if at is None:
        return None
    late = any(parcel.shipped and parcel.shipped.shipped_at > at for parcel in order.parcels_of(wanted))
    if late or order.unshipped(wanted):
        return No("order-cancelled", f"The order was cancelled at {instant(at)}, before all of this was shipped.")
    return None


def reason(draft: Draft, wanted: Units, code: str, evidence: tuple[str, ...]) -> No | None:
    """A reason that may be given for these units now, at the opening or later."""
    problem = reasons.unknown(code)
    if problem is not None:
        return No("unknown-reason", problem)
    known = reasons.REASONS[code]
    if known.family is Family.NOT_AS_DESCRIBED and not evidence:
        return No("evidence-needed", f"{code} needs at least one piece of evidence. Add one and complain again.")
    for line in wanted:
        if code in draft.order.record_of(line).ended:
            return No(
                "reason-already-decided",
                f"An earlier dispute on line {line} ended with {code}. A new one needs another reason.",
            )
    return not_shipped(draft, wanted) if code == reasons.NOT_SHIPPED else shipped(draft, wanted)


def not_shipped(draft: Draft, wanted: Units) -> No | None:
    """None of the units was shipped, and the seller's time to ship is over; there is no latest date."""
    count = sum(len(numbers) for numbers in wanted.values())
    if draft.order.unshipped(wanted) < count:
        return No("already-shipped", "Some of these units were shipped. Choose another reason for them.")
    opens = windows.not_shipped_from(draft)
    if draft.arrived_at < opens:
        sentence = f"The seller may ship until {instant(opens)}. Complain from then on."
        return No("too-early", sentence, boundary=Boundary("from", opens))
    return None


def shipped(draft: Draft, wanted: Units) -> No | None:
    """All units were shipped, and the complaint came inside the window."""
    if draft.order.unshipped(wanted):
        sentence = f"Some of these units were not shipped yet. Only {reasons.NOT_SHIPPED} may be complained of before."
        return No("not-shipped", sentence)
    opens = windows.opens_at(draft, wanted)
    if draft.arrived_at < opens:
        sentence = f"The parcel is still on its way. Complain from {instant(opens)} on."
        return No("too-early", sentence, boundary=Boundary("from", opens))
    closes = draft.given.extended(windows.closes_at(draft, wanted))
    if draft.arrived_at >= closes:
        sentence = f"The complaint came at {instant(draft.arrived_at)}; it was possible before {instant(closes)}."
        return No("too-late", sentence, nothing=True, boundary=Boundary("before", closes))
    draft.turns("late_from", closes)
    return None


def lines_free(draft: Draft, wanted: Units) -> No | None:
    """No other open dispute on any of the lines (`open.per_line`)."""
    for line in wanted:
        open_one = draft.order.open_on(line)
        if open_one is not None:
            sentence = f"Dispute {open_one.id} on line {line} is open. Go on with it, or wait until it is closed."
            return No("line-in-dispute", sentence)
    return None


def remedy(code: str, plan: Plan) -> No | None:
    """Goods that did not come or came late are not sent back (8.27)."""
    if plan.remedy == "return" and reasons.refund_only(code):
        return No("refund-only", f"For {code} there is nothing to send back. Ask for a refund.")
    return None


def asked(draft: Draft, code: str, amount: int, cap: int) -> No | None:
    """A buyer asks for at least 1 unit of money; where nothing is left only a counterfeit claim, asking 0 (8.27)."""
    currency = draft.order.known.currency
    if cap == 0:
        if code != reasons.COUNTERFEIT:
            refunded = draft.order.refunded
            why = (
                "Everything paid for these units has been refunded already."
                if refunded
                else "Nothing was paid for these units."
            )
            return No("nothing-left", why)
        why = "Nothing is left to refund on these units; ask for 0."
        return No("above-cap", why, boundary=Boundary("at_most", amount=0)) if amount else None
    if amount < 1:
        return No(
            "amount-too-small", f"Ask for at least {shown(1, currency)}.", boundary=Boundary("at_least", amount=1)
        )
    return within(draft, amount, cap)


def within(draft: Draft, amount: int, cap: int) -> No | None:
    if amount > cap:
        most = shown(cap, draft.order.known.currency)
        sentence = f"At most {most} can be refunded on these units. Name an amount up to that."
        return No("above-cap", sentence, boundary=Boundary("at_most", amount=cap))
    return None
