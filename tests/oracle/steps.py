"""Everything that can be said or happen in a story, one function each, and who may do what when (section 5)."""

from collections.abc import Callable
from typing import Any, Final

from tests.oracle import tables as t
from tests.oracle.model import Dispute, Parcel, Plan, Refused, Said, Scan, second
from tests.oracle.opening import change_plan, open_dispute, plan_of, units_of
from tests.oracle.paying import agree, executed, pay
from tests.oracle.world import World

# -- facts -------------------------------------------------------------------------------------------------------------


def ship(w: World, step: Said) -> None:
    """8.15, 8.24: the promise clock starts at the declared dispatch; earlier scans of the number are its own."""
    order = w.orders[step["order"]]
    units = units_of(order, step["units"]) if "units" in step else order.units
    if any(unit.parcel for unit in units):
        raise Refused("shipped twice")
    length = w.policy.at("promise.default", w.now, order, order.carrier_service)
    if order.promise_days is not None:
        length = min(order.promise_days * t.DAY, w.policy.at("promise.max", w.now, order, order.destination))
    parcel = Parcel(w.now, w.now + length, w.scans.setdefault(step["parcel"], []))
    w.parcels[step["parcel"]] = (order, parcel)
    for unit in units:
        unit.parcel = parcel


def scan(w: World, step: Said) -> None:
    own = second(step.get("scanned_at", step["at"]))
    seen = Scan(own, w.now, step["status"])
    before = w.parcels[step["parcel"]][1].last if step["parcel"] in w.parcels else None
    w.scans.setdefault(step["parcel"], []).append(seen)
    if step["parcel"] not in w.parcels:
        return
    _, parcel = w.parcels[step["parcel"]]
    is_last = all(other.own <= own for other in parcel.scans)
    for d in list(w.disputes.values()):
        if d.state == t.HELD and parcel in d.parcels and is_last:
            _moves_hold(w, d, step["status"], news=before != step["status"])


def _moves_hold(w: World, d: Dispute, status: str, *, news: bool) -> None:
    """Transitions 10 and 11; 8.24: the second when no disputed parcel is under way any more.

    An anomaly that stood before the hold is no news when it is scanned once more.
    """
    if status in t.ANOMALY and news:
        d.reason = t.ANOMALY[status]
        w.enter_seller(d)
    elif status == "delivered" and not any(w.under_way(d, parcel) for parcel in d.parcels):
        w.enter_confirm(d)


def confirm_receipt(w: World, step: Said) -> None:
    """8.25, 8.44."""
    order = w.orders[step["order"]]
    if order.receipt is not None or any(unit.parcel is None for unit in order.units):
        raise Refused("not now")
    order.receipt = w.now
    for d in w.disputes.values():
        if d.order is not order:
            continue
        d.received = w.now
        if w.receipt(order, d.parcels) is not None and (d.state == t.HELD or d.confirming):
            w.go(d, t.CANCELLED, None)


def scan_return(w: World, step: Said) -> None:
    d = w.dispute(step["dispute"])
    if not d.return_sent:
        raise Refused("no return")
    seen = Scan(second(step.get("scanned_at", step["at"])), w.now, step["status"])
    first = not any(each.status == "delivered" for each in d.return_scans)
    d.return_scans.append(seen)
    if d.state != t.SENT:
        return
    if step["status"] == "delivered" and first:
        sooner = w.policy.after("return.seller_confirm_delivered", w.now, d.order)
        frozen = d.order.frozen
        rests = 0 if frozen is None else w.now - max(frozen, d.armed["deadline"])  # 8.20: neither of the two runs
        if d.deadline is None or sooner < d.deadline + rests:
            d.deadline, d.armed["deadline"] = sooner, w.now
    if step["status"] == "lost" and all(each.own <= seen.own for each in d.return_scans):
        if d.order.frozen is not None:
            d.return_lost_frozen = True
        else:
            return_lost(w, d)


def return_lost(w: World, d: Dispute) -> None:
    """Transition 21: whoever pays the freight bears the loss."""
    d.back = "lost"
    if d.freight_payer != "buyer":
        pay(w, d, freight=True)
    else:
        arbitrate_anew(w, d)


def arbitrate_anew(w: World, d: Dispute) -> None:
    """8.26, 8.53: no earlier plan stands, what was agreed is undone, what was ruled stays to be read."""
    d.plans = {}
    d.agreement, d.counts = None, False
    w.enter_evidence(d)


def refund_fact(w: World, step: Said) -> None:
    d = w.dispute(step["dispute"])
    if d.state != t.PENDING and d.open:
        raise Refused("nothing to pay")
    if step["do"] == "refund_executed" and d.state == t.PENDING:
        executed(w, d)


# -- the parties -------------------------------------------------------------------------------------------------------


def accept(w: World, step: Said) -> None:
    """8.26, 8.32, 8.46."""
    d, by = w.dispute(step["dispute"]), step["by"]
    maker = "platform" if d.state == t.PROPOSED else {"buyer": "seller", "seller": "buyer"}[by]
    plan = d.plans.get(maker)
    if plan is None:
        raise Refused("no plan stands")
    if plan.remedy == "return" and t.FAMILY[d.reason] in t.REFUND_ONLY:
        raise Refused("refund only")
    if by == "seller" and plan.remedy == "return" and not step.get("return_address"):
        raise Refused("where to")
    if d.state != t.PROPOSED:
        agree(w, d, plan, "consensus")
        return
    if by in d.done:
        raise Refused("accepted already")
    d.done.add(by)
    if len(d.done) == 2:
        agree(w, d, plan, "proposal")


def refuse(w: World, step: Said) -> None:
    """Transitions 4 and 29."""
    d = w.dispute(step["dispute"])
    if d.state == t.PROPOSED:
        if step["by"] in d.done or "counter" in step:
            raise Refused("accepted already")
        w.enter_review(d)
        return
    if step["by"] != "seller":
        raise Refused("not yours")
    plan = plan_of(step["counter"]) if "counter" in step else Plan("refund", 0)
    if plan.amount > d.cap or (plan.remedy == "return" and t.FAMILY[d.reason] in t.REFUND_ONLY):
        raise Refused("plan")
    d.plans["seller"] = plan
    d.refused_once = True
    w.enter_buyer(d)


def escalate(w: World, step: Said) -> None:
    d = w.dispute(step["dispute"])
    inside = d.manual is not None and d.manual[0] <= w.now < d.manual[1]
    if d.confirming or not inside or not d.refused_once or w.still_coming(d):
        raise Refused("not now")
    w.enter_evidence(d)


def cancel(w: World, step: Said) -> None:
    """Transition 13: not once goods were sent back, not after a ruling."""
    d = w.dispute(step["dispute"])
    if d.return_sent or (d.state == t.TO_SEND and d.agreement == "arbitration"):
        raise Refused("too late")
    w.go(d, t.CANCELLED, None)


def add_evidence(w: World, step: Said) -> None:
    w.dispute(step["dispute"]).evidence[step["by"]] += len(step["evidence"])


def evidence_done(w: World, step: Said) -> None:
    d = w.dispute(step["dispute"])
    if step["by"] in d.done:
        raise Refused("said already")
    d.evidence[step["by"]] += len(step.get("evidence", ()))
    d.done.add(step["by"])
    if len(d.done) == 2:
        w.enter_review(d)


def ship_return(w: World, step: Said) -> None:
    d = w.dispute(step["dispute"])
    freight = step.get("freight", 0)
    if type(freight) is not int or freight < 0:
        raise Refused("money is whole and not below 0")
    d.proven_freight, d.return_sent = freight, True
    w.wait(d, t.SENT, "return.seller_confirm")


def confirm_return(w: World, step: Said) -> None:
    pay(w, w.dispute(step["dispute"]), freight=True)


def contest_return(w: World, step: Said) -> None:
    d = w.dispute(step["dispute"])
    if not step.get("evidence"):
        raise Refused("evidence")
    d.evidence["seller"] += len(step["evidence"])
    d.back = "contested"
    arbitrate_anew(w, d)


Does = Callable[[World, Said], Any]
PARTIES: Final[dict[str, Does]] = {
    "open": open_dispute,
    "change_plan": change_plan,
    "accept": accept,
    "refuse": refuse,
    "escalate": escalate,
    "cancel": cancel,
    "add_evidence": add_evidence,
    "evidence_done": evidence_done,
    "ship_return": ship_return,
    "confirm_return": confirm_return,
    "contest_return": contest_return,
}
FACTS: Final[dict[str, Does]] = {
    "ship": ship,
    "scan": scan,
    "confirm_receipt": confirm_receipt,
    "scan_return": scan_return,
    "refund_executed": refund_fact,
    "refund_failed": refund_fact,
}
