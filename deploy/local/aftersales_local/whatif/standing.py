"""How a dispute stands at the end of a replay, and what two policies make of the same dispute."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from dispute.domain.order import Order
from dispute.domain.reasons import REASONS
from dispute.store.kinds import ORDERS

ROWS: Final = next(view.rows for view in ORDERS.views if view.table == "disputes")
# What the buyer got; then who bore it, and what the carrier owes in recourse.
TO_BUYER: Final = ("refund", "compensation", "freight")
BORNE_BY: Final = ("escrow", "deposit", "platform_fund", "service_fund", "seller_debt", "carrier_claim")
ENDS: Final = {
    "CLOSED_REFUNDED": "refunded",
    "CLOSED_REJECTED": "rejected",
    "CLOSED_CANCELLED": "cancelled",
    "CLOSED_NO_RETURN": "closed without return",
    "CLOSED_EXTERNAL": "closed by chargeback",
}
NOT_OPENED: Final = "not opened"
STILL_OPEN: Final = "still open"


class Standing(NamedTuple):
    """money: minor units of `currency`, by `TO_BUYER` and `BORNE_BY`. closed_at: None while it is open.

    hours: from opening to closing, started hours.
    """

    order: str
    dispute: str
    seller: str
    lane: str
    currency: str
    paid: int
    reason: str
    cause: str
    state: str
    agreement: str | None
    rule: str | None
    liable: str | None
    escalated: bool
    opened_at: datetime
    closed_at: datetime | None
    money: Mapping[str, int]
    outcome: str
    hours: int | None

    @property
    def to_buyer(self) -> int:
        return sum(self.money[name] for name in TO_BUYER)


def standings(order: Order) -> Iterator[Standing]:
    """Every dispute of an order that was placed."""
    if order.terms is None:
        return
    terms = order.terms
    lane = f"{terms.destination} {terms.carrier_service}"
    for row in ROWS(order.id, order):
        reason = row["reason"]
        yield Standing(
            order=order.id,
            dispute=row["dispute"],
            seller=terms.seller,
            lane=lane,
            currency=terms.currency,
            paid=terms.paid,
            reason=reason,
            cause=REASONS[reason].family.value if reason in REASONS else reason,
            state=row["state"],
            agreement=row["agreement"],
            rule=row["rule"],
            liable=row["liable"],
            escalated=order.disputes[row["dispute"]].escalated_at is not None,
            opened_at=row["opened_at"],
            closed_at=row["closed_at"],
            money={name: row[name] for name in (*TO_BUYER, *BORNE_BY)},
            outcome=_outcome(row["state"], row["agreement"]),
            hours=_hours_between(row["opened_at"], row["closed_at"]),
        )


def _outcome(state: str, agreement: str | None) -> str:
    end = ENDS.get(state, STILL_OPEN)
    return f"{end}, {agreement}" if agreement and end != STILL_OPEN else end


def _hours_between(opened_at: datetime, closed_at: datetime | None) -> int | None:
    return None if closed_at is None else -int((opened_at - closed_at).total_seconds() // 3600)


class Pair(NamedTuple):
    """One dispute under both policies; None where a policy did not let it be opened."""

    before: Standing | None
    after: Standing | None

    @property
    def either(self) -> Standing:
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def changed(self) -> tuple[str, ...]:
        """What differs, the weightiest first; empty for a dispute that ends the same way at the same instant."""
        one, other = self.before, self.after
        if one is None or other is None:
            return ("opening",)
        found = {
            "money": one.money != other.money,
            "outcome": one.outcome != other.outcome,
            "liable side": one.liable != other.liable,
            "escalation": one.escalated != other.escalated,
            "time": one.closed_at != other.closed_at,
        }
        return tuple(name for name, differs in found.items() if differs)

    @property
    def weight(self) -> tuple[int, int, int, int, str]:
        """How much it changed: what the buyer gets, who bears it (thousandths of the price), the outcome, the time."""
        paid = max(1, self.either.paid)
        shifted = sum(abs(_of(self.before, name) - _of(self.after, name)) for name in BORNE_BY)
        got = abs(_to_buyer(self.before) - _to_buyer(self.after))
        hours = abs((_hours(self.before) or 0) - (_hours(self.after) or 0))
        return (
            1000 * got // paid,
            1000 * shifted // paid,
            len(set(self.changed) - {"time"}),
            hours,
            self.either.dispute,
        )


def _of(standing: Standing | None, name: str) -> int:
    return standing.money[name] if standing else 0


def _to_buyer(standing: Standing | None) -> int:
    return standing.to_buyer if standing else 0


def _hours(standing: Standing | None) -> int | None:
    return standing.hours if standing else None
