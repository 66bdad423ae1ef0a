"""Which event concerns which order or seller, and which rule decides."""

from dataclasses import replace
from typing import Any, Final

from aftersales.contracts import marketplace as said
from aftersales.contracts import tracking
from aftersales.contracts.arbitration import (
    AppealDecided,
    CaseProposed,
    CaseRuled,
    DisputeExtensionGranted,
    ServiceDecided,
)
from aftersales.decision import SubjectRef
from aftersales.service import On, OnTimer, Service
from dispute.domain import transitions
from dispute.domain.order import Order
from dispute.domain.subjects import name_ref, order_ref, seller_ref
from dispute.rules import (
    appeal,
    deadlines,
    escrow,
    extension,
    facts,
    party,
    payment,
    proposals,
    returns,
    rule,
    service,
    wait,
)
from dispute.rules.measured import measured
from dispute.store.kinds import NAMES, ORDERS, SELLERS


def _order(event: Any) -> tuple[SubjectRef, ...]:
    return (order_ref(event.order),)


def _seller(event: said.PartyChanged) -> tuple[SubjectRef, ...]:
    """Of buyers nothing is kept here."""
    return (seller_ref(event.party),) if event.role == "seller" else ()


def _account(state: Order | None, event: Any) -> tuple[SubjectRef, ...]:  # noqa: ARG001 the shape of `also`
    """The seller's account, where this may be the moment of a settlement."""
    return (seller_ref(state.terms.seller),) if state is not None and state.terms is not None else ()


def _name_and_account(state: Order | None, event: said.ComplaintMade) -> tuple[SubjectRef, ...]:
    """The dispute's name, which no other order may use, and whether the seller is enrolled; an order that is not known
    yet takes none.
    """
    return (*_account(state, event), name_ref(event.dispute)) if state is not None and state.terms is not None else ()


def _what_waited_for_it(state: Order | None, event: said.OrderPlaced) -> tuple[SubjectRef, ...]:
    """A complaint and its acceptance may have waited. Other orders must not queue for their seller's row."""
    if state is None or state.terms is not None or not state.waiting:
        return ()
    names = {name_ref(complaint.dispute) for complaint in wait.complaints(state)}
    return (seller_ref(event.seller), *sorted(names))


FACTS: Final = tuple(On(fact, _order, decide) for fact, decide in wait.FACTS.items() if fact is not said.ChargebackWon)

COMMANDS: Final = (
    On(said.ComplaintMade, _order, wait.command, also=_name_and_account),
    On(said.PlanChanged, _order, wait.command),
    On(said.PlanAccepted, _order, wait.command, also=_account),
    On(said.PlanRefused, _order, wait.command),
    On(said.EscalationRequested, _order, wait.command),
    On(said.ComplaintCancelled, _order, wait.command),
    On(said.EvidenceAdded, _order, wait.command),
    On(said.EvidenceCompleted, _order, wait.command),
    On(said.ReturnShipped, _order, wait.command),
    On(said.ReturnConfirmed, _order, wait.command, also=_account),
    On(said.ReturnContested, _order, wait.command),
    On(said.AppealMade, _order, wait.command),
)

PARCELS: Final = tuple(
    On(told, _order, facts.parcel_told)
    for told in (
        tracking.ParcelTracked,
        tracking.ParcelInTransit,
        tracking.ParcelDelivered,
        tracking.ParcelAnomalous,
        tracking.ParcelReturned,
        tracking.PromiseBroken,
        tracking.PromiseExtended,
    )
)

PAYMENTS: Final = (
    On(said.RefundExecuted, _order, payment.refund_executed),
    On(said.RefundFailed, _order, payment.refund_failed),
    # Goods that were lost on their way back meanwhile are paid for now.
    On(said.ChargebackWon, _order, wait.FACTS[said.ChargebackWon], also=_account),
)

TIMERS: Final = (
    OnTimer(transitions.ANSWER_DUE, deadlines.deadline_passed, also=_account),
    OnTimer(transitions.ESCALATION_DUE, deadlines.deadline_passed),
    OnTimer(transitions.HOLD_DUE, deadlines.deadline_passed),
    OnTimer(transitions.HOLD_OVERDUE, deadlines.deadline_passed),
    OnTimer(transitions.CONFIRM_DUE, deadlines.deadline_passed),
    OnTimer(transitions.EVIDENCE_DUE, deadlines.deadline_passed),
    OnTimer(transitions.SHIP_RETURN_DUE, deadlines.deadline_passed),
    OnTimer(transitions.CONFIRM_RETURN_DUE, deadlines.deadline_passed, also=_account),
    OnTimer(transitions.REVIEW_DUE, deadlines.deadline_passed),
    OnTimer(transitions.PROPOSAL_DUE, deadlines.deadline_passed, also=_account),
    OnTimer(transitions.REFUND_ALARM, payment.refund_alarm),
    OnTimer(transitions.REFUND_AGAIN, payment.refund_again),
    OnTimer(transitions.ORDER_UNKNOWN, wait.still_unknown),
    OnTimer(transitions.ESCROW_RELEASE, escrow.release, also=_account),
    OnTimer(transitions.DEBT_COLLECTED, escrow.debt_collected),
)

ABOUT_ORDERS: Final[tuple[On | OnTimer, ...]] = (
    On(said.OrderPlaced, _order, wait.order_placed, also=_what_waited_for_it),
    *FACTS,
    *COMMANDS,
    *PARCELS,
    *PAYMENTS,
    On(tracking.ReturnScanned, _order, returns.return_scanned, also=_account),
    On(CaseProposed, _order, proposals.case_proposed),
    On(CaseRuled, _order, rule.case_ruled, also=_account),
    On(ServiceDecided, _order, service.service_decided, also=_account),
    On(AppealDecided, _order, appeal.decided, also=_account),
    On(DisputeExtensionGranted, _order, extension.extend_dispute),
    *TIMERS,
)

SERVICE: Final = Service(
    name="dispute",
    kinds=(ORDERS, SELLERS, NAMES),
    rules=(
        *(replace(on, decide=measured(escrow.watched(on.decide))) for on in ABOUT_ORDERS),
        On(said.PartyChanged, _seller, party.party_changed),
    ),
    commands=frozenset({said.Command.TOPIC}),
)
