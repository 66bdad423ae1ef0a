"""Section 9: a seller's rates over the 30 days before now."""

from decimal import Decimal
from fractions import Fraction

from tests.oracle import money
from tests.oracle.model import Dispute, Order, delivered
from tests.oracle.tables import CANCELLED, DAY
from tests.oracle.world import World

WINDOW = 30 * DAY


def metrics(w: World, seller: str) -> dict[str, str]:
    orders = [order for order in w.orders.values() if order.seller == seller]
    counted = [d for d in w.disputes.values() if d.order in orders and d.agreement != "service"]
    filed = [d for d in counted if not d.reopening and _inside(w, d.filed)]
    receipts = sum(_inside(w, _receipt(w, order)) for order in orders)
    withdrawn = sum(d.state == CANCELLED for d in filed)
    whole = receipts + len(filed)
    return {
        "dispute_rate": rate(len(filed) - withdrawn, whole),
        "arbitration_rate": rate(sum(_inside(w, d.submitted) for d in counted), whole),
        "seller_liable_rate": rate(sum(d.counts and _inside(w, d.ruled) for d in counted), whole),
        "on_time_rate": _on_time(w, orders),
    }


def rate(part: int, whole: int) -> str:
    share = money.half_up(Fraction(part * 10_000, whole)) if whole else 0
    return str(Decimal(share).scaleb(-4).quantize(Decimal("0.0001")))


def _inside(w: World, at: int | None) -> bool:
    return at is not None and w.now - WINDOW < at <= w.now


def _receipt(w: World, order: Order) -> int | None:
    """Confirmed, or timed out: unconfirmed at the end of the window and without a dispute on the order."""
    if order.receipt is not None:
        return order.receipt
    if any(unit.parcel is None for unit in order.units) or any(_of(w, order)):
        return None
    return w.window_end(order, order.parcels)


def _of(w: World, order: Order) -> list[Dispute]:
    return [d for d in w.disputes.values() if d.order is order]


def _on_time(w: World, orders: list[Order]) -> str:
    """Each parcel once, at the earlier of delivery and promise end."""
    known = []
    for order in orders:
        for parcel in order.parcels:
            arrived = delivered(parcel, order.receipt)
            at = parcel.promise if arrived is None else min(arrived, parcel.promise)
            if _inside(w, at):
                known.append(arrived is not None and arrived < parcel.promise)
    return rate(sum(known), len(known))
