"""Opening, changing and reopening: transitions 1, 2 and 26 (8.24 to 8.28, 8.46, 8.49, 8.50)."""

from tests.oracle.model import Dispute, Order, Parcel, Plan, Refused, Said, Unit
from tests.oracle.tables import AT_ONCE_UNDER, CANCELLED, ENDED, EXTERNAL, FAMILY, REFUND_ONLY
from tests.oracle.world import World


def plan_of(said: Said) -> Plan:
    amount = said["amount"]
    if type(amount) is not int or amount < 0:
        raise Refused("money is whole and not below 0")
    return Plan(said["remedy"], amount)


def units_of(order: Order, said: Said) -> list[Unit]:
    """`{"L1": 2}` the first two, `{"L1": [2]}` unit number 2."""
    wanted = {
        (line, number)
        for line, which in said.items()
        for number in (which if isinstance(which, list) else range(1, which + 1))
    }
    found = [unit for unit in order.units if (unit.line, unit.number) in wanted]
    if len(found) != len(wanted) or any(line not in {unit.line for unit in found} for line in said) or not found:
        raise Refused("no such unit")
    return found


def open_dispute(w: World, step: Said) -> None:
    order = w.orders[step["order"]]
    units = units_of(order, step["units"])
    want, reason = plan_of(step["want"]), step["reason"]
    if order.frozen is not None or order.taken_over:
        raise Refused("a chargeback")
    again = w.disputes.get(step["dispute"])
    if again is not None and (again.state != CANCELLED or again.order is not order):
        raise Refused("the id is taken")
    lines = list(dict.fromkeys(unit.line for unit in units))
    guards_of_opening(w, order, units, reason, evidence=len(step.get("evidence", ())))
    _remedy_fits(want, reason)
    reopens = _reopened_lines(w, order, lines)
    if used_up(w, order, lines, reason):
        raise Refused("this reason was used")
    d = Dispute(step["dispute"], order, w.opened, units, reason, w.now)
    d.received = order.receipt
    if d.cap == 0 and reason != "SNAD_COUNTERFEIT":
        raise Refused("nothing is left to ask for")
    if d.cap > 0 and want.amount < 1:
        raise Refused("at least 1")
    d.last_wanted = min(want.amount, d.cap)
    d.plans["buyer"] = Plan(want.remedy, d.last_wanted)
    d.evidence["buyer"] = len(step.get("evidence", ()))
    _enter(w, d)
    _file(w, d, again, lines, reopens)


def _file(w: World, d: Dispute, again: Dispute | None, lines: list[str], reopens: list[str]) -> None:
    w.opened += 1
    if again is not None:
        d.number, d.filed, d.submitted = again.number, again.filed, again.submitted
    # Filed is an id at its first opening, wherever it stands later.
    d.reopening = bool(reopens) if again is None else again.reopening
    for line in lines:
        key = (d.order.order, line)
        if line in reopens:
            w.reopened[key] = w.reopened.get(key, 0) + 1
        w.history.setdefault(key, []).append(d)
    w.disputes[d.name] = d


def _enter(w: World, d: Dispute) -> None:
    plan = d.plans["buyer"]
    assert plan is not None
    cap = w.policy.of("service.cap")
    eligible = FAMILY[d.reason] == "NOT_AS_DESCRIBED" and d.reason != "SNAD_COUNTERFEIT" and plan.remedy == "refund"
    if eligible and d.order.service_enrolled and 0 < plan.amount <= cap:
        w.wait(d, "SERVICE_REVIEW", "service.review")
        return
    until = w.held_until(d)
    if until is None:
        w.enter_seller(d)
    elif w.policy.of("open.in_transit") == "refuse":
        raise Refused("in transit")
    else:
        w.enter_hold(d, until)


def guards_of_opening(w: World, order: Order, units: list[Unit], reason: str, *, evidence: int) -> None:
    """The guards of transition 1 that a new reason obeys too."""
    if reason not in FAMILY:
        raise Refused("no such reason")
    if FAMILY[reason] == "NOT_AS_DESCRIBED" and not evidence:
        raise Refused("no evidence")
    if reason == "INR_NOT_SHIPPED":
        if any(unit.parcel for unit in units):
            raise Refused("shipped")
        if w.now < order.placed + w.policy.at("ship.within", order.placed, order):
            raise Refused("too early")
        return
    if any(unit.parcel is None for unit in units):
        raise Refused("not shipped")
    parcels = list(dict.fromkeys(unit.parcel for unit in units if unit.parcel))
    _not_too_early(w, order, parcels)
    end = w.window_end(order, parcels)
    if end is not None and w.now >= end:
        raise Refused("too late")


def _not_too_early(w: World, order: Order, parcels: list[Parcel]) -> None:
    """8.50: every scan ever made counts, not the last."""
    for parcel in parcels:
        under_way = order.receipt is None and not parcel.ever("delivered", "returning", "returned", "lost", "not_found")
        if not under_way or parcel.promise - parcel.sent < AT_ONCE_UNDER:
            continue
        if w.now < parcel.sent + w.policy.at("open.earliest_after_ship", parcel.sent, order):
            raise Refused("too early")


def _remedy_fits(plan: Plan, reason: str) -> None:
    if FAMILY[reason] in REFUND_ONLY and plan.remedy == "return":
        raise Refused("refund only")


def _reopened_lines(w: World, order: Order, lines: list[str]) -> list[str]:
    reopens = []
    for line in lines:
        before = w.history.get((order.order, line), [])
        if any(d.open for d in before):
            raise Refused("a dispute is open")
        if before and before[-1].state == CANCELLED:
            if w.reopened.get((order.order, line), 0) >= w.policy.of("reopen.max"):
                raise Refused("opened again too often")
            reopens.append(line)
    return reopens


def used_up(w: World, order: Order, lines: list[str], reason: str, but: Dispute | None = None) -> bool:
    """8.28: no earlier dispute on the line ended with this reason."""
    return any(
        d.state in ENDED | {EXTERNAL, "APPEAL_REVIEW"} and d.reason == reason and d is not but
        for line in lines
        for d in w.history.get((order.order, line), [])
    )


def change_plan(w: World, step: Said) -> None:
    d = w.dispute(step["dispute"])
    want, reason = plan_of(step["want"]), step.get("reason", d.reason)
    new = reason != d.reason
    if d.confirming and not new:
        raise Refused("another reason is needed")
    if new:
        guards_of_opening(w, d.order, d.units, reason, evidence=d.evidence["buyer"])
        if used_up(w, d.order, d.lines, reason, d):
            raise Refused("this reason was used")
    _remedy_fits(want, reason)
    if want.amount > d.cap or want.amount < (0 if d.cap == 0 and reason == "SNAD_COUNTERFEIT" else 1):
        raise Refused("amount")
    before, d.reason = d.reason, reason
    until = w.held_until(d)
    if until is not None and new and w.policy.of("open.in_transit") == "refuse":
        d.reason = before
        raise Refused("in transit")
    d.plans["buyer"], d.last_wanted = want, want.amount
    if until is not None:
        w.enter_hold(d, until)
    else:
        w.enter_seller(d)
