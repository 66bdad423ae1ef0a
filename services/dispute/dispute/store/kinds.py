"""Orders and sellers as subjects, and the rows that lists, constraints and checks read."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aftersales.service import Kind, View
from dispute.domain.dispute import Dispute
from dispute.domain.name import Name
from dispute.domain.order import Order
from dispute.domain.seller import Seller
from dispute.domain.subjects import NAME, ORDER, SELLER


def _order(order: Order) -> Mapping[str, Any]:
    terms = order.terms
    return {
        "buyer": terms.buyer if terms else None,
        "seller": terms.seller if terms else None,
        "source": terms.source if terms else None,
        "placed_at": terms.placed_at if terms else None,
        "currency": terms.currency if terms else None,
        "paid": terms.paid if terms else None,
        "refunded": order.refunded,
        "status": _status(order),
        "frozen_at": order.chargeback_at,
    }


def _status(order: Order) -> str:
    if order.terms is None:
        return "unknown"
    return "cancelled" if order.cancelled_at else "placed"


def _disputes(subject: str, order: Order) -> Iterable[Mapping[str, Any]]:
    return [_dispute(subject, order, dispute) for dispute in order.disputes.values()]


def _dispute(subject: str, order: Order, dispute: Dispute) -> Mapping[str, Any]:
    terms, burden = order.known, dispute.paid_by
    return {
        "order_id": subject,
        "dispute": dispute.id,
        "buyer": terms.buyer,
        "seller": terms.seller,
        "source": terms.source,
        "currency": terms.currency,
        "state": dispute.state,
        "reason": dispute.reason,
        "step": dispute.step,
        "opened_at": dispute.opened_at,
        "since": dispute.since,
        "deadline": dispute.due_at,
        "escalates_at": dispute.escalates_at,
        "closed_at": dispute.closed_at,
        "agreement": dispute.agreement,
        "rule": dispute.rule,
        "liable": dispute.liable,
        "counts_for_seller": dispute.counts_for_seller,
        "refund": dispute.refund,
        "compensation": dispute.compensation,
        "freight": dispute.freight,
        "escrow": burden.escrow,
        "deposit": burden.deposit,
        "platform_fund": burden.platform_fund,
        "service_fund": burden.service_fund,
        "seller_debt": burden.debt,
        "carrier_claim": dispute.carrier_claim,
        "trouble": dispute.trouble,
    }


def _lines(subject: str, order: Order) -> Iterable[Mapping[str, Any]]:
    """One row a line that was ever disputed, with the one open dispute on it.

    Raises ValueError where a rule let two be open on one line: such a state must not be kept.
    """
    found: dict[str, str | None] = {}
    for dispute in order.disputes.values():
        for line in dispute.units:
            if not dispute.is_open:
                found.setdefault(line, None)
            elif found.get(line) is not None:
                raise ValueError(f"two disputes are open on line {line} of {subject}")
            else:
                found[line] = dispute.id
    return [{"order_id": subject, "line": line, "open_dispute": dispute} for line, dispute in found.items()]


def _marks(subject: str, order: Order) -> Iterable[Mapping[str, Any]]:
    """What the seller is measured by beside disputes: the receipt, and each parcel where its promise has been judged.

    A parcel counts at the earlier of delivery and promise end, the receipt when it is confirmed or times out.
    """
    terms = order.terms
    if terms is None:
        return []
    lane = {"order_id": subject, "seller": terms.seller, "carrier_service": terms.carrier_service}
    receipt = {"thing": "", "kind": "receipt", "at": order.receipt_at or order.times_out_at, "good": True}
    marks = [{**lane, "destination": order.destination, **receipt}]
    for parcel in order.parcels.values():
        if parcel.shipped is None or parcel.promise_ends_at is None:
            continue
        arrived, promised = order.delivered_at(parcel), parcel.promise_ends_at
        in_time = arrived is not None and arrived < promised
        counted = {"thing": parcel.id, "kind": "parcel", "at": arrived if in_time else promised, "good": in_time}
        marks.append({**lane, "destination": order.destination_at(parcel.shipped.shipped_at), **counted})
    return marks


def _seller(seller: Seller) -> Mapping[str, Any]:
    debts: dict[str, int] = {}
    for debt in seller.debts:
        debts[debt.currency] = debts.get(debt.currency, 0) + debt.amount
    return {"deposit": seller.deposit, "deposit_currency": seller.deposit_currency, "debt": debts}


ORDERS: Final = Kind(
    ORDER,
    "orders",
    Order,
    _order,
    views=(
        View("disputes", ("order_id", "dispute"), _disputes),
        View("dispute_lines", ("order_id", "line"), _lines),
        View("seller_mark", ("order_id", "thing"), _marks),
    ),
)
SELLERS: Final = Kind(SELLER, "sellers", Seller, _seller)
NAMES: Final = Kind(NAME, "dispute_names", Name, lambda name: {"order_id": name.order})
