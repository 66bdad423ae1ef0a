"""Dispute's unit and API on a database of the test's own, under a clock that is stepped, and a mouth for the others."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import orjson
import pytest

from aftersales.contracts.dispute import RefundOrdered
from aftersales.contracts.envelope import Event
from aftersales.contracts.words import VOCABULARY
from aftersales.identity import cause_id
from aftersales.policy.parse import load_book
from aftersales.runtime.auth import Keys, Verifier
from aftersales.runtime.causes import Cause, Place, Record, content_hash
from aftersales.runtime.health import Health
from aftersales.runtime.http import Parts, create_app
from aftersales.runtime.limits import Rates
from aftersales.runtime.migrate import migrate
from aftersales.runtime.postgres import Pool, open_pool
from aftersales.runtime.process import reader
from aftersales.runtime.settings import Settings
from aftersales.runtime.unit import Unit
from aftersales.runtime.wake import Wake
from aftersales_local.issuer import public_keys, token
from dispute.api import routers
from dispute.handlers import SERVICE
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import OPENED
from tests.rules.dispute.world import MARKET, SOURCES, executed

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
class Town:
    """Everybody who speaks to dispute: over Kafka, over HTTP, and the clock."""

    client: httpx2.AsyncClient
    unit: Unit
    pool: Pool
    wake: Wake
    keys: Path
    offset: int = field(default=0)

    # -- records, timers, time -----------------------------------------------------------------------------------------

    async def at(self, instant: datetime) -> None:
        """Step the clock; what falls due on the way fires at its own instant, with every command read up to then."""
        while (due := await self.pool.fetchval("select min(due) from timers where due <= $1", instant)) is not None:
            await self._set(due)
            while await self.wake.round() == 0:
                pass
        await self._set(instant)

    async def _set(self, instant: datetime) -> None:
        await self.pool.execute(
            "insert into simulated_clock (instant) values ($1) on conflict (one) do update set instant = $1", instant
        )

    async def hears(self, *events: Event, name: str | None = None, source: str | None = None) -> None:
        """Records, in order, in one batch."""
        await self.unit.run([self._cause(event, name or uuid4().hex, source) for event in events])

    def _cause(self, event: Event, name: str, source: str | None) -> Cause:
        on = SERVICE.on_event(type(event))
        assert on is not None
        body = event.model_dump_json().encode()
        self.offset += 1
        said_by = source or SOURCES.get(event.TOPIC, MARKET)
        return Cause(
            id=cause_id(said_by, name),
            subject=on.subjects(event)[0],
            event=event,
            type=event.TYPE,
            source=said_by,
            name=name,
            hash=content_hash(event),
            body=body,
            keep_body=event.TOPIC in SERVICE.commands,
            record=Record(Place(event.TOPIC, 0, self.offset), event.key.encode(), (), body),
        )

    async def pays(self) -> None:
        """The provider executes every refund ordered so far."""
        orders = [said for said in await self.said() if isinstance(said, RefundOrdered)]
        await self.hears(*(executed(ordered, OPENED) for ordered in orders))

    # -- what can be seen ----------------------------------------------------------------------------------------------

    async def said(self) -> list[Event]:
        rows = await self.pool.fetch("select type, body from outbox order by id")
        return [VOCABULARY[row["type"]].model_validate_json(row["body"]) for row in rows]

    async def names(self) -> list[str]:
        return [event.name() for event in await self.said()]

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

    reads = reader(settings.database_url, "dispute")
    verifier = Verifier(Keys(jwks), issuer=ISSUER, audience="aftersales")
    health = Health()
    health.started = True
    parts = Parts(SERVICE, settings, unit, reads, unit.policies, verifier, Rates(0), health)
    transport = httpx2.ASGITransport(app=create_app(SERVICE, parts, routers()), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://dispute") as client:
        town = Town(client, unit, pool, Wake(unit), tmp_path)
        await pool.execute(
            "insert into consumer_fence (topic, partition, next_offset, read_until, cluster_id) "
            "values ($1, 0, 0, 'infinity', '')",
            *SERVICE.commands,
        )
        await town.at(OPENED)
        await town.hears(say.an_order(), say.shipped(), say.delivered())
        yield town
    await reads.dispose()
