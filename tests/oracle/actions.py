"""Which step comes next in a random story: mostly one that the state of things asks for, sometimes any other."""

import random
from typing import TYPE_CHECKING, Any, Final

from tests.oracle import tables as t
from tests.oracle.details import ADDS, KINDS, a_reason, named, plan
from tests.oracle.model import Dispute, Order, Refused, second, stamp
from tests.oracle.opening import guards_of_opening, units_of

if TYPE_CHECKING:
    from tests.oracle.generate import Author

Step = dict[str, Any]
REASONS: Final = sorted(t.FAMILY)
STATUSES: Final = (
    *("in_transit", "out_for_delivery", "attempted", "delivered", "delivered", "delivered"),
    *("customs_hold", "exception", "returning", "returned", "lost", "not_found"),
)

# In each state, what is asked for: (by, do) and its weight.
WANTED: Final[dict[str, dict[tuple[str, str], int]]] = {
    t.SELLER: {("seller", "refuse"): 6, ("seller", "accept"): 2, ("buyer", "change_plan"): 2, ("buyer", "escalate"): 1},
    t.BUYER: {
        ("buyer", "change_plan"): 3,
        ("buyer", "escalate"): 5,
        ("buyer", "accept"): 2,
        ("seller", "accept"): 1,
        ("buyer", "cancel"): 1,
    },
    t.HELD: {("carrier", "scan"): 6, ("seller", "accept"): 1, ("buyer", "cancel"): 1, ("buyer", "escalate"): 1},
    t.EVIDENCE: {("buyer", "evidence_done"): 4, ("seller", "evidence_done"): 4, ("buyer", "accept"): 1},
    t.REVIEW: {("platform", "rule"): 8, ("platform", "propose"): 4, ("seller", "accept"): 1},
    t.PROPOSED: {
        ("buyer", "accept"): 3,
        ("seller", "accept"): 3,
        ("buyer", "refuse"): 1,
        ("seller", "refuse"): 1,
        ("platform", "rule"): 1,
    },
    t.TO_SEND: {("buyer", "ship_return"): 6, ("buyer", "cancel"): 1},
    t.SENT: {("carrier", "scan_return"): 4, ("seller", "contest_return"): 3, ("seller", "confirm_return"): 2},
    t.SERVICE: {
        ("platform", "settle_service"): 3,
        ("platform", "reject_service"): 1,
        ("platform", "hand_back"): 2,
        ("buyer", "cancel"): 1,
    },
    t.APPEAL: {("platform", "decide_appeal"): 5},
    t.PENDING: {("payment", "refund_executed"): 4, ("payment", "refund_failed"): 1},
    t.REFUNDED: {("buyer", "appeal"): 2, ("seller", "appeal"): 2},
    t.REJECTED: {("buyer", "appeal"): 2, ("seller", "appeal"): 2},
    t.NO_RETURN: {("buyer", "appeal"): 2, ("seller", "appeal"): 1},
}
OF_ANY_DISPUTE: Final = sorted(
    {pair for asked in WANTED.values() for pair in asked}
    | {
        ("buyer", "add_evidence"),
        ("seller", "add_evidence"),
        ("platform", "extend"),
    }
    - {("carrier", "scan")}
)
# What a feature of the product makes possible.
NEEDS: Final = {
    "propose": "desk",
    "settle_service": "desk",
    "reject_service": "desk",
    "hand_back": "desk",
    "contest_return": "returns",
    "scan_return": "returns",
    "appeal": "appeals",
    "decide_appeal": "appeals",
    "extend": "extend",
    "chargeback_opened": "chargebacks",
    "chargeback_lost": "chargebacks",
    "chargeback_won": "chargebacks",
}


def next_step(a: "Author") -> Step | None:
    chance, w = a.chance, a.world
    w.advance(a.now)
    order = chance.choice(list(w.orders.values()))
    if any(unit.parcel is None for unit in order.units) and chance.random() < 0.75:
        return _ship(a, order)
    active = [d for d in w.disputes.values() if d.open]
    if active:
        kinds = {"dispute": 14.0, "open": 0.6, "scan": 1.0, "receipt": 0.2}
    else:
        kinds = {"dispute": 1.5 if w.disputes else 0, "open": 8.0, "scan": 1.5, "receipt": 0.2}
    kinds["chargeback"] = (0.3 if order.frozen is None else 3) if "chargebacks" in a.features else 0
    kinds["lane"] = 0.5 if "extend" in a.features else 0
    kind = chance.choices(list(kinds), list(kinds.values()))[0]
    if kind == "dispute":
        among = active if active and chance.random() < 0.93 else list(w.disputes.values())
        return of_dispute(a, chance.choice(among))
    if kind == "open":
        step = _open(a, order)
        return step if _may_be_opened(a, order, step) or chance.random() < 0.05 else None
    if kind == "scan":
        return _scan(a)
    if kind == "receipt" and order.receipt == a.now:
        return None
    if kind == "receipt":
        return {"by": "buyer", "do": "confirm_receipt", "order": order.order}
    if kind == "lane":
        lane = {"carrier_service": order.carrier_service, "destination": order.destination}
        return {"by": "platform", "do": "extend", "lane": lane, "days": chance.choice((1, 3, 10))}
    ends = ("chargeback_won", "chargeback_won", "chargeback_lost")
    do = chance.choice(ends) if order.frozen is not None else "chargeback_opened"
    return {"by": "payment", "do": do, "order": order.order, "amount": order.paid}


def edges(a: "Author") -> list[int]:
    """Instants at which a guard opens or closes."""
    w = a.world
    found = [due.at for due in w.agenda()]
    for order, parcel in w.parcels.values():
        found += [parcel.promise, parcel.sent + w.policy.at("open.earliest_after_ship", parcel.sent, order)]
        found.append(w.window_end(order, [parcel]) or 0)
    for order in w.orders.values():
        found.append(order.placed + w.policy.at("ship.within", order.placed, order))
    for d in w.disputes.values():
        found += [at for at in (d.auto, d.deadline, d.appeal_until) if at is not None]
        found += list(d.manual or ())
    return found


# -- facts -------------------------------------------------------------------------------------------------------------


def _ship(a: "Author", order: Order) -> Step:
    units = [unit for unit in order.units if unit.parcel is None]
    step: Step = {"by": "seller", "do": "ship", "order": order.order, "parcel": f"P{len(a.recorder.steps) + 1}"}
    partial = len(units) < len(order.units) or (len(units) > 1 and a.chance.random() < 0.35)
    if partial:
        some = units if a.chance.random() < 0.4 else a.chance.sample(units, a.chance.randint(1, len(units)))
        step["units"] = named(some)
    if a.chance.random() < 0.03:
        step["units"] = named(a.chance.sample(order.units, 1))
    return step


def _scan(a: "Author") -> Step | None:
    if not a.world.parcels:
        return None
    name = a.chance.choice(list(a.world.parcels))
    step: Step = {"by": "carrier", "do": "scan", "parcel": name, "status": a.chance.choice(STATUSES)}
    if a.chance.random() < 0.3:
        _, parcel = a.world.parcels[name]
        around = [parcel.promise, parcel.promise + 7 * t.DAY, parcel.promise + 15 * t.DAY]
        around += [scan.own for scan in parcel.scans] + [a.now - t.DAY]
        own = a.chance.choice(around) + a.chance.choice((-1, 0, 1))
        if parcel.sent <= own <= a.now:
            step["scanned_at"] = stamp(own)
    # The same status at the same instant is the same scan once more.
    own = second(step["scanned_at"]) if "scanned_at" in step else a.now
    again = any((scan.own, scan.status) == (own, step["status"]) for scan in a.world.scans[name])
    return None if again else step


# -- disputes ----------------------------------------------------------------------------------------------------------


def _open(a: "Author", order: Order) -> Step:
    chance = a.chance
    mine = [d for d in a.world.disputes.values() if d.order is order]
    again = [d for d in mine if d.state == t.CANCELLED]
    if again and chance.random() < 0.6:
        d = chance.choice(again)
        name, units = d.name if chance.random() < 0.6 else _fresh(a), d.units
    else:
        name, units = _fresh(a), _some_units(chance, order)
    reason = a_reason(a, order, units)
    step: Step = {"by": "buyer", "do": "open", "dispute": name, "order": order.order, "units": named(units)}
    step["reason"] = reason
    cap = sum(unit.paid - unit.refunded for unit in units)
    step["want"] = plan(chance, cap, reason)
    needs = t.FAMILY[reason] == "NOT_AS_DESCRIBED"
    if chance.random() < (0.96 if needs else 0.3):
        step["evidence"] = [chance.choice(KINDS)]
    return step


def _may_be_opened(a: "Author", order: Order, step: Step) -> bool:
    units = units_of(order, step["units"])
    try:
        guards_of_opening(a.world, order, units, step["reason"], evidence=1)
    except Refused:
        return False
    return not any(d.open for unit in units for d in a.world.history.get((order.order, unit.line), []))


def _fresh(a: "Author") -> str:
    return f"D{len(a.recorder.steps) + 1}"


def _some_units(chance: random.Random, order: Order) -> list[Any]:
    if chance.random() < 0.5:
        return order.units
    line = chance.choice(order.units).line
    mine = [unit for unit in order.units if unit.line == line]
    return mine if chance.random() < 0.5 else chance.sample(mine, chance.randint(1, len(mine)))


def of_dispute(a: "Author", d: Dispute) -> Step | None:
    wanted = WANTED.get(d.state, {})
    if wanted and a.chance.random() < 0.85:
        by, do = a.chance.choices(list(wanted), list(wanted.values()))[0]
    else:
        by, do = a.chance.choice(OF_ANY_DISPUTE)
    if NEEDS.get(do, do) in ALL_NEEDS - a.features:
        return None
    if do == "scan":
        return _scan(a)
    step: Step = {"by": by, "do": do, "dispute": d.name}
    adds = ADDS.get(do)
    if adds is not None:
        adds(a, d, step)
    return step


ALL_NEEDS: Final = frozenset(NEEDS.values())
