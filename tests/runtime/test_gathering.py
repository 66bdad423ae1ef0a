"""Records that come while a unit is in flight go together into the next."""

import asyncio

import pytest
from tests.runtime.readers import reading
from tests.runtime.streams import shop
from tests.runtime.waiting import eventually
from tests.support.servers import MakeTopic

from aftersales.runtime import partitions as partitions_
from aftersales.runtime.partitions import Partitions
from aftersales.runtime.postgres import Pool


async def test_what_comes_until_it_is_wanted_is_read_as_one(
    pool: Pool, kafka: str, make_topic: MakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions_, "GATHER_FOR", 60.0)
    facts, commands = await make_topic(2), await make_topic()
    wanted = asyncio.Event()
    async with shop(kafka) as marketplace, reading(pool, kafka, facts, commands) as partitions:
        batch = asyncio.create_task(partitions.read(50, wanted))
        await marketplace.raw(facts, b"o", b"{}", {}, partition=0)
        await eventually(lambda: in_hand(partitions, 1))
        await marketplace.raw(facts, b"o", b"{}", {}, partition=1)
        await eventually(lambda: in_hand(partitions, 2))
        assert not batch.done()
        wanted.set()
        assert len(await asyncio.wait_for(batch, 10)) == 2


async def in_hand(partitions: Partitions, count: int) -> bool:
    return len(partitions._in_hand) == count


async def test_not_wanted_for_long_what_came_is_handed_over_all_the_same(
    pool: Pool, kafka: str, make_topic: MakeTopic
) -> None:
    facts, commands = await make_topic(), await make_topic()
    async with shop(kafka) as marketplace, reading(pool, kafka, facts, commands) as partitions:
        await marketplace.raw(facts, b"o", b"{}", {})
        assert len(await asyncio.wait_for(partitions.read(50, asyncio.Event()), 10)) == 1
