"""The expectation keys of a dispute and an order, read from the states that the rules keep."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from dispute.domain.dispute import Dispute
from dispute.domain.measure import WINDOW, Marks
from dispute.domain.order import Order
from dispute.store.kinds import ORDERS


def dispute_seen(dispute: Dispute) -> Mapping[str, Any]:
    burden = dispute.paid_by
    return {
        "state": dispute.state,
        "reason": dispute.reason,
        "deadline": dispute.due_at,
        "auto_escalation": dispute.escalates_at,
        "refund": dispute.refund,
        "compensation": dispute.compensation,
        "freight": dispute.freight,
        "paid_by": {
            "escrow": burden.escrow,
            "deposit": burden.deposit,
            "platform_fund": burden.platform_fund,
            "service_fund": burden.service_fund,
        },
        "seller_debt": burden.debt,
        "carrier_claim": dispute.carrier_claim,
        "liable": dispute.liable,
        "rule": dispute.rule,
        "agreement": dispute.agreement,
        "counts_for_seller": bool(dispute.counts_for_seller),
    }


def order_seen(order: Order) -> Mapping[str, Any]:
    units: dict[str, list[int]] = {}
    for unit in order.known.every_unit():
        units.setdefault(unit.line, []).append(unit.paid)
    return {"unit_refunds": units, "paid_left": order.paid_left, "disputes": len(order.disputes)}


def marks_seen(orders: Iterable[Order], seller: str, end: datetime) -> list[Marks]:
    """Receipts and parcels of a seller's orders that count in the 30 days before the end."""
    rows = [
        row
        for order in orders
        for view in ORDERS.views
        if view.table == "seller_mark"
        for row in view.rows(order.id, order)
    ]
    found = []
    for row in rows:
        if row["seller"] == seller and row["at"] is not None and end - WINDOW < row["at"] <= end:
            parcel = row["kind"] == "parcel"
            lane = (row["carrier_service"], row["destination"])
            found.append(
                Marks(*lane, receipts=int(not parcel), parcels=int(parcel), on_time=int(parcel and row["good"]))
            )
    return found
