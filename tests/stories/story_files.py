"""A story to change in one place."""

import copy
from typing import Any

ORDER: dict[str, Any] = {
    "order": "O1",
    "buyer": "anna",
    "seller": "shop",
    "placed_at": "2025-04-10T00:00:00Z",
    "currency": "USD",
    "lines": [{"line": "L1", "sku": "mug", "quantity": 2, "unit_price": 1999}],
    "shipping": 500,
    "discount": 300,
    "tax": 0,
    "destination": "US",
    "carrier_service": "EMS",
    "promise_days": 27,
}
SHIPPED: dict[str, Any] = {"at": "2025-04-12T00:00:00Z", "by": "seller", "do": "ship", "order": "O1", "parcel": "P1"}
DELIVERED: dict[str, Any] = {
    "at": "2025-04-28T15:00:00Z",
    "by": "carrier",
    "do": "scan",
    "parcel": "P1",
    "status": "delivered",
}
OPENED: dict[str, Any] = {
    "at": "2025-05-01T09:00:00Z",
    "by": "buyer",
    "do": "open",
    "dispute": "D1",
    "order": "O1",
    "units": {"L1": 2},
    "reason": "SNAD_QUALITY",
    "want": {"remedy": "refund", "amount": 2000},
    "evidence": ["photo"],
}


def a_story(*steps: dict[str, Any], then: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """One order of two mugs; `steps` in place of ship, deliver and open."""
    said = {
        "title": "A story",
        "orders": [ORDER],
        "steps": list(steps) or [SHIPPED, DELIVERED, OPENED],
        "then": then or [],
    }
    return copy.deepcopy({**said, **more})
