"""Small histories: one order with one dispute, messages added by the test."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aftersales.policy.model import Policy
from aftersales.policy.parse import load_book, with_changes
from aftersales_local.whatif import report
from aftersales_local.whatif.progress import Progress
from aftersales_local.whatif.scan import Span
from aftersales_local.whatif.work import Job, run

OPENED = datetime(2025, 5, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
STANDARD = load_book().profile("standard")
MARKET = "marketplace."


def said(type_: str, at: datetime, source: str = "marketplace", name: str | None = None, **data: Any) -> bytes:
    """A line of a history; its id follows from what it says unless it is given."""
    body = json.dumps(data)
    envelope = {"type": f"{type_}.v1", "source": source, "id": name or f"{type_}-{at.isoformat()}-{hash(body)}"}
    return json.dumps({**envelope, "time": at.isoformat(), "data": data}).encode() + b"\n"


def order(name: str = "O1", seller: str = "S1", **more: Any) -> list[bytes]:
    """2 x 19.99 USD, shipping 5.00, discount 3.00: paid 41.98. Delivered two days before `OPENED`."""
    placed = OPENED - 20 * DAY
    shipped = {"parcel": f"{name}-P", "carrier": "EMS", "number": f"{name}-N", "shipped_at": iso(placed + DAY)}
    scan = {"carrier": "EMS", "number": f"{name}-N", "status": "delivered", "scanned_at": iso(OPENED - 2 * DAY)}
    terms: dict[str, Any] = {
        "order": name,
        "buyer": f"buyer-{name}",
        "seller": seller,
        "placed_at": iso(placed),
        "currency": "USD",
        "lines": [{"line": "L1", "sku": "SKU", "quantity": 2, "unit_price": 1999}],
        "shipping": 500,
        "discount": 300,
        "destination": "US",
        "carrier_service": "EMS",
        "promise_days": 25,
        **more,
    }
    return [
        said("marketplace.order_placed", placed, **terms),
        said("marketplace.parcel_shipped", placed + DAY, order=name, **shipped),
        said("carrier.parcel_scanned", OPENED - 2 * DAY, source="carrier", **scan),
    ]


def complaint(name: str = "O1", amount: int = 2000, at: datetime = OPENED, reason: str = "SNAD_QUALITY") -> bytes:
    return says(
        "complaint_made",
        at,
        name,
        units={"L1": [1, 2]},
        reason=reason,
        want={"remedy": "refund", "amount": amount},
        evidence=["photo"],
    )


def says(what: str, at: datetime, name: str = "O1", by: str | None = None, **more: Any) -> bytes:
    """A party's command on the dispute of an order; by the buyer unless `by` names another."""
    party = {"order": name, "dispute": f"D-{name}", "by": by or f"buyer-{name}"}
    return said(f"marketplace.{what}", at, **party, **more)


def ruling(at: datetime, name: str = "O1", **findings: Any) -> bytes:
    case: dict[str, Any] = {"case": f"D-{name}", "agent": "kim", "seen": 1, "findings": findings}
    return said("arbitration.ruling_made", at, source="agent:kim", **case)


def iso(at: datetime) -> str:
    return at.isoformat()


def policy(*, overrides: Sequence[Mapping[str, Any]] = (), **changes: Any) -> Policy:
    """`standard` with parameters changed; dots of their names are two underscores."""
    return with_changes(STANDARD, {name.replace("__", "."): value for name, value in changes.items()}, overrides)


def backtest(path: Path, lines: Iterable[bytes], new: Policy, span: Span | None = None) -> Mapping[str, Any]:
    """The report on a history of these lines, `standard` against `new`."""
    history = path / "history.ndjson"
    history.write_bytes(b"".join(lines))
    job = Job(history, STANDARD, new, span or Span())
    with Progress("reading", 100) as progress:
        run(job, progress)
    return report.written(job, 0)
