"""For every cell of a row a thing of its own, so that no cell is answered by what another one left."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4, uuid5

from fastapi import APIRouter

import arbitration.api
import arbitration.handlers
import dispute.api
import dispute.handlers
import notification.api
import notification.handlers
import order_tracking.api
import order_tracking.handlers
from aftersales.contracts.dispute import DisputeEscalated, DisputeOpened, DisputeReviewStarted
from aftersales.contracts.envelope import Event
from aftersales.contracts.tracking import ParcelTracked
from aftersales.identity import NAMESPACE
from aftersales.service import Service
from tests.rules.arbitration import spoken
from tests.rules.dispute import builders as market
from tests.rules.notification import builders as news
from tests.rules.order_tracking import builders as travel
from tests.services.authorization import who_may
from tests.services.authorization.actors import Row
from tests.support.served import Served

# Buyer, seller and marketplace.
OURS: Final = ("anna", "shop", "market")
OTHERS: Final = ("bert", "depot", "market")
BAZAARS: Final = ("zoe", "stall", "bazaar")
WHOSE: Final = {
    "own": OURS,
    "another's": OTHERS,
    "another marketplace's": BAZAARS,
    "free": OURS,
    "kim's": OURS,
    "another agent's": OURS,
    "of other parties": OTHERS,
    "anna's": OURS,
    "the shop's": OURS,
    "anna's of a parcel": OURS,
}


@dataclass
class Thing:
    """Something to ask for, by the names that addresses and bodies have for it."""

    whose: str
    name: str = field(default_factory=lambda: uuid4().hex[:10])
    more: dict[str, str] = field(default_factory=dict)

    @property
    def people(self) -> tuple[str, str, str]:
        return WHOSE.get(self.whose, OTHERS)

    @property
    def names(self) -> dict[str, str]:
        buyer, seller, _ = self.people
        order, case, number = f"O-{self.name}", f"D-{self.name}", f"N-{self.name}"
        notice = ruling = str(uuid5(NAMESPACE, self.name))
        return {
            "order": order,
            "dispute": case,
            "case": case,
            "buyer": buyer,
            "seller": seller,
            "carrier": "EMS",
            "number": number,
            "notice": notice,
            "ruling": ruling,
            "extension": ruling,
            "version": "1",
            **self.more,
        }


async def on_orders(made: Served, events: Callable[[Thing], list[Any]], things: Sequence[Thing]) -> None:
    """What each thing's own marketplace says of it."""
    for source in ("market", "bazaar"):
        said = [event for thing in things if thing.people[2] == source for event in events(thing)]
        if said:
            await made.hears(*said, source=source)


async def disputes(made: Served, row: Row, things: Sequence[Thing]) -> None:
    def events(thing: Thing) -> list[Any]:
        of, buyer, seller = thing.names, thing.people[0], thing.people[1]
        placed = [
            market.an_order(order=of["order"], buyer=buyer, seller=seller),
            market.shipped(order=of["order"]),
            market.delivered(order=of["order"], buyer=buyer, seller=seller),
        ]
        complaint = market.a_complaint(order=of["order"], dispute=of["dispute"], by=buyer, words="It is torn.")
        return [*placed, complaint] if row.kind == "dispute" else placed

    await made.clock(market.OPENED)
    await on_orders(made, events, things)


async def parcels(made: Served, row: Row, things: Sequence[Thing]) -> None:
    def events(thing: Thing) -> list[Any]:
        order, number = thing.names["order"], thing.names["number"]
        return [
            travel.an_order(order=order, buyer=thing.people[0], seller=thing.people[1]),
            travel.a_shipment(order=order, number=number),
            travel.a_scan("in_transit", travel.SHIPPED, number=number),
        ]

    await made.clock(travel.SHIPPED + 2 * travel.DAY)
    await on_orders(made, events, things)


async def cases(made: Served, row: Row, things: Sequence[Thing]) -> None:
    if row.kind == "extension":
        await extensions(made, things)
        return
    told = spoken.a_told_file()
    if row.kind != "case":
        # Above the limit of four eyes.
        told["units"] = tuple({**unit, "charged_price": 20_000} for unit in told["units"])
    steps: list[Event] = []
    for thing in things:
        of: dict[str, Any] = {name: thing.names[name] for name in ("order", "dispute", "buyer", "seller")}
        steps.append(spoken.a_step(DisputeEscalated, step=3, state="ARBITRATION_EVIDENCE", how="by_hand", **of))
        steps.append(spoken.a_step(DisputeReviewStarted, step=4, file=told, **of))
    await made.hears(*steps, source="dispute")
    for thing in things:
        case = f"/cases/{thing.names['case']}"
        if thing.whose in ("kim's", "another agent's"):
            holder = "kim" if thing.whose == "kim's" else "mia"
            assert (await made.post(f"{case}/take", role="agent", sub=holder)).status_code == 200
        seen = (await made.get(case, role="supervisor", sub="ida")).headers["ETag"]
        thing.more["version"] = seen.strip('"')
        if row.kind != "case":
            ruled = await made.post(f"{case}/rulings", who_may.FOUND, role="supervisor", sub="ida", seen=seen)
            assert ruled.json()["ruling_status"] == "awaiting_second"
            thing.more["ruling"] = ruled.json()["ruling"]


async def extensions(made: Served, things: Sequence[Thing]) -> None:
    for thing in things:
        wanted = {"days": 3, "order": thing.names["order"], "dispute": thing.names["dispute"]}
        answer = await made.post("/extensions", wanted, role="supervisor", sub="ida")
        thing.more["extension"] = answer.json()["extension"]


async def notices(made: Served, row: Row, things: Sequence[Thing]) -> None:
    await made.clock(news.NOW)
    for thing in things:
        of = {name: thing.names[name] for name in ("order", "buyer", "seller")}
        if thing.whose == "anna's of a parcel":
            await made.hears(news.news(ParcelTracked, **of), source="order_tracking")
        else:
            await made.hears(news.a_step(DisputeOpened, dispute=thing.names["dispute"], **of), source="dispute")
    for thing in things:
        party = "seller" if thing.whose == "the shop's" else "buyer"
        thing.more["notice"] = str(
            await made.one(
                "select id from notice where order_id = $1 and party = $2 and channel = 'inbox'",
                *(thing.names["order"], party),
            )
        )


@dataclass(frozen=True)
class Door:
    """A service, the table of who may what, whose things the table's cells are of, how they are made, under
    which member of its lists they are found, and by which parameters these are filtered."""

    service: Service
    routers: Callable[[], Sequence[APIRouter]]
    rows: Mapping[str, Row]
    whose: tuple[str, ...]
    make: Callable[[Served, Row, Sequence[Thing]], Awaitable[None]]
    listed: str
    filtered: Sequence[Mapping[str, str]]


DOORS: Final = {
    "order-tracking": Door(
        order_tracking.handlers.SERVICE,
        order_tracking.api.routers,
        who_may.ORDER_TRACKING,
        who_may.ORDERS_OF,
        parcels,
        "number",
        ({"number": "number"}, {"order": "order"}),
    ),
    "dispute": Door(
        dispute.handlers.SERVICE,
        dispute.api.routers,
        who_may.DISPUTE,
        who_may.ORDERS_OF,
        disputes,
        "dispute",
        ({"order": "order"}, {"order": "order", "buyer": "buyer"}, {"order": "order", "seller": "seller"}),
    ),
    "arbitration": Door(
        arbitration.handlers.SERVICE,
        arbitration.api.routers,
        who_may.ARBITRATION,
        who_may.CASES_OF,
        cases,
        "case",
        ({"search": "case"},),
    ),
    "notification": Door(
        notification.handlers.SERVICE,
        notification.api.routers,
        who_may.NOTIFICATION,
        who_may.NOTICES_OF,
        notices,
        "notice",
        ({"order": "order"},),
    ),
}
