"""Real orders: the Olist sample, where it lies beside the project (`data/README.md` there tells what it is).

What the sample lacks is made up here, the same in every run: the tracking number, the parcel, the name of the carrier.
Its instants are Brazilian wall clock without a zone; they are taken as UTC.

The promise of the sample is a calendar day, and a delivery on that day is in time. Ours is whole days from the
hand-over, so it ends at the first such instant that is not before the end of the promised day: up to 24 h of grace.
An order that was never handed over counts from its payment or its placing.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

import zstandard
from pydantic import TypeAdapter, ValidationError

from aftersales.contracts.envelope import Words
from aftersales.contracts.marketplace import Line, OrderPlaced
from aftersales.money import allocate
from aftersales_local.demo.journey import DAY, Journey, Review, Status, whole_days
from aftersales_local.places import ROOT

CARRIER: Final = "CORREIOS"
NOBODY: Final = "seller-unknown"
WORDS: Final = TypeAdapter(Words)
Record = Mapping[str, Any]


def find() -> Path | None:
    """The sample, None where it is not there."""
    path = ROOT.parent / "shared" / "data" / "olist-sample" / "events.ndjson.zst"
    return path if path.is_file() else None


def read(path: Path) -> list[Journey]:
    """Every order of the sample, as placed; one journey a seller. Orders without items are kept, without lines."""
    orders: dict[str, list[Record]] = {}
    for record in _records(path):
        orders.setdefault(record["order_id"], []).append(record)
    journeys = [journey for records in orders.values() for journey in _journeys(records)]
    return sorted(journeys, key=lambda journey: (journey.order.placed_at, journey.id))


def _records(path: Path) -> Iterator[Record]:
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as reader:
        for line in io.TextIOWrapper(reader, encoding="utf-8"):
            # Numbers with a point stay text: money is never a float.
            yield json.loads(line, parse_float=str)


def _journeys(records: Sequence[Record]) -> Iterator[Journey]:
    placed = next(record for record in records if record["type"] == "order_placed")
    sellers = list(dict.fromkeys(item["seller_id"] for item in placed["items"])) or [NOBODY]
    captured = sum(minor(payment["value"]) for payment in placed["payments"])
    worth = [sum(_worth(item) for item in placed["items"] if item["seller_id"] == seller) for seller in sellers]
    for position, (seller, paid) in enumerate(zip(sellers, allocate(captured, worth), strict=True)):
        name = placed["order_id"] if position == 0 else f"{placed['order_id']}-{position + 1}"
        yield _journey(name, seller, paid, placed, records)


def _journey(name: str, seller: str, paid: int, placed: Record, records: Sequence[Record]) -> Journey:
    shipped_at = _first(records, "handed_to_carrier")
    paid_at = _first(records, "payment_approved")
    placed_at = instant(placed["ts"])
    promised = datetime.fromisoformat(placed["estimated_delivery"]).replace(tzinfo=UTC) + DAY
    items = [item for item in placed["items"] if item["seller_id"] == seller]
    order = OrderPlaced(
        order=name,
        buyer=placed["customer"]["id"],
        seller=seller,
        placed_at=placed_at,
        currency=placed["currency"],
        lines=_lines(items),
        shipping=sum(minor(item["freight"]) for item in items),
        destination="BR",
        carrier_service=CARRIER,
        promise_days=whole_days(shipped_at or paid_at or placed_at, promised),
        paid=paid,
        category=_category(items),
    )
    return Journey(
        order=order,
        paid_at=paid_at,
        shipped_at=shipped_at if items else None,
        delivered_at=_first(records, "delivered_to_customer") if items else None,
        carrier=CARRIER,
        number=f"BR{sha256(name.encode()).hexdigest()[:12].upper()}",
        reviews=tuple(_review(record) for record in records if record["type"] == "review_posted"),
        status=cast("Status", next(record for record in records if record["type"] == "final_status")["status"]),
    )


def _lines(items: Sequence[Record]) -> tuple[Line, ...]:
    """One line a product and price; the sample has one item a unit."""
    counted: dict[tuple[str, int], int] = {}
    for item in items:
        sold = (item["product_id"], minor(item["price"]))
        counted[sold] = counted.get(sold, 0) + 1
    return tuple(
        Line(line=f"L{number}", sku=sku, quantity=quantity, unit_price=price)
        for number, ((sku, price), quantity) in enumerate(counted.items(), start=1)
    )


def _category(items: Sequence[Record]) -> str | None:
    return next((item["category_en"] for item in items if item.get("category_en")), None)


def _worth(item: Record) -> int:
    return minor(item["price"]) + minor(item["freight"])


def _review(record: Record) -> Review:
    said = "\n".join(text for text in (record["title"], record["comment"]) if text)
    return Review(score=record["score"], text=words(said), at=instant(record["ts"]))


def _first(records: Sequence[Record], kind: str) -> datetime | None:
    return min((instant(record["ts"]) for record in records if record["type"] == kind and record["ts"]), default=None)


def words(text: str) -> str | None:
    """What a person wrote, None where it says nothing that the contracts take."""
    try:
        return WORDS.validate_python(text)
    except ValidationError:
        return None


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def minor(text: str | int) -> int:
    """Reais as cents, exactly. ValueError for more than two decimals."""
    whole, _, decimals = str(text).partition(".")
    if len(decimals) > 2 or not whole.isdigit() or not (decimals or "0").isdigit():
        raise ValueError(f"{text!r} is no amount of money with at most two decimals")
    return int(whole) * 100 + int(decimals.ljust(2, "0"))
