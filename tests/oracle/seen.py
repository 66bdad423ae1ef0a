"""The values of the `then` keys of stories.md, as stories write them."""

from typing import Any

from tests.oracle import tables as t
from tests.oracle.metrics import metrics
from tests.oracle.model import Dispute, Order, Said, stamp
from tests.oracle.world import World


def dispute_seen(d: Dispute) -> dict[str, Any]:
    waits = d.state == t.BUYER and not d.confirming
    return {
        "state": d.state,
        "reason": d.reason,
        "deadline": stamp(d.auto if waits else d.deadline),
        "auto_escalation": stamp(d.auto),
        "refund": d.refund,
        "compensation": d.compensation,
        "freight": d.freight,
        "paid_by": dict(d.paid_by),
        "seller_debt": d.debt,
        "carrier_claim": d.claim,
        "liable": d.liable,
        "rule": d.rule,
        "agreement": d.agreement,
        "counts_for_seller": d.counts,
    }


def order_seen(w: World, order: Order) -> dict[str, Any]:
    refunds: dict[str, list[int]] = {}
    for unit in order.units:
        refunds.setdefault(unit.line, []).append(unit.paid)
    mine = sum(d.order is order for d in w.disputes.values())
    return {"unit_refunds": refunds, "paid_left": order.paid_left, "disputes": mine}


def tasks(d: Dispute, party: str) -> list[str]:
    asked = {
        t.SELLER: {"seller": "answer"},
        t.BUYER: {"buyer": "answer"},
        t.TO_SEND: {"buyer": "ship_return"},
        t.SENT: {"seller": "confirm_return"},
        t.EVIDENCE: {who: "evidence" for who in ("buyer", "seller") if who not in d.done},
        t.PROPOSED: {who: "answer_proposal" for who in ("buyer", "seller") if who not in d.done},
    }.get(d.state, {})
    return [asked[party]] if party in asked else []


def found(w: World, wanted: Said) -> dict[str, Any] | None:
    """Everything that an expectation can ask about its subject, now; None where there is no such subject."""
    if "party" in wanted:
        d = w.disputes.get(wanted["dispute"])
        return None if d is None else {"tasks": tasks(d, wanted["party"])}
    if "dispute" in wanted:
        d = w.disputes.get(wanted["dispute"])
        return None if d is None else dispute_seen(d)
    if "order" in wanted:
        return order_seen(w, w.orders[wanted["order"]])
    return {"metrics": metrics(w, wanted["seller"])}
