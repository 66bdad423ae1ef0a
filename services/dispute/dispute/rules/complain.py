"""A buyer complains: a dispute is opened, or opened again after it was cancelled (transitions 1 and 26)."""

from collections.abc import Mapping

from msgspec.structs import replace

from aftersales.contracts.dispute import DisputeOpened, DisputeTakenOver, FundsHeld
from aftersales.contracts.marketplace import ComplaintMade, Plan
from aftersales.decision import Because, Boundary
from aftersales.explanation import instant
from aftersales.policy import amounts
from dispute.domain import states
from dispute.domain.dispute import Dispute
from dispute.rules import guards, service, windows
from dispute.rules.draft import Draft, No
from dispute.rules.file import file
from dispute.rules.negotiate import await_seller, hold, offered

# Bounds of one order's row: the desk's file of a dispute must fit into a record, and all disputes into the row.
MOST_UNITS = 500
MOST_DISPUTES = 40
# How the most that can be refunded is computed (rulebook 8.5).
CAP = "the smaller of what is left of the units and of the payment"


def open_dispute(draft: Draft, before: Dispute | None, said: ComplaintMade) -> Because | No:
    """`before`: the cancelled dispute of the same id, None where the id is new."""
    wanted = {line: tuple(sorted(numbers)) for line, numbers in said.units.items()}
    left, paid_left = draft.order.left(wanted), draft.order.paid_left
    cap = amounts.cap(left, paid_left)
    want = _clipped(said.want, cap)
    no = _may_open(draft, wanted, said, want, cap)
    if no is not None:
        return no
    number = "26" if before else "1"
    _remember_reopening(draft, wanted)
    opened = _dispute(draft, before, wanted, said, want)
    opened = replace(opened, held=cap)
    held = windows.held_until(draft, wanted, said.reason)
    if service.takes_over(draft, said.reason, want):
        opened = service.take_over(draft, opened, number)
        held = None
    elif held is not None:
        opened = hold(draft, opened, held, number)
    else:
        opened = await_seller(draft, opened, number)
    draft.facts.update(reason=said.reason, asked=said.want.amount, cap=opened.held, plan=want.amount)
    draft.amount("cap", cap, CAP, units_left=left, paid_left=paid_left)
    opened = draft.tell(DisputeOpened, opened, want=want, held_until=held)
    if opened.state == states.SERVICE_REVIEW:
        opened = draft.tell(DisputeTakenOver, opened, file=file(draft.order, opened))
    if before is None:
        draft.keep_name(opened.id)
    if opened.held:
        _hold_funds(draft, opened)
    return draft.because(number)


def _may_open(
    draft: Draft, wanted: Mapping[str, tuple[int, ...]], said: ComplaintMade, want: Plan, cap: int
) -> No | None:
    return (
        _sensible(draft, wanted, said)
        or guards.units(draft, wanted)
        or guards.cancelled(draft, wanted)
        or guards.lines_free(draft, wanted)
        or guards.reason(draft, wanted, said.reason, said.evidence)
        or _reopened_too_often(draft, wanted)
        or guards.remedy(said.reason, said.want)
        or guards.asked(draft, said.reason, want.amount, cap)
        or _refused_in_transit(draft, wanted, said)
    )


def _sensible(draft: Draft, wanted: Mapping[str, tuple[int, ...]], said: ComplaintMade) -> No | None:
    terms = draft.order.known
    if draft.is_taken(said.dispute):
        return No("dispute-id-taken", f"Another dispute is called {said.dispute}. Choose another name.")
    if terms.buyer == terms.seller:
        return No("own-order", "The buyer of this order is its seller; there is nobody to settle with.")
    if len(draft.order.disputes) >= MOST_DISPUTES:
        return No("too-many-disputes", f"An order can have {MOST_DISPUTES} disputes; this one has them.")
    if sum(len(numbers) for numbers in wanted.values()) > MOST_UNITS:
        return No("too-many-units", f"A dispute can be about {MOST_UNITS} units. Open one a line.")
    return None


def _clipped(want: Plan, cap: int) -> Plan:
    """An opening asks for at most the cap (rulebook 8.27)."""
    return want if want.amount <= cap else Plan(remedy=want.remedy, amount=cap)


def _refused_in_transit(draft: Draft, wanted: Mapping[str, tuple[int, ...]], said: ComplaintMade) -> No | None:
    held = windows.held_until(draft, wanted, said.reason)
    if held is None or draft.policy.open_in_transit != "refuse":
        return None
    sentence = f"The parcel is on its way and promised until {instant(held)}. Complain from then on."
    return No("in-transit", sentence, boundary=Boundary("from", held))


def _reopened_too_often(draft: Draft, wanted: Mapping[str, tuple[int, ...]]) -> No | None:
    """Opening on a line whose latest dispute was cancelled is a reopening; a line has at most `reopen.max` (8.28)."""
    for line in wanted:
        record = draft.order.record_of(line)
        if record.cancelled and record.reopened >= draft.parameter("reopen.max"):
            return No("reopened-too-often", f"Disputes on line {line} were withdrawn and opened again too often.")
    return None


def _remember_reopening(draft: Draft, wanted: Mapping[str, tuple[int, ...]]) -> None:
    order = draft.order
    records = {line: order.record_of(line) for line in wanted}
    counted = {
        line: replace(record, cancelled=False, reopened=record.reopened + record.cancelled)
        for line, record in records.items()
    }
    draft.order = replace(order, lines={**order.lines, **counted})


def _dispute(
    draft: Draft, before: Dispute | None, wanted: dict[str, tuple[int, ...]], said: ComplaintMade, want: Plan
) -> Dispute:
    """Fresh in everything but its steps, which go on counting where the same id was cancelled before."""
    return Dispute(
        id=said.dispute,
        units=wanted,
        reason=said.reason,
        state=states.AWAITING_SELLER,
        opened_at=draft.now,
        since=draft.now,
        wanted=want.remedy,
        step=before.step if before else 0,
        buyer_plan=offered(before.buyer_plan if before else None, want),
        buyer_evidence=said.evidence,
        escalated_at=before.escalated_at if before else None,
    )


def _hold_funds(draft: Draft, opened: Dispute) -> None:
    terms = draft.order.known
    draft.say(
        FundsHeld(
            order=draft.order.id,
            dispute=opened.id,
            buyer=terms.buyer,
            seller=terms.seller,
            currency=terms.currency,
            at=draft.now,
            amount=opened.held,
        )
    )


def already(before: Dispute) -> No:
    """The id names a dispute that stands."""
    if before.state in states.OPEN:
        return No("already-open", f"Dispute {before.id} is open already ({before.state}).", nothing=True)
    return No(
        "already-closed", f"Dispute {before.id} was closed ({before.state}). A new one needs a new id.", nothing=True
    )
