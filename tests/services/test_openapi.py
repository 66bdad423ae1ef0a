"""Every route of every service keeps what its OpenAPI page promises, whatever is sent to it.

Every check of schemathesis is on. A longer look: `pytest tests/services/test_openapi.py --examples 200`.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
from fastapi import APIRouter, FastAPI

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
from aftersales.service import Service
from aftersales_local.issuer import token
from tests.rules.arbitration import spoken
from tests.rules.dispute import builders as market
from tests.rules.notification import builders as news
from tests.rules.order_tracking import builders as travel
from tests.support.served import Served, listening, served
from tests.support.tokens import ISSUER

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
    return {"order": "O1", "notice": inbox.json()["items"][0]["notice"]}


@dataclass(frozen=True)
class Door:
    """A service, who asks, something to ask for by the names of the addresses, another of the same role to whom nothing
    of that may be shown, and the one path that is asked where not all are.
    """

    service: Service
    routers: Callable[[], Sequence[APIRouter]]
    role: str
    sub: str
    has: Callable[[Served], Awaitable[Mapping[str, str]]]
    stranger: str = "eve"
    path: str | None = None


DOORS: Final = {
    "order-tracking": Door(order_tracking.handlers.SERVICE, order_tracking.api.routers, "service", "market", a_parcel),
    "dispute": Door(dispute.handlers.SERVICE, dispute.api.routers, "buyer", "anna", a_dispute),
    "arbitration": Door(arbitration.handlers.SERVICE, arbitration.api.routers, "agent", "kim", a_case, "anna"),
    "notification": Door(notification.handlers.SERVICE, notification.api.routers, "buyer", "anna", a_notice),
    "notification's desk": Door(
        notification.handlers.SERVICE, notification.api.routers, "agent", "kim", a_notice, "anna", "/notices"
    ),
}


@pytest.mark.parametrize("name", DOORS)
async def test_it_keeps_what_its_page_promises(
    database: str, tmp_path: Path, name: str, pytestconfig: pytest.Config
) -> None:
    door, examples = DOORS[name], pytestconfig.getoption("--examples")
    async with served(door.service, door.routers(), database, tmp_path) as made:
        settings = tmp_path / "schemathesis.toml"
        settings.write_text(SETTINGS.read_text() + often(await door.has(made)) + people(door, tmp_path))
        async with listening(lambda address: with_page(door, made, address)) as address:
            program = await asyncio.create_subprocess_exec(
                *(SCHEMATHESIS, "--config-file", settings, "run", f"{address}/openapi.json"),
                *("--max-examples", str(examples), *(("--include-path", door.path) if door.path else ())),
                cwd=tmp_path,
                env={**os.environ, "NO_COLOR": "1", "COLUMNS": "160"},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            said, _ = await program.communicate()
        assert program.returncode == 0, said.decode()
        assert await made.parked() == []


def often(known: Mapping[str, str]) -> str:
    """Two of three addresses, and bodies that name an order, name what is there."""
    lists = "".join(f'[dictionaries.{name}]\nvalues = ["{value}"]\n' for name, value in known.items())
    places = [
        *(f"path.{name}" for name in known),
        *(f"{place}.order" for place in ("body", "query") if "order" in known),
    ]
    uses = "".join(f'"{at}" = {{ dictionary = "{at.partition(".")[2]}", probability = 0.66 }}\n' for at in places)
    return f"\n{lists}\n[parameters]\n{uses}"


def with_page(door: Door, made: Served, address: str) -> FastAPI:
    """The service with its page; where the desk asks dispute, it asks itself."""
    settings = made.parts.settings.model_copy(update={"http_docs": True, "dispute_url": address})
    return create_app(door.service, replace(made.parts, settings=settings), door.routers())


def people(door: Door, folder: Path) -> str:
    """Who asks, and somebody of the same role to whom nothing of theirs may be shown."""
    entries = []
    for name, sub in (("owner", door.sub), ("stranger", door.stranger)):
        bearer = token(door.role, sub, keys=folder, issuer=ISSUER, audience="aftersales")
        entries.append({"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {bearer}"}]})
    (folder / "people.json").write_text(json.dumps({"auth": entries}))
    return '\n[auth.wfc]\npath = "people.json"\nuser = "owner"\npeers = ["owner", "stranger"]\n'
