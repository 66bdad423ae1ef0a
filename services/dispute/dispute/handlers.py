"""Which event concerns which order or seller, and which rule decides."""

from typing import Any, Final

from aftersales.contracts import marketplace as said
from aftersales.contracts import tracking
from aftersales.contracts.arbitration import CaseRuled
from aftersales.decision import SubjectRef
from aftersales.service import On, OnTimer, Service
from dispute.domain import transitions
from dispute.domain.order import Order
from dispute.rules import deadlines, facts, party, payment, rule, wait
from dispute.store.kinds import ORDERS, SELLERS, order_ref, seller_ref


def _order(event: Any) -> tuple[SubjectRef, ...]:
    return (order_ref(event.order),)


def _seller(event: said.PartyChanged) -> tuple[SubjectRef, ...]:
    """Of buyers nothing is kept here."""
    return (seller_ref(event.party),) if event.role == "seller" else ()


def _account(state: Order | None, event: Any) -> tuple[SubjectRef, ...]:  # noqa: ARG001 the shape of `also`
    """The seller's account, where this may be the moment of a settlement."""
    return (seller_ref(state.terms.seller),) if state is not None and state.terms is not None else ()


def _account_if_waited_for(state: Order | None, event: said.OrderPlaced) -> tuple[SubjectRef, ...]:
    """An acceptance may have waited for the order. Other orders must not queue for their seller's row."""
    waited_for = state is not None and state.terms is None and bool(state.waiting)
    return (seller_ref(event.seller),) if waited_for else ()


FACTS: Final = tuple(On(fact, _order, decide) for fact, decide in wait.FACTS.items())

COMMANDS: Final = (
    On(said.ComplaintMade, _order, wait.command),
    On(said.PlanChanged, _order, wait.command),
    On(said.PlanAccepted, _order, wait.command, also=_account),
    On(said.PlanRefused, _order, wait.command),
    On(said.EscalationRequested, _order, wait.command),
    On(said.ComplaintCancelled, _order, wait.command),
    On(said.EvidenceAdded, _order, wait.command),
    On(said.EvidenceCompleted, _order, wait.command),
    On(said.ReturnShipped, _order, wait.command),
    On(said.ReturnConfirmed, _order, wait.command),
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
    )
)

PAYMENTS: Final = (
    On(said.RefundExecuted, _order, payment.refund_executed),
    On(said.RefundFailed, _order, payment.refund_failed),
    On(said.ChargebackOpened, _order, payment.chargeback),
    On(said.ChargebackWon, _order, payment.chargeback),
    On(said.ChargebackLost, _order, payment.chargeback),
)

TIMERS: Final = (
    OnTimer(transitions.ANSWER_DUE, deadlines.deadline_passed, also=_account),
    OnTimer(transitions.ESCALATION_DUE, deadlines.deadline_passed),
    OnTimer(transitions.HOLD_DUE, deadlines.deadline_passed),
    OnTimer(transitions.HOLD_OVERDUE, deadlines.deadline_passed),
    OnTimer(transitions.CONFIRM_DUE, deadlines.deadline_passed),
    OnTimer(transitions.EVIDENCE_DUE, deadlines.deadline_passed),
    OnTimer(transitions.REFUND_ALARM, payment.refund_alarm),
    OnTimer(transitions.REFUND_AGAIN, payment.refund_again),
    OnTimer(transitions.ORDER_UNKNOWN, wait.still_unknown),
)

SERVICE: Final = Service(
    name="dispute",
    kinds=(ORDERS, SELLERS),
    rules=(
        On(said.OrderPlaced, _order, wait.order_placed, also=_account_if_waited_for),
        *FACTS,
        *COMMANDS,
        *PARCELS,
        *PAYMENTS,
        On(said.PartyChanged, _seller, party.party_changed),
        On(CaseRuled, _order, rule.case_ruled, also=_account),
        *TIMERS,
    ),
    commands=frozenset({said.Command.TOPIC}),
)
