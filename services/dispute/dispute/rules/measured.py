"""What a decision about an order adds to its seller's measures (rulebook section 9)."""

from collections.abc import Iterator
from functools import wraps
from typing import Any

from msgspec.structs import replace

from aftersales.contracts.marketplace import PlanAccepted, PlanRefused
from aftersales.decision import Append, Decision, Given, Rule
from dispute.domain import measure, states
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order


def measured(rule: Rule) -> Rule:
    """A rule about an order, whose decision leaves a row for each fact that the seller is measured by."""

    @wraps(rule)
    def decide(order: Order | None, event: Any, given: Given) -> Decision:
        decision = rule(order, event, given)
        after: Order | None = decision.state
        if after is None or after.terms is None or not after.disputes:
            return decision
        before = order or Order(after.id)
        if before.disputes is after.disputes or before.disputes == after.disputes:
            return decision
        rows = tuple(_rows(before, after, event, given))
        appends = tuple(Append("seller_fact", row) for row in rows)
        return replace(decision, appends=(*decision.appends, *appends)) if rows else decision

    return decide


def _rows(before: Order, after: Order, event: Any, given: Given) -> Iterator[dict[str, Any]]:
    for dispute in after.disputes.values():
        known = before.disputes.get(dispute.id)
        if known is dispute:
            continue
        for kind in _news(before, known, dispute):
            yield _row(after, dispute, kind, given)
        if _answered(after, known, dispute, event):
            assert known is not None
            yield _row(after, dispute, measure.ANSWERED, given, int((given.now - known.since).total_seconds()))


def _news(before: Order, known: Dispute | None, dispute: Dispute) -> Iterator[str]:
    """A dispute is filed at its first opening; on a line whose latest one was cancelled it is a reopening (8.28)."""
    if known is None and not any(before.record_of(line).cancelled for line in dispute.units):
        yield measure.FILED
    if dispute.escalated_at is not None and (known is None or known.escalated_at is None):
        yield measure.SUBMITTED
    for was, so, not_so in (
        (_cancelled, measure.CANCELLED, measure.RESTORED),
        (_liable, measure.LIABLE, measure.CLEARED),
        (_serviced, measure.SERVICE, measure.OURS),
    ):
        if was(dispute) != (known is not None and was(known)):
            yield so if was(dispute) else not_so


def _cancelled(dispute: Dispute) -> bool:
    return dispute.state == states.CLOSED_CANCELLED


def _liable(dispute: Dispute) -> bool:
    return bool(dispute.counts_for_seller)


def _serviced(dispute: Dispute) -> bool:
    return dispute.agreement == "service"


def _answered(order: Order, known: Dispute | None, dispute: Dispute, event: Any) -> bool:
    """The seller accepts or refuses while they are asked; the time counts from when they were."""
    asked = known is not None and known.state == states.AWAITING_SELLER and dispute.state != known.state
    spoken = isinstance(event, PlanAccepted | PlanRefused) and event.dispute == dispute.id
    return asked and spoken and bool(event.by == order.known.seller)


def _row(order: Order, dispute: Dispute, kind: str, given: Given, seconds: int | None = None) -> dict[str, Any]:
    return {
        "seller": order.known.seller,
        "kind": kind,
        "at": given.now,
        "order_id": order.id,
        "dispute": dispute.id,
        "reason": dispute.reason,
        "carrier_service": order.known.carrier_service,
        "destination": order.destination,
        "seconds": seconds,
        "cause": given.cause,
    }
