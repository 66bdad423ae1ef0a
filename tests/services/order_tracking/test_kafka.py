"""From marketplace.orders and carrier.scans to tracking.parcels, on real Kafka."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson

from order_tracking.handlers import SERVICE
from tests.rules.order_tracking.builders import DAY, a_scan, a_shipment, an_order
from tests.support.heard import heard


async def test_facts_in_any_order_become_what_is_said_of_the_parcel(kafka: str, database: str) -> None:
    order, number, now = f"O-{uuid4().hex}", uuid4().hex, datetime.now(UTC)
    shipped = {"order": order, "number": number, "shipped_at": now - DAY}

    def ours(record: Any) -> bool:
        return bool(record.key == order.encode())

    async with heard(SERVICE, kafka, database, {"tracking.parcels"}) as tracking:
        await tracking.says(a_scan("delivered", now - timedelta(hours=1), number=number), source="carrier", name="s1")
        await tracking.says(a_shipment(**shipped), an_order(order=order, placed_at=now - 2 * DAY))
        await tracking.spoken("tracking.parcels", 2, ours)
        await tracking.says(a_scan("in_transit", now - timedelta(hours=9), number=number), source="carrier")
        await tracking.says(a_scan("delivered", now - timedelta(hours=1), number=number), source="carrier", name="s1")
        records = await tracking.spoken("tracking.parcels", 3, ours)
        told = [(dict(record.headers)["ce_type"].decode(), orjson.loads(record.value)) for record in records]
    assert [type_ for type_, _ in told] == [
        "tracking.parcel_tracked.v1",
        "tracking.parcel_delivered.v1",
        "tracking.parcel_delivered.v1",
    ]
    assert told[-1][1]["seen"] == ["in_transit", "delivered"]
    assert told[-1][1]["status"] == "delivered"


async def test_a_promise_that_has_ended_is_said_broken_once_everything_is_read(kafka: str, database: str) -> None:
    order, now = f"O-{uuid4().hex}", datetime.now(UTC)
    async with heard(SERVICE, kafka, database, {"tracking.parcels"}) as tracking:
        await tracking.says(
            an_order(order=order, placed_at=now - 9 * DAY, promise_days=5),
            a_shipment(order=order, number=uuid4().hex, shipped_at=now - 8 * DAY),
        )
        records = await tracking.spoken("tracking.parcels", 2, lambda record: bool(record.key == order.encode()))
    assert dict(records[-1].headers)["ce_type"] == b"tracking.promise_broken.v1"
