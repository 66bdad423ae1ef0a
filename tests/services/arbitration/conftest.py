"""The desk's unit and API on a database of the test's own, and a mouth for what dispute says."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from aftersales.contracts import dispute as said
from aftersales.contracts.envelope import Event
from aftersales.identity import cause_id
from aftersales.policy.parse import load_book
from aftersales.runtime.auth import Keys, Verifier
from aftersales.runtime.causes import Cause, Place, Record, content_hash
from aftersales.runtime.health import Health
from aftersales.runtime.http import Parts, create_app
from aftersales.runtime.limits import Rates
from aftersales.runtime.migrate import migrate
from aftersales.runtime.postgres import Pool, open_pool
from aftersales.runtime.reads import open_reads
from aftersales.runtime.settings import Settings
from aftersales.runtime.unit import Unit
from aftersales_local.issuer import public_keys, token
from arbitration.api import routers
from arbitration.handlers import SERVICE
from tests.rules.arbitration.spoken import a_step

ISSUER = "https://issuer.example"


@pytest.fixture
async def desk_database(database: str) -> str:
    await asyncio.to_thread(migrate, "arbitration", database)
    return database


@pytest.fixture
async def pool(desk_database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(desk_database, size=10, name="test")
    yield pool
    await pool.close()


@pytest.fixture
def unit(pool: Pool) -> Unit:
    return Unit(SERVICE, pool, load_book())


@pytest.fixture
def dispute_url() -> str | None:
    """Where dispute is; not set unless a test says otherwise."""
    return None


@pytest.fixture
def settings(desk_database: str, dispute_url: str | None, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATABASE_URL", desk_database)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092")
    monkeypatch.setenv("AFTERSALES_TOKEN_ISSUER", ISSUER)
    monkeypatch.setenv("AFTERSALES_TOKEN_JWKS", f"{ISSUER}/keys")
    if dispute_url is not None:
        monkeypatch.setenv("AFTERSALES_DISPUTE_URL", dispute_url)
    return Settings()


@dataclass
class Desk:
    """Speaks to the API as somebody, and to the unit as dispute."""

    client: httpx2.AsyncClient
    unit: Unit
    keys: Path
    offset: int = field(default=0)

    async def hears(self, *events: Event) -> None:
        """Records of dispute, in order."""
        await self.unit.run([self._cause(event) for event in events])

    async def has_in_review(self, dispute: str = "D1", **changes: Any) -> None:
        """A case in review of a claim of 41.98 USD, with counterfeit as its reason."""
        await self.hears(
            a_step(
                said.DisputeEscalated,
                dispute=dispute,
                step=3,
                state="ARBITRATION_EVIDENCE",
                how="by_hand",
                **{"deadline": datetime(2025, 5, 7, 9, tzinfo=UTC), **changes},
            ),
            a_step(said.DisputeReviewStarted, dispute=dispute, step=4, **changes),
        )

    async def get(self, path: str, sub: str = "kim", role: str = "agent", **query: Any) -> httpx2.Response:
        return await self.client.get(path, params=query, headers=self._bearer(role, sub))

    async def post(
        self,
        path: str,
        body: Any = None,
        *,
        sub: str = "kim",
        role: str = "agent",
        key: str | None = None,
        seen: int | None = None,
    ) -> httpx2.Response:
        headers = {**self._bearer(role, sub), "Idempotency-Key": key or uuid4().hex}
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        return await self.client.post(path, json=body, headers=headers)

    def _bearer(self, role: str, sub: str) -> dict[str, str]:
        signed = token(role, sub, keys=self.keys, issuer=ISSUER, audience="aftersales")
        return {"Authorization": f"Bearer {signed}"}

    def _cause(self, event: Event) -> Cause:
        name = uuid4().hex
        on = SERVICE.on_event(type(event))
        assert on is not None
        body = event.model_dump_json().encode()
        self.offset += 1
        return Cause(
            id=cause_id("dispute", name),
            subject=on.subjects(event)[0],
            event=event,
            type=event.TYPE,
            source="dispute",
            name=name,
            hash=content_hash(event),
            body=body,
            record=Record(Place(event.TOPIC, 0, self.offset), event.key.encode(), (), body),
        )


@pytest.fixture
async def desk(unit: Unit, settings: Settings, tmp_path: Path) -> AsyncIterator[Desk]:
    async def jwks() -> bytes:
        return await asyncio.to_thread(public_keys, tmp_path)

    reads = await open_reads(settings.database_url, "test")
    verifier = Verifier(Keys(jwks), issuer=ISSUER, audience="aftersales")
    health = Health()
    health.started = True
    parts = Parts(SERVICE, settings, unit, reads, unit.policies, verifier, Rates(0), health)
    transport = httpx2.ASGITransport(app=create_app(SERVICE, parts, routers()), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield Desk(client, unit, tmp_path)
    await reads.close()
