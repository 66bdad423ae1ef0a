"""How a seller does, over HTTP from the tables: the same as counted from every decision in memory."""

from datetime import datetime
from typing import Any

from aftersales.contracts.envelope import Event
from aftersales_local.stories.seen import marks_seen
from dispute.domain.measure import counts
from dispute.domain.order import Order
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SECOND
from tests.rules.dispute.test_measure import facts
from tests.rules.dispute.world import World
from tests.services.dispute.conftest import Town

COURSE: list[tuple[datetime, Event]] = [
    (OPENED, say.an_order(order="O2", destination="BR", carrier_service="DHL")),
    (OPENED, say.shipped(order="O2")),
    (OPENED, say.delivered(order="O2")),
    (OPENED, say.an_order(order="O3")),
    (OPENED, say.shipped(order="O3")),
    (OPENED, say.a_complaint()),
    (OPENED, say.a_complaint(order="O2", dispute="D2")),
    (OPENED + DAY, say.a_refusal()),
    (OPENED + 2 * DAY, say.cancellation(order="O2", dispute="D2")),
    (OPENED + 3 * DAY, say.escalation()),
    (OPENED + 7 * DAY, say.a_ruling(OPENED + 7 * DAY)),
    (PROMISED + DAY, say.delivered(PROMISED - SECOND, order="O3")),
]


async def test_the_tables_say_what_every_decision_came_to(town: Town) -> None:
    world = World(now=OPENED, pays=False)
    for fact in (say.an_order(), say.shipped(), say.in_transit(), say.delivered()):
        world.hear(fact)
    for at, event in COURSE:
        world.hear(event, at)
        await town.at(at)
        await town.hears(event)
    read: dict[str, Any] = {}
    for end in (OPENED, OPENED + 2 * DAY - SECOND, OPENED + 2 * DAY, OPENED + 7 * DAY, PROMISED + DAY):
        read = await metrics(town, end)
        orders = [state for state in world.states.values() if isinstance(state, Order)]
        wanted = counts(facts(world), marks_seen(orders, "shop", end), end)
        assert {name: read[name] for name in wanted.rates()} == wanted.rates()
        assert (read["disputes_filed"], read["parcels"]) == (wanted.filed, wanted.parcels)
    assert (read["response_median"], read["response_p90"]) == (86_400, 86_400)
    assert [(part["name"], part["disputes_filed"]) for part in read["by_carrier"]] == [("DHL", 1), ("EMS", 1)]
    assert read["by_cause"][0]["on_time_rate"] is None
    assert read["change"]["dispute_rate"] == f"+{read['dispute_rate']}"


async def metrics(town: Town, end: datetime, sub: str = "shop", role: str = "seller") -> dict[str, Any]:
    answer = await town.get("/sellers/shop/metrics", sub, role, at=f"{end:%Y-%m-%dT%H:%M:%SZ}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_only_the_seller_and_the_platform_may_read_it(town: Town) -> None:
    asked = (("shop", "seller"), ("kim", "agent"), ("lee", "supervisor"), ("other", "seller"), ("anna", "buyer"))
    answers = [await town.get("/sellers/shop/metrics", sub, role) for sub, role in asked]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 404]
    assert (await town.get("/sellers/shop/metrics", "shop", "seller", at="soon")).status_code == 422
