"""Dispute's unit and API on a database of the test's own, under a clock that is stepped, and a mouth for the others."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import orjson
import pytest

from aftersales.policy.parse import load_book
from aftersales.runtime.auth import Keys, Verifier
from aftersales.runtime.health import Health
from aftersales.runtime.http import Parts, create_app
from aftersales.runtime.limits import Rates
from aftersales.runtime.migrate import migrate
from aftersales.runtime.postgres import Pool, open_pool
from aftersales.runtime.reads import open_reads
from aftersales.runtime.settings import Settings
from aftersales.runtime.unit import Unit
from aftersales.runtime.wake import Wake
from aftersales_local.issuer import public_keys, token
from dispute.api import routers
from dispute.handlers import SERVICE
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import OPENED
from tests.services.dispute.hall import Hall

ISSUER = "https://issuer.example"


@pytest.fixture
async def dispute_database(database: str) -> str:
    await asyncio.to_thread(migrate, "dispute", database)
    return database


@pytest.fixture
async def pool(dispute_database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(dispute_database, size=10, name="test")
    yield pool
    await pool.close()


@pytest.fixture
def unit(pool: Pool) -> Unit:
    return Unit(SERVICE, pool, load_book())


@pytest.fixture
def settings(dispute_database: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATABASE_URL", dispute_database)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092")
    monkeypatch.setenv("AFTERSALES_TOKEN_ISSUER", ISSUER)
    monkeypatch.setenv("AFTERSALES_TOKEN_JWKS", f"{ISSUER}/keys")
    return Settings()


@dataclass
class Town(Hall):
    """Those too who speak to dispute over HTTP."""

    client: httpx2.AsyncClient
    keys: Path

    async def get(self, path: str, sub: str = "anna", role: str = "buyer", **query: Any) -> httpx2.Response:
        return await self.client.get(path, params=query, headers=self._bearer(role, sub))

    async def post(
        self, path: str, body: Any = None, *, sub: str = "anna", role: str = "buyer", key: str | None = None
    ) -> httpx2.Response:
        headers = {**self._bearer(role, sub), "Idempotency-Key": key or uuid4().hex, "Content-Type": "application/json"}
        return await self.client.post(path, content=orjson.dumps(body or {}), headers=headers)

    async def seller(self, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        return await self.post(path, body, sub="shop", role="seller", **more)

    def _bearer(self, role: str, sub: str) -> dict[str, str]:
        signed = token(role, sub, keys=self.keys, issuer=ISSUER, audience="aftersales")
        return {"Authorization": f"Bearer {signed}"}


@pytest.fixture
async def town(unit: Unit, pool: Pool, settings: Settings, tmp_path: Path) -> AsyncIterator[Town]:
    """O1 is placed, shipped and delivered; it is the instant of the opening."""

    async def jwks() -> bytes:
        return await asyncio.to_thread(public_keys, tmp_path)

    reads = await open_reads(settings.database_url, "dispute")
    verifier = Verifier(Keys(jwks), issuer=ISSUER, audience="aftersales")
    health = Health()
    health.started = True
    parts = Parts(SERVICE, settings, unit, reads, unit.policies, verifier, Rates(0), health)
    transport = httpx2.ASGITransport(app=create_app(SERVICE, parts, routers()), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://dispute") as client:
        town = Town(unit, pool, Wake(unit), client, tmp_path)
        await town.opens()
        await town.at(OPENED)
        await town.hears(say.an_order(), say.shipped(), say.delivered())
        yield town
    await reads.close()
