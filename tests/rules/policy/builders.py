"""Canonical instances: the order O1 of the worked scenarios, and the standard policy."""

from datetime import UTC, datetime
from typing import Any, Final

from aftersales.contracts.marketplace import Line, OrderPlaced
from aftersales.policy.parse import load_book

STANDARD: Final = load_book().profile("standard")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def a_line(line: str = "L1", quantity: int = 2, unit_price: int = 1999) -> Line:
    return Line(line=line, sku="mug", quantity=quantity, unit_price=unit_price)


def an_order(**differs: Any) -> OrderPlaced:
    """2 x 19.99 USD, shipping 5.00, discount 3.00, no tax: paid 41.98."""
    said: dict[str, Any] = {
        "order": "O1",
        "buyer": "anna",
        "seller": "shop",
        "placed_at": utc(2025, 4, 10),
        "currency": "USD",
        "lines": (a_line(),),
        "shipping": 500,
        "discount": 300,
        "destination": "US",
        "carrier_service": "EMS",
        "promise_days": 27,
    }
    return OrderPlaced(**{**said, **differs})
