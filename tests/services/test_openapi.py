"""Every route of every service keeps what its OpenAPI page promises, whatever is sent to it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
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
from aftersales.runtime.http import create_app
from aftersales.runtime.server import Server, bound
from aftersales.service import Service
from aftersales_local.issuer import token
from tests.rules.arbitration import spoken
from tests.rules.dispute import builders as market
from tests.rules.notification import builders as news
from tests.rules.order_tracking import builders as travel
from tests.support.served import ISSUER, Served, served

SCHEMATHESIS: Final = Path(sys.executable).parent / "schemathesis"
SETTINGS: Final = Path(__file__).with_name("schemathesis.toml")


async def a_parcel(made: Served) -> Mapping[str, str]:
    await made.clock(travel.SHIPPED + travel.DAY)
    await made.hears(travel.an_order(), travel.a_shipment(), travel.a_scan("in_transit", travel.SHIPPED))
    return {"order": "O1", "carrier": "EMS", "number": "EE1"}


async def a_dispute(made: Served) -> Mapping[str, str]:
    await made.clock(market.OPENED)
    await made.hears(market.an_order(), market.shipped(), market.delivered(), market.a_complaint())
    return {"order": "O1", "dispute": "D1"}


async def a_case(made: Served) -> Mapping[str, str]:
    escalated = spoken.a_step(DisputeEscalated, step=3, state="ARBITRATION_EVIDENCE", how="by_hand")
    await made.hears(escalated, spoken.a_step(DisputeReviewStarted, step=4), source="dispute")
    return {"case": "D1"}


async def a_notice(made: Served) -> Mapping[str, str]:
    await made.clock(news.NOW)
    await made.hears(news.a_step(DisputeOpened), source="dispute")
    inbox = await made.get("/inbox", role="buyer", sub="anna")
    return {"notice": inbox.json()["items"][0]["notice"]}


@dataclass(frozen=True)
class Door:
    """A service, who asks, and something to ask for, by the names of the addresses."""

    service: Service
    routers: Callable[[], Sequence[APIRouter]]
    role: str
    sub: str
    has: Callable[[Served], Awaitable[Mapping[str, str]]]


DOORS: Final = {
    "order-tracking": Door(order_tracking.handlers.SERVICE, order_tracking.api.routers, "service", "market", a_parcel),
    "dispute": Door(dispute.handlers.SERVICE, dispute.api.routers, "buyer", "anna", a_dispute),
    "arbitration": Door(arbitration.handlers.SERVICE, arbitration.api.routers, "agent", "kim", a_case),
    "notification": Door(notification.handlers.SERVICE, notification.api.routers, "buyer", "anna", a_notice),
}


@pytest.mark.parametrize("name", DOORS)
async def test_it_keeps_what_its_page_promises(database: str, tmp_path: Path, name: str) -> None:
    door = DOORS[name]
    async with served(door.service, door.routers(), database, tmp_path) as made:
        settings = tmp_path / "schemathesis.toml"
        settings.write_text(SETTINGS.read_text() + often(await door.has(made)))
        bearer = token(door.role, door.sub, keys=tmp_path, issuer=ISSUER, audience="aftersales")
        async with listening(door, made) as address:
            program = await asyncio.create_subprocess_exec(
                *(SCHEMATHESIS, "--config-file", settings, "run", f"{address}/openapi.json"),
                *("--header", f"Authorization: Bearer {bearer}"),
                cwd=tmp_path,
                env={**os.environ, "NO_COLOR": "1", "COLUMNS": "160"},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            said, _ = await program.communicate()
        assert program.returncode == 0, said.decode()
        assert await made.parked() == []


def often(known: Mapping[str, str]) -> str:
    """Two of three addresses name what is there."""
    lists = "".join(f'[dictionaries.{name}]\nvalues = ["{value}"]\n' for name, value in known.items())
    uses = "".join(f'"path.{name}" = {{ dictionary = "{name}", probability = 0.66 }}\n' for name in known)
    return f"\n{lists}\n[parameters]\n{uses}"


@asynccontextmanager
async def listening(door: Door, made: Served) -> AsyncIterator[str]:
    """The address of the service, with its page, on a real socket."""
    listener = bound("127.0.0.1", 0)
    listener.listen()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = made.parts.settings.model_copy(update={"http_docs": True, "dispute_url": address})
    server = Server(create_app(door.service, replace(made.parts, settings=settings), door.routers()))
    serving = asyncio.create_task(server.serve([listener]))
    yield address
    server.should_exit = True
    await serving
