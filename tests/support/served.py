"""A service's unit, timers and HTTP door on a database of the test's own, under a clock that the test steps."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import orjson
from fastapi import APIRouter, FastAPI

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
from aftersales.runtime.server import Server, bound
from aftersales.runtime.settings import Settings
from aftersales.runtime.unit import Unit
from aftersales.runtime.wake import Wake
from aftersales.service import Service
from aftersales_local.issuer import public_keys, token
from tests.support.tokens import AUDIENCE, ISSUER, Issuer, bearer


@dataclass
class Served:
    """Speaks to the unit as Kafka would, to the API as somebody, and looks into the tables."""

    service: Service
    parts: Parts
    pool: Pool
    client: httpx2.AsyncClient
    sign: Callable[[str, str], str]
    offset: int = field(default=0)

    async def hears(self, *events: Event, source: str = "market", name: str | None = None) -> None:
        """Records, in one batch. `name`: the ce_id of a single one; each draws its own where it is left out."""
        causes = [cause for event in events for cause in self._causes(event, source, name or uuid4().hex)]
        await self.parts.unit.run(causes)

    async def clock(self, instant: datetime) -> None:
        """Step the clock: everything appended before has been read, and what falls due fires."""
        await self.pool.execute(
            "insert into simulated_clock (instant) values ($1) on conflict (one) do update set instant = $1", instant
        )
        for topic in self.service.topics:
            await self.pool.execute(
                "insert into consumer_fence (topic, partition, next_offset, read_until, cluster_id) "
                "values ($1, 0, 0, $2, 'test') on conflict (topic, partition) do update set read_until = $2",
                *(topic, instant),
            )
        wake = Wake(self.parts.unit)
        while await wake.round() == 0.0:
            pass

    async def get(self, path: str, *, role: str, sub: str = "kim", **query: Any) -> httpx2.Response:
        return await self.client.get(path, params=query, headers=self._bearer(role, sub))

    async def post(
        self,
        path: str,
        body: Any = None,
        *,
        role: str,
        sub: str = "kim",
        key: str | None = None,
        seen: str | None = None,
    ) -> httpx2.Response:
        """seen: the ETag that goes into If-Match."""
        headers = {**self._bearer(role, sub), "Idempotency-Key": key or uuid4().hex}
        if seen is not None:
            headers["If-Match"] = seen
        return await self.client.post(path, json=body, headers=headers)

    async def said(self) -> list[tuple[str, dict[str, Any]]]:
        """What is in the outbox: type and body, in order."""
        rows = await self.pool.fetch("select type, body from outbox order by id")
        return [(row["type"], orjson.loads(row["body"])) for row in rows]

    async def one(self, query: str, *arguments: Any) -> Any:
        return await self.pool.fetchval(query, *arguments)

    async def parked(self) -> list[str]:
        return [row["reason"] for row in await self.pool.fetch("select reason from parked")]

    def _bearer(self, role: str, sub: str) -> dict[str, str]:
        return bearer(self.sign(role, sub))

    def _causes(self, event: Event, source: str, name: str) -> list[Cause]:
        on = self.service.on_event(type(event))
        assert on is not None
        body = event.model_dump_json().encode()
        self.offset += 1
        record = Record(Place(event.TOPIC, 0, self.offset), event.key.encode(), (), body)
        return [
            Cause(
                id=cause_id(source, name),
                subject=subject,
                event=event,
                type=event.TYPE,
                source=source,
                name=name,
                hash=content_hash(event),
                body=body,
                record=record,
            )
            for subject in on.subjects(event)
        ]


@asynccontextmanager
async def served(
    service: Service, routers: Sequence[APIRouter], database: str, keys: Path, issuer: Issuer | None = None
) -> AsyncIterator[Served]:
    """keys: the folder of the development issuer, whose tokens are good here where no other issuer is given."""
    await asyncio.to_thread(migrate, service.name, database)
    pool = await open_pool(database, size=6, name="test")
    unit = Unit(service, pool, load_book())
    reads = await open_reads(database, "test")

    async def jwks() -> bytes:
        return await asyncio.to_thread(public_keys, keys)

    def sign(role: str, sub: str) -> str:
        if issuer is not None:
            return issuer.token(role=role, sub=sub)
        return token(role, sub, keys=keys, issuer=ISSUER, audience=AUDIENCE)

    verifier = Verifier(Keys(jwks if issuer is None else issuer.jwks), issuer=ISSUER, audience=AUDIENCE)
    health = Health()
    health.started = True
    parts = Parts(service, settings(database), unit, reads, unit.policies, verifier, Rates(0), health)
    transport = httpx2.ASGITransport(app=create_app(service, parts, routers), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        yield Served(service, parts, pool, client, sign)
    await reads.close()
    await pool.close()


@asynccontextmanager
async def listening(app: Callable[[str], FastAPI]) -> AsyncIterator[str]:
    """The address of an application on a real socket; `app` is told it."""
    listener = bound("127.0.0.1", 0)
    listener.listen()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = Server(app(address))
    serving = asyncio.create_task(server.serve([listener]))
    yield address
    server.should_exit = True
    await serving


def settings(database: str) -> Settings:
    named: dict[str, Any] = {
        "DATABASE_URL": database,
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
        "AFTERSALES_TOKEN_ISSUER": ISSUER,
        "AFTERSALES_TOKEN_JWKS": f"{ISSUER}/keys",
    }
    return Settings(**named)
