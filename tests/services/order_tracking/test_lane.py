"""A lane's extension on real tables: every order once, a page at a time, whatever is said twice."""

from aftersales.contracts.arbitration import LaneExtended
from tests.rules.order_tracking.builders import DAY, SHIPPED, a_shipment, an_order
from tests.support.served import Served

STRIKE = SHIPPED + 5 * DAY
ORDERS = 620


async def test_every_order_on_the_lane_is_told_once(tracking: Served) -> None:
    await tracking.clock(SHIPPED)
    names = [f"O{number:04}" for number in range(ORDERS)]
    await tracking.hears(*(an_order(order=name) for name in names))
    await tracking.hears(*(a_shipment(order=name, number=f"E{name}") for name in names))
    await tracking.hears(an_order(order="other", carrier_service="DHL"), a_shipment(order="other", number="D1"))
    extended = LaneExtended(extension="X1", days=10, at=STRIKE, carrier_service="EMS", destination="US", agent="sue")
    await tracking.clock(STRIKE)
    for name in ("first", "first", "another"):
        await tracking.hears(extended, name=name, source="arbitration")
        await tracking.clock(STRIKE)
    told = [body["order"] for type_, body in await tracking.said() if type_ == "tracking.promise_extended.v1"]
    assert sorted(told) == names
    pages = await tracking.pool.fetch(
        "select explanation -> 'facts' ->> 'orders' as orders from history "
        "where event_type = 'timer:lane_page' order by version"
    )
    assert [page["orders"] for page in pages] == ["500", "120", "0"]
    moved = "select count(*) from shipment where promise_ends_at = $1"
    assert await tracking.one(moved, SHIPPED + 37 * DAY) == ORDERS
    assert await tracking.one("select count(*) from timers where kind in ('lane_page', 'lane_extended')") == 0
    assert await tracking.parked() == []
