"""Dispute behind both its doors, and order-tracking's door for scans, on real sockets, for all tests of this folder."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest
import pytest_asyncio

from aftersales.runtime.http import create_app
from aftersales_local import postgres as databases
from order_tracking.api import routers
from order_tracking.handlers import SERVICE
from tests.rules.order_tracking import builders as travel
from tests.services.dispute.doors import Doors, doors
from tests.support.served import Served, listening, served


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def town(kafka: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with doors(kafka, postgres_server, tmp_path_factory.mktemp("keys")) as made:
        yield made


@dataclass
class Tracking:
    made: Served
    client: httpx2.AsyncClient


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def tracking(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tracking]:
    name = databases.fresh_name("test")
    await databases.ensure_databases(postgres_server, (name,))
    url = databases.with_database(postgres_server, name)
    async with (
        served(SERVICE, routers(), url, tmp_path_factory.mktemp("keys")) as made,
        listening(lambda _: create_app(SERVICE, made.parts, routers())) as address,
        httpx2.AsyncClient(base_url=address) as client,
    ):
        await made.clock(travel.SHIPPED + 2 * travel.DAY)
        yield Tracking(made, client)
    await databases.drop_databases(postgres_server, (name,))
