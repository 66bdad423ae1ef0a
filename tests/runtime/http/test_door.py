"""What every route has: problems for everything, protective headers, health, figures, pages, limits."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.types import Message, Receive, Scope, Send
from tests.runtime.conftest import Hand
from tests.runtime.http.conftest import Client, MakeClient
from tests.support.bad_input import HTTP, covers
from tests.support.tokens import Issuer, bearer

from aftersales.errors import Refused
from aftersales.runtime import failpoints
from aftersales.runtime.bodies import Gate
from aftersales.runtime.door import Door
from aftersales.runtime.http import Parts
from aftersales.runtime.limits import Rates
from aftersales.runtime.reads import open_reads
from aftersales.runtime.unit import Unit


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/accounts/a/", 404, "not-found"),
        ("PUT", "/accounts/a/deposits", 405, "method-not-allowed"),
        ("TRACE", "/accounts", 405, "method-not-allowed"),
        ("GET", "/docs", 404, "not-found"),
        ("GET", "/openapi.json", 404, "not-found"),
        ("GET", "/accounts/a", 404, "not-found"),
    ],
)
async def test_the_frameworks_own_refusals_are_problems(
    client: Client, buyer: dict[str, str], method: str, path: str, status: int, slug: str
) -> None:
    answer = await client.request(method, path, headers=buyer)
    assert (answer.status_code, answer.json()["slug"]) == (status, slug)
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_bug_shows_nothing_of_our_insides(client: Client) -> None:
    answer = await client.get("/bug")
    assert (answer.status_code, answer.json()["slug"]) == (500, "internal-error")
    assert "secret insides" not in answer.text
    assert "RuntimeError" not in answer.text


async def test_a_database_that_is_away_is_to_be_asked_again(
    parts: Parts, make_client: MakeClient, buyer: dict[str, str]
) -> None:
    away = await open_reads("postgresql://nobody@127.0.0.1:1/none", "test")
    answer = await make_client(replace(parts, reads=away)).get("/accounts/a", headers=buyer)
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize("path", ["/nowhere", "/accounts", "/health/live", "/bug"])
async def test_protective_headers(client: Client, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


async def test_pages_about_the_api_where_switched_on(parts: Parts, make_client: MakeClient) -> None:
    settings = parts.settings.model_copy(update={"http_docs": True})
    client = make_client(replace(parts, settings=settings))
    assert (await client.get("/docs")).status_code == 200
    described = (await client.get("/openapi.json")).json()
    deposit = described["paths"]["/accounts/{account}/deposits"]["post"]
    assert deposit["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Deposit"}
    assert deposit["security"]
    assert "409" in deposit["responses"]


@covers(52, over=[HTTP])
async def test_too_many_requests_of_one_caller(parts: Parts, issuer: Issuer, make_client: MakeClient) -> None:
    client = make_client(replace(parts, rates=Rates(2, clock=lambda: 0.0)))
    headers = bearer(issuer.token())
    statuses = [(await client.get("/accounts", headers=headers)).status_code for _ in range(6)]
    assert statuses == [200, 200, 200, 200, 429, 429]
    refused = await client.get("/accounts", headers=headers)
    assert refused.headers["Retry-After"] == "1"
    assert (await client.get("/accounts", headers=bearer(issuer.token(sub="b-2")))).status_code == 200


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    rates = Rates(1, clock=lambda: now[0])
    rates.take("x")
    rates.take("x")
    with pytest.raises(Refused):
        rates.take("x")
    now[0] += 1.0
    rates.take("x")


async def test_live_started_ready(parts: Parts, client: Client) -> None:
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/health/startup")).status_code == 200
    assert (await client.get("/health/ready")).json() == {"status": "ready", "checks": {}}
    parts.health.stopping = True
    assert (await client.get("/health/ready")).status_code == 503


async def test_not_ready_says_why(parts: Parts, client: Client) -> None:
    async def away() -> str:
        return "Postgres does not answer."

    async def broken() -> None:
        raise RuntimeError("secret host")

    parts.health.watch("postgres", away)
    parts.health.watch("kafka", broken)
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"postgres": "Postgres does not answer.", "kafka": "It failed (RuntimeError)."}


async def test_figures_name_routes_and_never_paths(client: Client, buyer: dict[str, str]) -> None:
    await client.get("/accounts/somebody", headers=buyer)
    await client.get("/invented/by/a/stranger")
    figures = (await client.get("/metrics")).text
    assert 'aftersales_http_requests_total{method="GET",route="/accounts/{account}",status="404"}' in figures
    assert "somebody" not in figures
    assert "invented" not in figures


async def test_pages_follow_one_another(client: Client, buyer: dict[str, str], unit: Unit, hand: Hand) -> None:
    # Equal balances: the id decides, so nobody is shown twice or left out.
    await unit.run([cause for name in "edcba" for cause in hand.deposits(name, 5)])
    seen: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (
            await client.get("/accounts", params={"limit": 2, **({"cursor": cursor} if cursor else {})}, headers=buyer)
        ).json()
        seen.append(page["items"])
        cursor = page["next"]
    assert seen == [["a", "b"], ["c", "d"], ["e"]]


@covers(52, over=[HTTP])
async def test_a_slow_body_is_given_up() -> None:
    sent: list[Message] = []

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("it must not get this far")

    async def silence() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    await Gate(never, patience=0.01)(scope, silence, send)
    assert sent[0]["status"] == 408


async def test_more_at_once_than_can_be_answered_are_told_to_come_again() -> None:
    sent: list[Message] = []

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("it must not get this far")

    async def nothing() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await Door(never, most_at_once=0)(scope, nothing, send)
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"5") in sent[0]["headers"]


async def test_a_process_that_dies_as_it_answers_has_said_half_of_it() -> None:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"whole"})

    async def keep(message: Message) -> None:
        sent.append(message)

    async def nothing() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "POST", "path": "/accounts", "headers": []}
    with failpoints.armed("H4:raise"), pytest.raises(failpoints.FailpointReached):
        await Door(app)(scope, nothing, keep)
    assert [message.get("body") for message in sent] == [None, b"wh"]


@covers(27, over=[HTTP])
async def test_a_body_that_never_ends_arriving_is_cut(client: Client) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1_000

    answer = await client.post("/accounts/a/deposits", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
