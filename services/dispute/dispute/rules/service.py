"""The platform's own after-sales service: what it takes over, and what it decides (transitions 1 and 23, 8.31)."""

from datetime import datetime

from msgspec.structs import replace

from aftersales.contracts.arbitration import ServiceDecided
from aftersales.contracts.dispute import DisputeAgreed, DisputeHandedBack
from aftersales.contracts.marketplace import Plan
from aftersales.decision import Decision, Given
from aftersales.policy import calendar
from aftersales.policy.model import Eligible
from dispute.domain import states
from dispute.domain.dispute import Dispute, Offer
from dispute.domain.order import Order
from dispute.rules import guards
from dispute.rules.desk import addressed, overtaken, with_judges
from dispute.rules.draft import Draft, No
from dispute.rules.negotiate import await_seller
from dispute.rules.settle import close, order_refund, record_resolution
from dispute.rules.sums import Sums


def takes_over(draft: Draft, reason: str, want: Plan) -> bool:
    """Whether a complaint is for the platform's service: eligible, and asking for no more than its cap.

    want: clipped to what can be refunded. Enrolled is a seller of whom the order or the newest word on them says so.
    """
    most: int = draft.parameter("service.cap")
    if not most or want.amount > most:
        return False
    terms = draft.order.known
    eligible: Eligible = calendar.parameter(draft.policy, "service.eligible", draft.now, terms.scope)
    return (
        _in(eligible.reasons, reason)
        and _in(eligible.remedies, want.remedy)
        and _in(eligible.categories, terms.category)
        and _in(eligible.destinations, draft.order.destination)
        and _in(eligible.carrier_services, terms.carrier_service)
        and (terms.service_enrolled or bool(draft.seller.enrolled) or not eligible.enrolled)
    )


def _in(named: frozenset[str], one: str | None) -> bool:
    return "*" in named or one in named


def take_over(draft: Draft, dispute: Dispute, number: str) -> Dispute:
    """The desk decides within `service.review`, which it watches itself; the escalation clock does not run yet."""
    return draft.move(dispute, states.SERVICE_REVIEW, number, _review_by(draft))


def _review_by(draft: Draft) -> datetime:
    days: int = draft.parameter("service.review")
    return calendar.add_business_days(draft.now, days, draft.policy.calendar)


def service_decided(order: Order | None, said: ServiceDecided, given: Given) -> Decision:
    """The service settles, rejects or hands the dispute back (transition 23)."""
    heard = addressed(order, said, said.decision, "23", given)
    if isinstance(heard, Decision):
        return heard
    draft, dispute = heard
    no = _against(draft, dispute, said)
    if no is not None:
        return overtaken(said, said.decision, "23", dispute.state, no)
    draft.facts.update(decision=said.decision, outcome=said.outcome, amount=said.amount, agent=said.agent)
    decided = DECIDE[said.outcome](draft, replace(dispute, service=said.decision), said)
    return draft.decision(draft.because("23"), decided)


def _against(draft: Draft, dispute: Dispute, said: ServiceDecided) -> No | None:
    if said.outcome != "settled":
        return None
    if said.amount < 1:
        return No("amount-too-small", "A settlement pays something. Reject the complaint, or name an amount.")
    return guards.within(draft, said.amount, draft.order.cap(dispute.units))


def _settle(draft: Draft, dispute: Dispute, said: ServiceDecided) -> Dispute:
    """Paid from the service fund: it costs the seller nothing, and their metrics neither."""
    dispute = replace(dispute, judges=with_judges(dispute, said.agent))
    settled = draft.move(dispute, states.REFUND_PENDING, "23", agreement="service")
    plan = Plan(remedy="refund", amount=said.amount)
    draft.amount("refund", said.amount, "as the platform's service decided", cap=draft.order.cap(dispute.units))
    settled = draft.tell(DisputeAgreed, settled, agreement="service", plan=plan)
    return order_refund(draft, settled, Sums(said.amount, payer="service_fund"))


def _reject(draft: Draft, dispute: Dispute, said: ServiceDecided) -> Dispute:
    rejected = replace(dispute, agreement="service", judges=with_judges(dispute, said.agent))
    record_resolution(draft, rejected, Sums(0))
    return close(draft, rejected, states.CLOSED_REJECTED, "23", Offer("refund", 0, 0))


def _hand_back(draft: Draft, dispute: Dispute, said: ServiceDecided) -> Dispute:
    """The seller has all their time to answer, and the escalation clock starts now (rulebook 8.13)."""
    waiting = await_seller(draft, dispute, "23")
    return draft.tell(DisputeHandedBack, waiting, how="by_hand" if said.agent else "silence")


DECIDE = {"settled": _settle, "rejected": _reject, "handed_back": _hand_back}
