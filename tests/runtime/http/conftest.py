"""The toy service behind the real HTTP door, on a real database, and tokens of every kind."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import column, select, table
from sqlalchemy.types import BigInteger, Text
from tests.runtime.toy import Account, Toy
from tests.support.tokens import AUDIENCE, ISSUER, Issuer, bearer

from aftersales.contracts.envelope import Amount, Currency, Id, Instant, Words
from aftersales.identity import Owned, Role, not_found
from aftersales.policy.book import PolicyBook
from aftersales.runtime.auth import Keys, Verifier
from aftersales.runtime.health import Health
from aftersales.runtime.http import Asked, Caller, Ours, Paged, Parts, RequestModel, SeenVersion, create_app, etag
from aftersales.runtime.http import Key as IdempotencyKey
from aftersales.runtime.limits import Rates
from aftersales.runtime.reads import open_reads
from aftersales.runtime.settings import Settings
from aftersales.runtime.unit import Unit

PARTIES = frozenset({Role.BUYER, Role.SELLER})


class Deposit(RequestModel):
    amount: Annotated[Amount, Field(le=10**12)]
    currency: Currency | None = None
    said_at: Instant | None = None
    note: Words | None = None
    tags: tuple[Id, ...] = ()


def owner(state: Account | None) -> Owned | None:
    return state


def toy_api(words: Toy) -> APIRouter:
    router = APIRouter()
    accounts = table("account", column("id", Text), column("balance", BigInteger))

    @router.post("/accounts/{account}/deposits")
    async def deposit(account: Id, said: Asked[Deposit], caller: Caller, key: IdempotencyKey, parts: Ours) -> Response:
        event = words.deposited(account=account, amount=said.amount, note=said.note)
        return await parts.command(event, actor=caller, key=key, may=PARTIES, route="deposit", created=True)

    @router.post("/accounts/{account}/own-deposits")
    async def own(account: Id, said: Asked[Deposit], caller: Caller, key: IdempotencyKey, parts: Ours) -> Response:
        event = words.deposited(account=account, amount=said.amount)
        return await parts.command(event, actor=caller, key=key, may=PARTIES, route="own", owner=owner)

    @router.post("/accounts/{account}/versions")
    async def versioned(account: Id, seen: SeenVersion, caller: Caller) -> dict[str, int]:
        return {"seen": seen}

    @router.get("/accounts")
    async def accounts_page(caller: Caller, parts: Ours, page: Paged) -> dict[str, Any]:
        query = page.narrow(select(accounts), accounts.c.balance, accounts.c.id)
        rows, further = page.cut(await parts.reads.rows(query), lambda row: (row.balance, row.id))
        return {"items": [row.id for row in rows], "next": further}

    @router.get("/accounts/{account}")
    async def read(account: Id, caller: Caller, parts: Ours, response: Response) -> dict[str, Any]:
        row = await parts.reads.row(select(accounts).where(accounts.c.id == account))
        if row is None:
            raise not_found()
        response.headers.update(etag(7))
        return {"account": row.id, "balance": row.balance}

    @router.get("/bug")
    async def bug() -> None:
        raise RuntimeError("secret insides")

    return router


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def verifier(issuer: Issuer) -> Verifier:
    return Verifier(Keys(issuer.jwks), issuer=ISSUER, audience=AUDIENCE)


@pytest.fixture
def settings(toy_database: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATABASE_URL", toy_database)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092")
    monkeypatch.setenv("AFTERSALES_TOKEN_ISSUER", ISSUER)
    monkeypatch.setenv("AFTERSALES_TOKEN_JWKS", "https://issuer.example/keys")
    return Settings()


@pytest.fixture
async def parts(words: Toy, unit: Unit, settings: Settings, verifier: Verifier) -> AsyncIterator[Parts]:
    reads = await open_reads(settings.database_url, "test")
    health = Health()
    health.started = True
    yield Parts(words.service, settings, unit, reads, PolicyBook([]), verifier, Rates(0), health)
    await reads.close()


Client = httpx2.AsyncClient
MakeClient = Callable[[Parts], Client]


@pytest.fixture
async def make_client(words: Toy) -> AsyncIterator[MakeClient]:
    made: list[Client] = []

    def make(parts: Parts) -> Client:
        app = create_app(words.service, parts, [toy_api(words)])
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        made.append(Client(transport=transport, base_url="http://toy"))
        return made[-1]

    yield make
    for client in made:
        await client.aclose()


@pytest.fixture
def client(parts: Parts, make_client: MakeClient) -> Client:
    return make_client(parts)


@pytest.fixture
def buyer(issuer: Issuer) -> dict[str, str]:
    return bearer(issuer.token())
