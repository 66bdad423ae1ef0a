"""Notices leave at least once, always under one key, and are recorded once (dangers 3.12)."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from aftersales.contracts import dispute as said
from aftersales.runtime.park import replay_parked
from notification.senders import Letter
from notification.senders.file import FileSender
from notification.sending import MOST_ATTEMPTS, send_for_ever, send_once
from tests.rules.notification.builders import MORE, NOW, a_step
from tests.support.served import Served

STEPS = len(MORE)


@pytest.fixture
async def told(notification: Served) -> Served:
    await notification.clock(NOW)
    steps = [a_step(kind, step=number) for number, kind in enumerate(MORE, 1)]
    await notification.hears(*steps, source="dispute")
    return notification


def lines(path: Path) -> list[dict[str, str]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


async def leases_end(told: Served) -> None:
    await told.pool.execute("update to_send set leased_until = '-infinity'")


async def until_sent(told: Served) -> None:
    for _ in range(2000):
        if not await told.one("select count(*) from to_send"):
            return
    pytest.fail("the duty has not sent what was in line")


class Crashing(FileSender):
    """The process dies after the file was written and before anything is recorded."""

    async def send(self, letters: Sequence[Letter]) -> Mapping[UUID, str]:
        await super().send(letters)
        raise SystemExit


async def test_each_notice_is_a_line_and_a_record(told: Served, tmp_path: Path) -> None:
    path = tmp_path / "away" / "notices.ndjson"
    sender = FileSender(path)
    assert await send_once(told.parts.unit, sender) == STEPS * 2
    assert await send_once(told.parts.unit, sender) == 0
    assert Counter(line["step"] for line in lines(path)) == {f"{kind.name()}/{n}": 2 for n, kind in enumerate(MORE, 1)}
    assert lines(path)[0].keys() >= {"notice", "recipient", "title", "text", "at"}
    assert await told.one("select count(*) from delivery where failure is null") == STEPS * 2
    assert await told.one("select count(*) from to_send") == 0
    sent = [body for type_, body in await told.said() if type_ == "notification.notice_sent.v1"]
    assert Counter(body["channel"] for body in sent) == {"inbox": STEPS * 2, "file": STEPS * 2}


async def test_sent_again_under_the_same_key_after_a_crash_and_recorded_once(told: Served, tmp_path: Path) -> None:
    path = tmp_path / "notices.ndjson"
    with pytest.raises(SystemExit):
        await send_once(told.parts.unit, Crashing(path))
    assert await send_once(told.parts.unit, FileSender(path)) == 0, "another sender's lease holds"
    await leases_end(told)
    assert await send_once(told.parts.unit, FileSender(path)) == STEPS * 2
    keys = Counter(line["notice"] for line in lines(path))
    assert set(keys.values()) == {2}
    assert await told.one("select count(*) from delivery") == len(keys)
    assert await told.one("select distinct attempts from delivery") == 2


async def test_forgotten_when_the_process_died_after_recording(told: Served, tmp_path: Path) -> None:
    path = tmp_path / "notices.ndjson"
    kept = await told.pool.fetch("select notice, channel from to_send")
    await send_once(told.parts.unit, FileSender(path))
    await told.pool.executemany(
        "insert into to_send (notice, channel) values ($1, $2)", [(row["notice"], row["channel"]) for row in kept]
    )
    await send_once(told.parts.unit, FileSender(path))
    assert await told.one("select count(*) from to_send") == 0
    assert await told.one("select count(*) from delivery") == STEPS * 2


class Parking(FileSender):
    """The thread is parked between the claim and the record."""

    def __init__(self, path: Path, told: Served) -> None:
        super().__init__(path)
        self.told = told

    async def send(self, letters: Sequence[Letter]) -> Mapping[UUID, str]:
        await self.told.pool.execute("insert into parked values ('thread/O1', app_now(), 'a test', gen_random_uuid())")
        return await super().send(letters)


async def test_nothing_of_a_parked_thread_is_sent_again_and_others_go_on(told: Served, tmp_path: Path) -> None:
    path, unit = tmp_path / "notices.ndjson", told.parts.unit
    await send_once(unit, Parking(path, told))
    assert await told.one("select count(*) from delivery") == 0
    await told.hears(a_step(said.DisputeOpened, order="O2", dispute="D2"), source="dispute")
    for _ in range(2):
        await leases_end(told)
        await send_once(unit, FileSender(path))
    assert set(Counter(line["notice"] for line in lines(path)).values()) == {1}
    assert await told.one("select count(*) from delivery") == 2
    await replay_parked(unit, "thread/O1")
    assert await told.one("select count(*) from delivery") == STEPS * 2 + 2
    await send_once(unit, FileSender(path))
    assert await told.one("select count(*) from to_send") == 0
    assert await told.one("select count(*) from delivery") == STEPS * 2 + 2
    assert await told.parked() == []


async def test_two_senders_never_work_on_one_notice(told: Served, tmp_path: Path) -> None:
    path = tmp_path / "notices.ndjson"
    counts = await asyncio.gather(*(send_once(told.parts.unit, FileSender(path)) for _ in range(3)))
    assert sum(counts) == len(lines(path)) == STEPS * 2


async def test_tried_again_and_given_up_when_the_file_cannot_be_written(told: Served, tmp_path: Path) -> None:
    sender = FileSender(tmp_path)
    for _ in range(MOST_ATTEMPTS - 1):
        await send_once(told.parts.unit, sender)
        assert await told.one("select count(*) from delivery") == 0
        await leases_end(told)
    await send_once(told.parts.unit, sender)
    assert await told.one("select count(*) from to_send") == 0
    assert "directory" in await told.one("select distinct failure from delivery")
    failed = [body for type_, body in await told.said() if type_ == "notification.notice_failed.v1"]
    assert len(failed) == STEPS * 2
    assert {body["attempts"] for body in failed} == {MOST_ATTEMPTS}


async def test_the_duty_ends_when_it_is_told_to(told: Served, tmp_path: Path) -> None:
    path = tmp_path / "notices.ndjson"
    duty = asyncio.create_task(send_for_ever(told.parts.unit, FileSender(path)))
    await until_sent(told)
    duty.cancel()
    with pytest.raises(asyncio.CancelledError):
        await duty
    assert len(lines(path)) == STEPS * 2


async def test_the_inbox_needs_no_sender(told: Served) -> None:
    assert await told.one("select count(*) from to_send where channel = 'inbox'") == 0
    await told.hears(a_step(said.DisputeClosed, step=STEPS + 1), source="dispute")
    assert (await told.get("/inbox", role="buyer", sub="anna")).json()["items"][0]["type"] == "dispute.closed"
