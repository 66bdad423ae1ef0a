"""Canonical words about the order O1 of the rulebook: 2 x 19.99 USD, shipping 5.00, discount 3.00, 27 days promised."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aftersales.contracts import marketplace, tracking
from aftersales.contracts.arbitration import AppealDecided, CaseRuled, DisputeExtensionGranted
from aftersales.contracts.marketplace import Line, OrderPlaced, ParcelShipped, Plan

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
SHIPPED: Final = datetime(2025, 4, 12, tzinfo=UTC)
PROMISED: Final = SHIPPED + 27 * DAY
DELIVERED: Final = datetime(2025, 4, 28, 15, tzinfo=UTC)
OPENED: Final = datetime(2025, 5, 1, 9, tzinfo=UTC)
BUYER: Final = "anna"
SELLER: Final = "shop"


def built(event: type[Any], known: dict[str, Any], differs: dict[str, Any]) -> Any:
    return event(**{**known, **differs})


def an_order(**differs: Any) -> OrderPlaced:
    known = {
        "order": "O1",
        "buyer": BUYER,
        "seller": SELLER,
        "placed_at": datetime(2025, 4, 10, tzinfo=UTC),
        "currency": "USD",
        "lines": (a_line(),),
        "shipping": 500,
        "discount": 300,
        "destination": "US",
        "carrier_service": "EMS",
        "promise_days": 27,
    }
    order: OrderPlaced = built(OrderPlaced, known, differs)
    return order


def a_line(line: str = "L1", quantity: int = 2, unit_price: int = 1999) -> Line:
    return Line(line=line, sku="mug", quantity=quantity, unit_price=unit_price)


def shipped(parcel: str = "P1", **differs: Any) -> ParcelShipped:
    known = {"order": "O1", "parcel": parcel, "carrier": "EMS", "number": f"EE{parcel}CN", "shipped_at": SHIPPED}
    said: ParcelShipped = built(ParcelShipped, known, differs)
    return said


def told(
    event: type[tracking.ParcelEvent], status: str | None, at: datetime | None, parcel: str = "P1", **differs: Any
) -> tracking.ParcelEvent:
    """What order-tracking tells after a scan `at`."""
    known = {
        "order": "O1",
        "parcel": parcel,
        "buyer": BUYER,
        "seller": SELLER,
        "carrier": "EMS",
        "number": f"EE{parcel}CN",
        "shipped_at": SHIPPED,
        "promise_ends_at": PROMISED,
        "status": status,
        "scanned_at": at,
        "delivered_at": at if status == "delivered" else None,
        "attempted_at": at if status == "attempted" else None,
        "seen": (status,) if status else (),
        "policy": "standard@1",
    }
    said: tracking.ParcelEvent = built(event, known, differs)
    return said


def delivered(at: datetime = DELIVERED, parcel: str = "P1", **differs: Any) -> tracking.ParcelEvent:
    return told(tracking.ParcelDelivered, "delivered", at, parcel, **differs)


def in_transit(at: datetime = SHIPPED + 2 * DAY, parcel: str = "P1", **differs: Any) -> tracking.ParcelEvent:
    return told(tracking.ParcelInTransit, "in_transit", at, parcel, **differs)


def anomalous(status: str, at: datetime, parcel: str = "P1", **differs: Any) -> tracking.ParcelEvent:
    return told(tracking.ParcelAnomalous, status, at, parcel, **differs)


def promise_broken(parcel: str = "P1", **differs: Any) -> tracking.ParcelEvent:
    return told(tracking.PromiseBroken, "in_transit", SHIPPED + 2 * DAY, parcel, **differs)


def refund(amount: int) -> Plan:
    return Plan(remedy="refund", amount=amount)


def command(event: type[Any], by: str = BUYER, **differs: Any) -> Any:
    return built(event, {"order": "O1", "dispute": "D1", "by": by}, differs)


def a_complaint(**differs: Any) -> marketplace.ComplaintMade:
    known = {"units": {"L1": (1, 2)}, "reason": "SNAD_QUALITY", "want": refund(2000), "evidence": ("photo",)}
    said: marketplace.ComplaintMade = command(marketplace.ComplaintMade, **{**known, **differs})
    return said


def not_received(**differs: Any) -> marketplace.ComplaintMade:
    return a_complaint(**{"reason": "INR_IN_TRANSIT", "want": refund(4198), "evidence": (), **differs})


def change(amount: int, **differs: Any) -> marketplace.PlanChanged:
    said: marketplace.PlanChanged = command(marketplace.PlanChanged, want=refund(amount), **differs)
    return said


def goods_back(amount: int) -> Plan:
    return Plan(remedy="return", amount=amount)


def return_shipped(freight: int = 840, **differs: Any) -> marketplace.ReturnShipped:
    known = {"carrier": "EMS", "number": "EE987654325US", "freight": freight}
    said: marketplace.ReturnShipped = command(marketplace.ReturnShipped, **{**known, **differs})
    return said


def return_confirmed(**differs: Any) -> marketplace.ReturnConfirmed:
    said: marketplace.ReturnConfirmed = command(marketplace.ReturnConfirmed, SELLER, **differs)
    return said


def return_contested(**differs: Any) -> marketplace.ReturnContested:
    known = {"evidence": ("photo",)}
    said: marketplace.ReturnContested = command(marketplace.ReturnContested, SELLER, **{**known, **differs})
    return said


def accepted(by: str = SELLER, **differs: Any) -> marketplace.PlanAccepted:
    said: marketplace.PlanAccepted = command(marketplace.PlanAccepted, by, **differs)
    return said


def a_refusal(counter: int | None = None, by: str = SELLER, **differs: Any) -> marketplace.PlanRefused:
    plan = refund(counter) if counter is not None else None
    said: marketplace.PlanRefused = command(marketplace.PlanRefused, by, counter=plan, **differs)
    return said


def escalation(**differs: Any) -> marketplace.EscalationRequested:
    said: marketplace.EscalationRequested = command(marketplace.EscalationRequested, **differs)
    return said


def cancellation(**differs: Any) -> marketplace.ComplaintCancelled:
    said: marketplace.ComplaintCancelled = command(marketplace.ComplaintCancelled, **differs)
    return said


def evidence(by: str = BUYER, *kinds: str, **differs: Any) -> marketplace.EvidenceAdded:
    said: marketplace.EvidenceAdded = command(
        marketplace.EvidenceAdded, by, **{"evidence": kinds or ("photo",), **differs}
    )
    return said


def evidence_done(by: str = BUYER, **differs: Any) -> marketplace.EvidenceCompleted:
    said: marketplace.EvidenceCompleted = command(marketplace.EvidenceCompleted, by, **differs)
    return said


def receipt(at: datetime, **differs: Any) -> marketplace.ReceiptConfirmed:
    known = {"order": "O1", "buyer": BUYER, "confirmed_at": at}
    said: marketplace.ReceiptConfirmed = built(marketplace.ReceiptConfirmed, known, differs)
    return said


def a_ruling(at: datetime, **differs: Any) -> CaseRuled:
    known = {
        "order": "O1",
        "dispute": "D1",
        "case": "D1",
        "at": at,
        "ruling": "R-1",
        "rule": "R20",
        "liable": "seller",
        "remedy": "refund",
        "refund": 4198,
        "compensation": 7996,
        "freight": 0,
        "counts_for_seller": True,
        "agent": "kim",
        "policy": "standard@1",
        "explanation": {},
    }
    ruling: CaseRuled = built(CaseRuled, known, differs)
    return ruling


def chargeback_opened(at: datetime = OPENED) -> marketplace.ChargebackOpened:
    return marketplace.ChargebackOpened(order="O1", amount=4198, opened_at=at)


def chargeback_won(at: datetime = OPENED) -> marketplace.ChargebackWon:
    return marketplace.ChargebackWon(order="O1", ended_at=at)


def chargeback_lost(at: datetime = OPENED) -> marketplace.ChargebackLost:
    return marketplace.ChargebackLost(order="O1", ended_at=at)


def an_appeal(by: str = BUYER, **differs: Any) -> marketplace.AppealMade:
    said: marketplace.AppealMade = command(marketplace.AppealMade, by, **{"evidence": ("invoice",), **differs})
    return said


def an_appeal_decided(outcome: str, at: datetime, **differs: Any) -> AppealDecided:
    known = {
        "order": "O1",
        "dispute": "D1",
        "case": "D1",
        "at": at,
        "decision": "A-1",
        "outcome": outcome,
        "agent": "mia",
    }
    said: AppealDecided = built(AppealDecided, known, differs)
    return said


def an_extension(at: datetime, days: int = 10, **differs: Any) -> DisputeExtensionGranted:
    known = {"extension": "X1", "days": days, "at": at, "order": "O1", "dispute": "D1", "agent": "sue"}
    found: DisputeExtensionGranted = built(DisputeExtensionGranted, known, differs)
    return found


def promise_extended(parcel: str = "P1", *extensions: tuple[str, int], **differs: Any) -> tracking.ParcelEvent:
    said = tuple(tracking.Extension(extension=name, days=days) for name, days in (extensions or (("X1", 10),)))
    return told(tracking.PromiseExtended, None, None, parcel, extensions=said, **differs)


def return_scanned(status: Any, at: datetime) -> tracking.ReturnScanned:
    """What order-tracking tells of the goods sent back by `return_shipped`."""
    known: dict[str, Any] = {"order": "O1", "dispute": "D1", "carrier": "EMS", "number": "EE987654325US"}
    delivered_at = at if status == "delivered" else None
    return tracking.ReturnScanned(**known, status=status, scanned_at=at, delivered_at=delivered_at)
