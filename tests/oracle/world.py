"""The simulated world: one clock and, instead of timers, an agenda that is worked out anew from what stands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.oracle.model import Dispute, Order, Parcel, Refused, Said, Scan, Seller, order_of
from tests.oracle.policy import Policy
from tests.oracle.tables import (
    APPELLANTS,
    BUYER,
    ENDED,
    EVIDENCE,
    FAMILY,
    HELD,
    REVIEW,
    SELLER,
    UNDER_WAY,
)


@dataclass(order=True)
class Due:
    """rank: the seller's answer, the other waits, automatic escalation, then what concerns no dispute (section 4)."""

    at: int
    rank: int
    number: int
    does: Callable[[], None]


class World:
    """`ends`: what silence does when the wait of a dispute's state ends. releases: escrow is released (8.7)."""

    def __init__(self, story: Said, ends: Callable[["World", Dispute], None], *, releases: bool = True) -> None:
        self.ends = ends
        self._releases = releases
        self.policy = Policy(story.get("policy", {}))
        self.by_hand = story.get("payments") == "by hand"
        self.now = 0
        # Named corners that the story has been to: what the product is known to do otherwise is kept out by them.
        self.corners: set[str] = set()
        self.opened = 0
        self.disputes: dict[str, Dispute] = {}
        self.history: dict[tuple[str, str], list[Dispute]] = {}
        self.reopened: dict[tuple[str, str], int] = {}
        self.orders: dict[str, Order] = {}
        self.parcels: dict[str, tuple[Order, Parcel]] = {}
        self.scans: dict[str, list[Scan]] = {}
        self.lanes: list[tuple[tuple[str, str], int]] = []
        self.sellers: dict[str, Seller] = {}
        for said in story["orders"]:
            self.orders[said["order"]] = order_of(said)
        for said in story["orders"]:
            if said["seller"] not in self.sellers and "deposit" in said:
                self.sellers[said["seller"]] = Seller(said["deposit"])
        for said in story["orders"]:
            self.sellers.setdefault(said["seller"], Seller())

    # -- time ----------------------------------------------------------------------------------------------------------

    def advance(self, until: int) -> None:
        """Everything that falls due by then, each at its own instant."""
        while due := min((due for due in self.agenda() if due.at <= until), default=None, key=_order):
            self.now = max(self.now, due.at)
            due.does()
        self.now = max(self.now, until)

    def agenda(self) -> Iterator[Due]:
        for d in self.disputes.values():
            if not d.open or d.order.frozen is not None:
                continue
            if d.deadline is not None:
                yield Due(d.deadline, 0 if d.state == SELLER else 1, d.number, partial(self.ends, self, d))
            if d.state == REVIEW and d.fallback is not None and d.fallback != d.deadline:
                yield Due(d.fallback, 1, d.number, partial(self.ends, self, d))
            if d.auto is not None:
                yield Due(d.auto, 2, d.number, partial(self.enter_evidence, d))
        for number, order in enumerate(self.orders.values()):
            at = self.release_at(order)
            if at is not None:
                yield Due(at, 3, number, partial(self.release, order))

    # -- what the tables ask -------------------------------------------------------------------------------------------

    def under_way(self, d: Dispute, parcel: Parcel) -> bool:
        return d.received is None and (parcel.last is None or parcel.last in UNDER_WAY)

    def held_until(self, d: Dispute) -> int | None:
        """8.24, 8.38: the latest running promise of a disputed parcel under way; None where nothing holds it."""
        if FAMILY[d.reason] != "NOT_RECEIVED" or d.reason == "INR_NOT_SHIPPED":
            return None
        running = [p.promise for p in d.parcels if self.under_way(d, p) and self.now < p.promise]
        return max(running, default=None)

    def still_coming(self, d: Dispute) -> bool:
        """8.24: escalation by hand is refused while this holds."""
        if FAMILY[d.reason] != "NOT_RECEIVED" or d.reason == "INR_NOT_SHIPPED":
            return False
        over = ("delivered", "returning", "returned", "lost", "not_found")
        return any(self.now < p.promise and d.received is None and p.last not in over for p in d.parcels)

    def window_end(self, order: Order, parcels: list[Parcel]) -> int | None:
        """`open.latest`; None without a parcel: units never shipped have no latest date."""
        if not parcels:
            return None
        start = max(p.promise for p in parcels)
        for parcel in parcels:
            start = max(start, parcel.first("delivered") or 0)
        received = self.receipt(order, parcels)
        return self.policy.after("open.latest", max(start, received or 0), order)

    def receipt(self, order: Order, parcels: list[Parcel]) -> int | None:
        """The confirmed receipt; given after the window of these parcels it moves and closes nothing (8.44)."""
        if order.receipt is None:
            return None
        start = max((max(p.promise, p.first("delivered") or 0) for p in parcels), default=None)
        if start is not None and order.receipt >= self.policy.after("open.latest", start, order):
            return None
        return order.receipt

    # -- entering states -----------------------------------------------------------------------------------------------

    def go(self, d: Dispute, state: str, deadline: int | None) -> None:
        d.state, d.deadline, d.confirming = state, deadline, False
        d.armed["deadline"] = self.now
        if state not in (SELLER, BUYER):
            d.auto = None
        if not d.open:
            d.closed = self.now
            d.deadline = None
            if state in ENDED:
                d.appeal_until = self.policy.after("appeal.window", self.now, d.order)
                d.armed["appeal"] = self.now

    def wait(self, d: Dispute, state: str, parameter: str) -> None:
        self.go(d, state, self.policy.after(parameter, self.now, d.order))

    def enter_seller(self, d: Dispute) -> None:
        if d.state == HELD or d.confirming:
            d.clock = None
        self.wait(d, SELLER, "seller.response")
        if d.clock is None:
            self._start_clock(d)
        if FAMILY[d.reason] == "NOT_RECEIVED" and d.reason != "INR_NOT_SHIPPED" and d.auto is not None:
            d.auto = max([d.auto, *(p.promise for p in d.parcels)])

    def _start_clock(self, d: Dispute) -> None:
        """8.13; a new clock has a new manual window and a new automatic escalation."""
        d.clock = self.now
        bounds = [self.policy.at(f"escalate.manual_{end}", self.now, d.order) for end in ("from", "to")]
        d.manual = None if None in bounds else (self.now + bounds[0], self.now + bounds[1])
        d.auto = self.policy.after("escalate.auto_at", self.now, d.order)
        d.armed["auto"] = d.armed["manual"] = self.now

    def enter_buyer(self, d: Dispute) -> None:
        """Its deadline is the automatic escalation; no wait of its own."""
        self.go(d, BUYER, None)

    def enter_confirm(self, d: Dispute) -> None:
        self.wait(d, BUYER, "held.confirm")
        d.confirming, d.auto = True, None

    def enter_hold(self, d: Dispute, until: int) -> None:
        self.go(d, HELD, until)

    def enter_evidence(self, d: Dispute) -> None:
        self.wait(d, EVIDENCE, "arbitration.evidence_window")
        d.done, d.proposed = set(), False
        d.submitted = d.submitted if d.submitted is not None else self.now

    def enter_review(self, d: Dispute) -> None:
        self.wait(d, REVIEW, "arbitration.reassign_after")
        d.fallback = self.policy.after("arbitration.fallback_after", self.now, d.order)

    # -- the seller's money --------------------------------------------------------------------------------------------

    def release_at(self, order: Order) -> int | None:
        """8.7: when the window has ended, no dispute is open and no appeal is possible; None: not known yet."""
        if not self._releases or order.released or order.frozen is not None or order.taken_over:
            return None
        if not order.parcels or any(unit.parcel is None and unit.paid > unit.refunded for unit in order.units):
            return None
        disputes = [d for d in self.disputes.values() if d.order is order]
        if any(d.open for d in disputes):
            return None
        at = self.window_end(order, order.parcels) or 0
        for d in disputes:
            at = max(at, d.closed or 0)
            if d.state in ENDED and d.appellant is None and APPELLANTS[d.agreement or ""]:
                at = max(at, d.appeal_until or 0)
        return at

    def release(self, order: Order) -> None:
        """8.6: debts are collected, oldest first; 8.41: they then show as escrow."""
        order.released = True
        left, order.left = max(0, order.left), 0
        for entry in self.sellers[order.seller].debts:
            d, owed = entry
            taken = min(left, owed, d.debt) if d.order.currency == order.currency else 0
            entry[1] -= taken
            left -= taken
            d.debt -= taken
            d.paid_by["platform_fund"] -= taken
            d.paid_by["escrow"] += taken
            d.order.left -= taken

    # -- asked by steps ------------------------------------------------------------------------------------------------

    def dispute(self, name: str) -> Dispute:
        if name not in self.disputes:
            raise Refused("there is no such dispute")
        return self.disputes[name]


def _order(due: Due) -> tuple[int, int, int]:
    return (due.at, due.rank, due.number)
