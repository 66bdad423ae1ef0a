"""The platform's steps and the payment provider's: rulings, proposals, service, appeals, extensions, chargebacks."""

from typing import Final

from tests.oracle import tables as t
from tests.oracle.model import Dispute, Order, Plan, Refused, Said, delivered, second
from tests.oracle.money import half_up
from tests.oracle.opening import plan_of
from tests.oracle.paying import bear, carry_out, executed, spread
from tests.oracle.ruling import freight_payer, recommended
from tests.oracle.steps import FACTS, PARTIES, Does, return_lost
from tests.oracle.waits import back
from tests.oracle.world import World


def rule(w: World, step: Said) -> None:
    """Transition 17; 8.40, 8.45: a departure keeps rule, liable side and payers."""
    d = w.dispute(step["dispute"])
    row = recommended(w, d, step.get("findings", {}))
    plan, compensation = Plan(row.remedy, half_up(row.refund)), row.compensation
    if "depart" in step:
        depart = step["depart"]
        plan = plan_of(depart)
        if not depart.get("reason") or plan.amount > d.cap:
            raise Refused("departure")
        if plan.remedy == "return" and t.FAMILY[d.reason] in t.REFUND_ONLY:
            raise Refused("refund only")
        compensation = depart.get("compensation", compensation)
        if type(compensation) is not int or compensation < 0:
            raise Refused("money is whole and not below 0")
    agents = _two_where_needed(w, d, step, min(plan.amount, d.cap) + compensation)
    d.agents |= agents
    payer = freight_payer(d, row, plan.remedy)
    d.rule, d.liable, d.agreement, d.counts, d.claims = row.rule, row.liable, "arbitration", row.counts, row.claims
    d.payer, d.freight_payer, d.due_compensation, d.ruled = row.payer, payer, compensation, w.now
    carry_out(w, d, plan)


def _two_where_needed(w: World, d: Dispute, step: Said, amount: int) -> set[str]:
    limit = w.policy.of("four_eyes.above")
    limit = limit.get(d.order.currency) if isinstance(limit, dict) else limit
    agents = {step["agent"]}
    if limit is not None and amount > limit:
        if step.get("second") in (None, step["agent"]):
            raise Refused("a second agent")
        agents.add(step["second"])
    if agents & {d.order.buyer, d.order.seller}:
        raise Refused("a party")
    return agents


def propose(w: World, step: Said) -> None:
    """8.27; transition 29: one proposal an arbitration."""
    d, plan = w.dispute(step["dispute"]), plan_of(step["want"])
    if d.proposed or plan.amount > d.cap or (plan.remedy == "return" and t.FAMILY[d.reason] in t.REFUND_ONLY):
        raise Refused("proposal")
    d.plans["platform"] = plan
    d.proposed, d.done = True, set()
    w.wait(d, t.PROPOSED, "arbitration.proposal_accept")


def settle_service(w: World, step: Said) -> None:
    """8.31."""
    d, plan = w.dispute(step["dispute"]), plan_of({"remedy": "refund", "amount": step["amount"]})
    if not 1 <= plan.amount <= d.cap:
        raise Refused("amount")
    d.agents.add(step.get("agent", ""))
    d.agreement, d.payer = "service", "service"
    carry_out(w, d, plan)


def reject_service(w: World, step: Said) -> None:
    d = w.dispute(step["dispute"])
    d.agents.add(step.get("agent", ""))
    d.agreement = "service"
    w.go(d, t.REJECTED, None)


def hand_back(w: World, step: Said) -> None:
    w.enter_seller(w.dispute(step["dispute"]))


def appeal(w: World, step: Said) -> None:
    """8.30, 8.51."""
    d, by = w.dispute(step["dispute"]), step["by"]
    if d.appellant is not None or by not in t.APPELLANTS[d.agreement or ""] or not step.get("evidence"):
        raise Refused("appeal")
    if any(other.open for line in d.lines for other in w.history[(d.order.order, line)]):
        raise Refused("one open dispute a line")
    if d.appeal_until is None or w.now >= d.appeal_until:
        raise Refused("late")
    d.appellant, d.before_appeal = by, d.state
    d.evidence[by] += len(step["evidence"])
    w.wait(d, t.APPEAL, "appeal.review")


def decide_appeal(w: World, step: Said) -> None:
    d = w.dispute(step["dispute"])
    if step["agent"] in d.agents or step["agent"] in (d.order.buyer, d.order.seller):
        raise Refused("another person decides")
    if "amount" in step:
        plan_of({"remedy": "refund", "amount": step["amount"]})
    if step["outcome"] == "uphold":
        back(w, d, d.before_appeal)
    elif d.appellant == "seller":
        _for_the_seller(w, d)
    else:
        _for_the_buyer(w, d, step)


def _for_the_seller(w: World, d: Dispute) -> None:
    """The buyer keeps everything; the platform fund makes the seller whole."""
    seller = w.sellers[d.order.seller]
    returned, put_back = d.paid_by["escrow"], d.paid_by["deposit"]
    d.paid_by["escrow"] = d.paid_by["deposit"] = 0
    d.paid_by["platform_fund"] += returned + put_back - d.claim
    d.claim = 0  # the platform's, with the refund
    seller.deposit += put_back
    if not d.order.released:
        d.order.left += returned
    d.debt = 0
    seller.debts = [entry for entry in seller.debts if entry[0] is not d]
    d.liable, d.counts = "nobody", False
    back(w, d, d.before_appeal)


def _for_the_buyer(w: World, d: Dispute, step: Said) -> None:
    """8.30, 8.52: the refund is brought up to the buyer's last plan or the agent's amount, at most the cap."""
    more = min(max(0, step.get("amount", d.last_wanted) - d.refund), d.cap)
    spread(d, more)
    bear(w, d, more, "seller")
    d.refund += more
    d.liable, d.counts = "seller", False
    w.go(d, t.PENDING if more else t.REFUNDED, None)
    if more and not w.by_hand:
        executed(w, d)


def extend(w: World, step: Said) -> None:
    """Transition 28; 8.21, 8.43."""
    if type(step["days"]) is not int or step["days"] < 1:
        raise Refused("days")
    length = step["days"] * t.DAY
    if "lane" in step:
        _extend_lane(w, step["lane"], length)
        return
    d = w.dispute(step["dispute"])
    if not d.open or d.order.frozen is not None:
        raise Refused("closed")
    _move(d, dict.fromkeys(("deadline", "auto"), length))
    d.manual = (d.manual[0], d.manual[1] + length) if d.manual else None
    if d.state == t.HELD:
        for parcel in d.parcels:
            parcel.promise += length
            parcel.extended = True


def _extend_lane(w: World, lane: Said, length: int) -> None:
    moved = []
    for order, parcel in w.parcels.values():
        same = (order.carrier_service, order.destination) == (lane["carrier_service"], lane["destination"])
        if same and delivered(parcel, order.receipt) is None and w.now < parcel.promise:
            parcel.promise += length
            parcel.extended = True
            moved.append(parcel)
    for d in w.disputes.values():
        if not any(parcel in moved for parcel in d.parcels):
            continue
        if d.state == t.HELD and d.deadline is not None:
            d.deadline = max(d.deadline, w.held_until(d) or 0)
        if d.auto is not None and t.FAMILY[d.reason] == "NOT_RECEIVED" and d.reason != "INR_NOT_SHIPPED":
            d.auto = max([d.auto, *(parcel.promise for parcel in d.parcels)])


def _move(d: Dispute, by: dict[str, int]) -> None:
    for clock, length in by.items():
        if clock == "deadline" and d.deadline is not None:
            d.deadline += length
            d.fallback = d.fallback + length if d.fallback is not None and d.state == t.REVIEW else d.fallback
        if clock == "auto" and d.auto is not None:
            d.auto += length


# -- chargebacks (transition 27; 8.20, 8.51) ---------------------------------------------------------------------------


def chargeback_opened(w: World, step: Said) -> None:
    order = w.orders[step["order"]]
    if order.frozen is not None:
        raise Refused("one is open")
    order.frozen, order.examined = w.now, step.get("amount", 0)


def chargeback_won(w: World, step: Said) -> None:
    order = w.orders[step["order"]]
    since = _ended(order)
    for d in [d for d in w.disputes.values() if d.order is order]:
        _thaw(w, d, since)
        if d.return_lost_frozen and d.state == t.SENT:
            d.return_lost_frozen = False
            return_lost(w, d)


def _thaw(w: World, d: Dispute, since: int) -> None:
    stood = {clock: w.now - max(since, armed) for clock, armed in d.armed.items()}
    if d.open:
        _move(d, {clock: stood.get(clock, 0) for clock in ("deadline", "auto")})
        shift = stood.get("manual", 0)
        d.manual = (d.manual[0] + shift, d.manual[1] + shift) if d.manual else None
    if d.appeal_until is not None and d.appeal_until > since:
        d.appeal_until += stood.get("appeal", 0)


def chargeback_lost(w: World, step: Said) -> None:
    order = w.orders[step["order"]]
    _ended(order)
    order.taken_over = True
    order.taken += order.examined
    order.left -= order.examined
    for d in w.disputes.values():
        if d.order is order and d.open and d.state not in (t.APPEAL, t.PENDING):
            w.go(d, t.EXTERNAL, None)


def _ended(order: Order) -> int:
    if order.frozen is None:
        raise Refused("none is open")
    since, order.frozen = order.frozen, None
    return since


DESK: Final[dict[str, Does]] = {
    "rule": rule,
    "propose": propose,
    "settle_service": settle_service,
    "reject_service": reject_service,
    "hand_back": hand_back,
    "appeal": appeal,
    "decide_appeal": decide_appeal,
}
OTHERS: Final[dict[str, Does]] = {
    "extend": extend,
    "chargeback_opened": chargeback_opened,
    "chargeback_lost": chargeback_lost,
    "chargeback_won": chargeback_won,
}
COMMANDS: Final = {**PARTIES, **DESK}


def perform(w: World, step: Said) -> bool:
    """Whether the step is accepted. What falls due by its instant comes before it, and what it makes due after it."""
    w.advance(second(step["at"]))
    try:
        if step["do"] in COMMANDS:
            _may(w, step)
        {**COMMANDS, **FACTS, **OTHERS}[step["do"]](w, step)
    except Refused:
        return False
    w.advance(w.now)
    return True


def _may(w: World, step: Said) -> None:
    if step["do"] == "open":
        return
    d = w.dispute(step["dispute"])
    if d.state not in t.TAKEN[step["do"]]:
        raise Refused(f"not in {d.state}")
    if d.order.frozen is not None and step["do"] != "appeal":
        raise Refused("a chargeback is open")
