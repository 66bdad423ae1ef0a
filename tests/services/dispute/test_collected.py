"""A seller's debt is paid from the escrow of a later order, on a real Postgres: two orders and the seller's account."""

from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SECOND
from tests.services.dispute.conftest import Town
from tests.services.dispute.test_settled import COMPLAINT

BURDENS = "select escrow, platform_fund, seller_debt from disputes where dispute = 'D1'"
SUMS = """
    select account, sum(amount) as sum from journal where order_id = 'O1' group by account order by account
"""


async def test_a_later_orders_escrow_pays_and_both_orders_say_so(town: Town) -> None:
    await town.post("/disputes", COMPLAINT)
    await town.seller("/disputes/D1/refuse")
    await town.at(OPENED + 3 * DAY)
    await town.post("/disputes/D1/escalate")
    await town.at(OPENED + 8 * DAY)
    await town.hears(say.a_ruling(OPENED + 8 * DAY))
    await town.pays()
    await town.hears(say.an_order(order="O2"), say.shipped(order="O2"), say.delivered(order="O2"))
    await town.at(PROMISED + 15 * DAY - SECOND)
    assert tuple(await town.pool.fetchrow(BURDENS) or ()) == (4198, 7996, 7996)
    await town.at(PROMISED + 15 * DAY)
    assert tuple(await town.pool.fetchrow(BURDENS) or ()) == (8396, 3798, 3798)
    row = await town.pool.fetchrow("select debt from sellers where id = 'shop'")
    assert row is not None
    assert row["debt"] == b'{"USD": 3798}'
    sums = {row["account"]: int(row["sum"]) for row in await town.pool.fetch(SUMS)}
    assert sums == {
        "buyer": 4198 + 7996,
        "platform_fund": -3798,
        "seller": -3798,
        "seller_debt": 3798,
        "seller_escrow": -8396,
    }
    released = [said for said in await town.said() if said.name() == "dispute.escrow_released"]
    assert sorted((said.order, said.amount, said.collected) for said in released) == [("O1", 0, 0), ("O2", 0, 4198)]  # type: ignore[attr-defined]
    assert await town.pool.fetchval("select count(*) from parked") == 0
    assert await town.pool.fetchval("select count(*) from timers where kind = 'escrow_release'") == 0
