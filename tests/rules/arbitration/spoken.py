"""What dispute says, one canonical sentence of each kind."""

from datetime import UTC, datetime
from typing import Any, TypeVar

from aftersales.contracts import dispute as said
from tests.rules.arbitration.builders import PROMISED, SHIPPED, STANDARD

Step = TypeVar("Step", bound=said.DisputeStep)


def a_step(kind: type[Step], *, cap: int = 4198, **changes: Any) -> Step:
    """A step of dispute D1; those that carry a file carry one of two units delivered in time."""
    content: dict[str, Any] = {
        "order": "O1",
        "dispute": "D1",
        "buyer": "anna",
        "seller": "shop",
        "step": 4,
        "at": datetime(2025, 5, 7, 9, tzinfo=UTC),
        "state": "ARBITRATION_REVIEW",
        "reason": "SNAD_COUNTERFEIT",
        "currency": "USD",
        "deadline": None,
        "waits": (),
        "policy": STANDARD.identity,
        **({"file": a_told_file(cap)} if "file" in kind.model_fields else {}),
        **changes,
    }
    return kind.model_validate(content)


def a_told_file(cap: int = 4198) -> dict[str, Any]:
    unit = {"line": "L1", "parcel": "P1", "net": 1849, "shipping": 250, "tax": 0, "refunded": 0, "charged_price": 1999}
    return {
        "units": ({**unit, "unit": 1}, {**unit, "unit": 2}),
        "cap": cap,
        "paid": 4198,
        "paid_left": cap,
        "parcels": (
            {
                "parcel": "P1",
                "carrier": "EMS",
                "number": "EE123456785CN",
                "shipped_at": SHIPPED,
                "promise_ends_at": PROMISED,
                "status": "delivered",
                "delivered_at": SHIPPED,
                "attempted_at": None,
                "seen": ("delivered",),
            },
        ),
        "buyer_evidence": ("photo",),
        "seller_evidence": (),
        "buyer_plan": {"remedy": "refund", "amount": 4198},
        "seller_plan": None,
        "destination": "US",
        "carrier_service": "EMS",
        "category": None,
        "platform_logistics": False,
        "free_return": False,
        "opened_at": SHIPPED,
        "wanted_remedy": "refund",
    }
