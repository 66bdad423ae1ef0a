"""From dispute.disputes to the inbox, the file and notification.notices, on real Kafka."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from aftersales.contracts import dispute as said
from notification.handlers import SERVICE
from notification.senders.file import FileSender
from notification.sending import send_for_ever
from tests.rules.notification.builders import DAY, a_step, asks
from tests.support.heard import heard


async def test_a_step_reaches_both_parties_over_both_channels_once(kafka: str, database: str, tmp_path: Path) -> None:
    order, now = f"O-{uuid4().hex}", datetime.now(UTC)
    step = a_step(said.DisputeOpened, order=order, at=now, **asks("seller", "answer", now + 5 * DAY))

    def ours(record: Any) -> bool:
        return bool(record.key == order.encode())

    async with heard(SERVICE, kafka, database, {"notification.notices"}) as notification:
        path = tmp_path / "notices.ndjson"
        duty = asyncio.create_task(send_for_ever(notification.engine.unit, FileSender(path)))
        for _ in range(3):
            await notification.says(step, source="dispute", name="e1")
        records = await notification.spoken("notification.notices", 4, ours)
        duty.cancel()
        await asyncio.wait([duty])
        assert await notification.pool.fetchval("select count(*) from notice") == 4
        assert await notification.pool.fetchval("select count(*) from timers") == 2
    sent = [orjson.loads(record.value) for record in records]
    assert Counter((each["party"], each["channel"]) for each in sent) == {
        (party, channel): 1 for party in ("buyer", "seller") for channel in ("inbox", "file")
    }
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert {line["notice"] for line in lines} == {each["notice"] for each in sent if each["channel"] == "file"}
