"""The fence: who may write, from where, and what has been read."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.runtime.conftest import Hand, Look
from tests.runtime.toy import RAISES, Toy
from tests.runtime.waiting import eventually

from aftersales.runtime import failpoints, fence
from aftersales.runtime.causes import DeadLetter, Item
from aftersales.runtime.fence import Claim, Fenced, Partition
from aftersales.runtime.postgres import Pool
from aftersales.runtime.unit import Unit

P0 = Partition("toy.commands", 0)


async def claimed(pool: Pool) -> Claim:
    async with pool.acquire() as connection:
        held = await fence.claim(connection, [P0], {P0: 0}, "cluster")
    return Claim({each: row.epoch for each, row in held.items()})


async def locked(see: Look) -> bool:
    return not await see.pool.fetch("select from consumer_fence for update skip locked")


async def next_offset(see: Look) -> int:
    return int(await see.one("select next_offset from consumer_fence"))


async def test_it_moves_with_the_batch(unit: Unit, hand: Hand, pool: Pool, see: Look) -> None:
    claim = await claimed(pool)
    await unit.run(hand.deposits("a", 5, 7), claim)
    assert await next_offset(see) == 2
    assert await see.one("select read_until from consumer_fence") == hand.arrived_at


async def test_a_zombie_is_fenced_and_writes_nothing(unit: Unit, hand: Hand, pool: Pool, see: Look) -> None:
    old = await claimed(pool)
    await unit.run(hand.deposits("a", 5), old)
    await claimed(pool)
    with pytest.raises(Fenced):
        await unit.run(hand.deposits("a", 7), old)
    assert await see.balance("a") == 5
    assert await next_offset(see) == 1


async def test_a_takeover_waits_for_the_transaction_in_flight(unit: Unit, hand: Hand, pool: Pool, see: Look) -> None:
    old = await claimed(pool)
    with failpoints.armed("C5:delay=0.5"):
        slow = asyncio.create_task(unit.run(hand.deposits("a", 5), old))
        await eventually(lambda: locked(see))
        await claimed(pool)
    await slow
    assert await next_offset(see) == 1
    with pytest.raises(Fenced):
        await unit.run(hand.deposits("a", 7), old)


async def test_what_lies_behind_it_is_not_done_again(unit: Unit, hand: Hand, pool: Pool, see: Look) -> None:
    causes = hand.deposits("a", 5, 7)
    claim = await claimed(pool)
    await unit.run(causes[:1], claim)
    await see.pool.execute("delete from inbox")
    await unit.run(causes, claim)
    assert await see.balance("a") == 12


async def test_it_moves_past_dead_letters_parked_and_repeated_ones(
    unit: Unit, hand: Hand, pool: Pool, see: Look, words: Toy
) -> None:
    claim = await claimed(pool)
    good = hand.cause(words.deposited(account="a", amount=5), "one")
    [raising] = hand.deposits("b", RAISES)
    again = hand.cause(words.deposited(account="a", amount=5), "one")
    [last] = hand.deposits("c", 5)
    assert last.record is not None
    items: list[Item] = [good, raising, again, DeadLetter(last.record, "reason", "sentence")]
    await unit.run(items, claim)
    assert await next_offset(see) == 4


async def test_a_batch_with_a_bad_record_moves_it_to_the_end(unit: Unit, hand: Hand, pool: Pool, see: Look) -> None:
    claim = await claimed(pool)
    await unit.run([*hand.deposits("a", 5), *hand.deposits("b", 13), *hand.deposits("c", 14, 5)], claim)
    assert await next_offset(see) == 4
    assert await see.balance("c") == 5


async def test_read_until_never_goes_back(unit: Unit, hand: Hand, words: Toy, pool: Pool, see: Look) -> None:
    claim = await claimed(pool)
    late = datetime.now(UTC)
    async with pool.acquire() as connection:
        await fence.caught_up(connection, claim, [P0], late)
    said = words.deposited(account="a", amount=5)
    await unit.run([hand.cause(said, at=late - timedelta(hours=1))], claim)
    assert await see.one("select read_until from consumer_fence") == late


async def test_a_zombie_does_not_say_what_was_read(pool: Pool, see: Look) -> None:
    old = await claimed(pool)
    await claimed(pool)
    async with pool.acquire() as connection:
        await fence.caught_up(connection, old, [P0], datetime.now(UTC))
    assert await see.one("select read_until = 'epoch' from consumer_fence")


async def test_a_partition_that_nobody_has_claimed_yet_holds_deadlines_back(pool: Pool) -> None:
    other = Partition("toy.commands", 1)
    async with pool.acquire() as connection:
        held = await fence.claim(connection, [P0], {P0: 0, other: 7}, "cluster")
        claim = Claim({each: row.epoch for each, row in held.items()})
        await fence.caught_up(connection, claim, [P0], datetime.now(UTC))
        assert list(held) == [P0]
        assert await fence.read_until(connection, ["toy.commands"]) == datetime(1970, 1, 1, tzinfo=UTC)
        [late] = (await fence.claim(connection, [other], {P0: 0, other: 9}, "cluster")).values()
        assert (late.epoch, late.next_offset) == (1, 7)
