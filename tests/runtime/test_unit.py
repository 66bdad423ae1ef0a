"""One transaction: everything of a batch, or nothing."""

import pytest
from tests.runtime.conftest import EVERYTHING, Hand, Look

from aftersales.runtime import failpoints
from aftersales.runtime.failpoints import FailpointReached
from aftersales.runtime.unit import Unit


async def test_everything_of_a_batch_is_written(unit: Unit, hand: Hand, see: Look) -> None:
    await unit.run([*hand.deposits("a", 5, 7), *hand.deposits("b", 20)])
    assert await see.balance("a") == 12
    assert await see.column("select version from account order by id") == [2, 1]
    assert await see.column("select subject || ' ' || version from history order by 1") == [
        "account/a 1",
        "account/a 2",
        "account/b 1",
    ]
    assert await see.column("select key from outbox order by id") == ["a", "a", "b"]
    assert await see.column("select balance from standing order by account") == [12, 20]
    assert await see.counts("ledger", "inbox", "dead_letter", "parked") == {
        "ledger": 3,
        "inbox": 3,
        "dead_letter": 0,
        "parked": 0,
    }


@pytest.mark.parametrize("step", ["C2", "C3", "C4", "C5", "C6", "C7"])
async def test_rolled_back_after_a_step_it_leaves_nothing(unit: Unit, hand: Hand, see: Look, step: str) -> None:
    with failpoints.armed(f"{step}:raise"), pytest.raises(FailpointReached):
        await unit.run(hand.deposits("a", 5, 7))
    assert await see.counts(*EVERYTHING) == dict.fromkeys(EVERYTHING, 0)
