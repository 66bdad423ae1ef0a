"""Every route x every actor x whose it is: each cell of the tables in `who_may`, asked over HTTP on a real database.

The routes are taken from the applications: one without a row fails here.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute

from aftersales.identity import Role
from aftersales.runtime import health
from aftersales.runtime.health import Health
from aftersales.runtime.http import create_app
from aftersales_local import postgres as databases
from tests.services.authorization.actors import ACTORS, Row, credentials, told
from tests.services.authorization.who_may import LISTED, OPEN
from tests.services.authorization.worlds import DOORS, Door, Thing
from tests.support.bad_input import HTTP, covers
from tests.support.served import Served, listening, served
from tests.support.tokens import REFUSED, Issuer, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROWS: Final = [(name, route) for name, door in DOORS.items() for route in door.rows]
METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
# Nothing but the answer may come of what is answered so.
TURNED_AWAY: Final = ("401", "403", "404")
OLDEST: Final = (
    *("algorithm none", "HS256 signed with the public key", "expired", "not yet good", "another issuer"),
    *("another audience", "kid is a path"),
)
WRITTEN: Final = "select count(*) from history"


@dataclass
class Town:
    """All services, each on a socket and a database of its own, and the issuer whose tokens they take."""

    issuer: Issuer
    made: dict[str, Served] = field(default_factory=dict)
    clients: dict[str, httpx2.AsyncClient] = field(default_factory=dict)

    async def ask(
        self, service: str, route: str, row: Row, thing: Thing, actor: str, **headers: str
    ) -> httpx2.Response:
        """One request as the row describes it; `headers` instead of the actor's own."""
        method, path = route.split(" ")
        given = {name: value.format(**thing.names) for name, value in (row.headers or {}).items()}
        who = {**given, "Idempotency-Key": uuid4().hex, **(headers or credentials(self.issuer, actor))}
        if method == "GET":
            query = {"order": thing.names["order"]} if path == "/notices" else {}
            return await self.clients[service].get(path.format(**thing.names), params=query, headers=who)
        body = filled(row.body, thing.names)
        if row.speaks is not None and (ACTORS[actor] or ("", ""))[0] == "service":
            body["by"] = thing.names[row.speaks]
        return await self.clients[service].post(path.format(**thing.names), json=body, headers=who)


def filled(body: Any, names: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {name: filled(value, names) for name, value in body.items()}
    return body.format(**names) if isinstance(body, str) else body


def answered(answer: httpx2.Response) -> str:
    if answer.status_code < 400:
        return str(answer.status_code)
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    return f"{answer.status_code} {problem['slug']}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    town, keys = Town(Issuer()), tmp_path_factory.mktemp("keys")
    names = {service: databases.fresh_name("test") for service in DOORS}
    await databases.ensure_databases(postgres_server, tuple(names.values()))
    async with AsyncExitStack() as until_the_end:
        addresses: dict[str, str] = {}
        for service in DOORS:
            url = databases.with_database(postgres_server, names[service])
            await opened(town, service, url, keys, addresses, until_the_end)
        yield town
    await databases.drop_databases(postgres_server, tuple(names.values()))


async def opened(
    town: Town, service: str, url: str, keys: Path, addresses: dict[str, str], until_the_end: AsyncExitStack
) -> None:
    door = DOORS[service]
    made = await until_the_end.enter_async_context(served(door.service, door.routers(), url, keys, town.issuer))
    settings = made.parts.settings.model_copy(update={"dispute_url": addresses.get("dispute"), "http_docs": True})
    app = create_app(door.service, replace(made.parts, settings=settings), door.routers())
    addresses[service] = await until_the_end.enter_async_context(listening(lambda _: app))
    client = httpx2.AsyncClient(base_url=addresses[service])
    town.clients[service] = await until_the_end.enter_async_context(client)
    town.made[service] = made


async def things_of(town: Town, service: str, row: Row, actors: Iterable[str]) -> dict[tuple[str, str], Thing]:
    """For every cell of the row a thing of its own; of none only the name."""
    door = DOORS[service]
    things = {(actor, whose): Thing(whose) for actor in actors for whose in door.whose}
    there = [thing for thing in things.values() if thing.whose != "none"]
    await door.make(town.made[service], row, there)
    if service == "arbitration":
        # The desk reads the parties' words at dispute.
        await DOORS["dispute"].make(town.made["dispute"], Row({}, "dispute"), there)
    return things


@covers(22, 47, over=[HTTP])
@pytest.mark.parametrize(("service", "route"), ROWS)
async def test_every_cell(town: Town, service: str, route: str) -> None:
    row, door, made = DOORS[service].rows[route], DOORS[service], town.made[service]
    assert row.grid.keys() == ACTORS.keys()
    things = await things_of(town, service, row, ACTORS)
    lists = Lists(town.clients[service], town.issuer, door, route.partition(" ")[2])
    wrong, not_found = {}, set()
    for (actor, whose), thing in things.items():
        before = await made.one(WRITTEN)
        if row.body == LISTED:
            found = await lists.answer(thing, actor)
        else:
            answer = await town.ask(service, route, row, thing, actor)
            found = answered(answer)
            if answer.status_code == 404:
                not_found.add(indistinct(answer, thing))
        if found.startswith(TURNED_AWAY) or route.startswith("GET"):
            assert await made.one(WRITTEN) == before, (actor, whose)
        meant = told(row.grid[actor][door.whose.index(whose)])
        if found != meant:
            wrong[actor, whose] = f"{found}, meant is {meant}"
    assert wrong == {}
    assert len(not_found) <= 1, "what is another's can be told from what is not"
    assert await made.parked() == []


def indistinct(answer: httpx2.Response, thing: Thing) -> str:
    """A problem without the name of what was asked for."""
    told = {name: value for name, value in answer.json().items() if name != "trace"}
    return (
        str(sorted(told.items()))
        .replace(thing.name, "")
        .replace(thing.names["notice"], "")
        .replace(thing.names["ruling"], "")
        .replace(thing.names["extension"], "")
        .replace(f"/sellers/{thing.names['seller']}/", "/sellers//")
    )


class Lists:
    """What is in the list of each actor, once whole and once by every filter."""

    def __init__(self, client: httpx2.AsyncClient, issuer: Issuer, door: Door, path: str) -> None:
        self._client, self._issuer, self._door, self._path = client, issuer, door, path
        self._wholes: dict[str, set[str]] = {}

    async def answer(self, thing: Thing, actor: str) -> str:
        """200 where the thing is in the actor's list, 404 where it is not; filters must agree with the whole."""
        found = set()
        for by in self._door.filtered:
            query = {name: thing.names[of] for name, of in by.items()}
            page = await self._client.get(self._path, params=query, headers=credentials(self._issuer, actor))
            if page.status_code != 200:
                return answered(page)
            found.add(thing.names[self._door.listed] in self._named(page))
        # A list that must be asked by name has no whole.
        if self._path != "/notices":
            found.add(thing.names[self._door.listed] in await self._whole(actor))
        assert len(found) == 1, (actor, thing.whose)
        return "200" if found == {True} else told(404)

    async def _whole(self, actor: str) -> set[str]:
        cursor = None if actor in self._wholes else ""
        while cursor is not None:
            query = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = await self._client.get(self._path, params=query, headers=credentials(self._issuer, actor))
            self._wholes.setdefault(actor, set()).update(self._named(page))
            cursor = page.json()["next"]
        return self._wholes[actor]

    def _named(self, page: httpx2.Response) -> set[str]:
        return {item[self._door.listed] for item in page.json()["items"]}


@covers(50, over=[HTTP])
@pytest.mark.parametrize(("service", "route"), ROWS)
async def test_no_token_but_a_good_one(town: Town, service: str, route: str) -> None:
    """Each trick in the name of somebody who would be granted it, on what is theirs."""
    row, door, made = DOORS[service].rows[route], DOORS[service], town.made[service]
    column, actor = granted(row)
    things = await things_of(town, service, row, [actor])
    thing, who = things[actor, door.whose[column]], ACTORS[actor]
    assert who is not None
    before = await made.one(WRITTEN)
    # The tokens are looked at by one function: every trick is tried on one route of each service, the oldest on all.
    tricks = REFUSED if route == next(iter(door.rows)) else {trick: REFUSED[trick] for trick in OLDEST}
    for trick, forged in tricks.items():
        header = bearer(forged(town.issuer, role=who[0], sub=who[1]))["Authorization"].encode()
        answer = await town.ask(service, route, row, thing, actor, Authorization=header)  # type: ignore[arg-type]
        assert answered(answer) == "401 token-not-valid", trick
    assert await made.one(WRITTEN) == before
    good = await town.ask(service, route, row, thing, actor)
    assert answered(good) == told(row.grid[actor][column])


def granted(row: Row) -> tuple[int, str]:
    """The first cell of the row that is granted, else the first that is refused for its state alone."""
    for wanted in ("2", "409"):
        for actor, cells in row.grid.items():
            for column, cell in enumerate(cells):
                if str(cell).startswith(wanted):
                    return column, actor
    raise AssertionError("nobody may do this")


@pytest.mark.parametrize("service", DOORS)
async def test_every_route_has_a_row_and_every_row_a_route(town: Town, service: str) -> None:
    page = (await town.clients[service].get("/openapi.json")).json()["paths"]
    described = {f"{method.upper()} {path}" for path, operations in page.items() for method in operations}
    assert described == {*DOORS[service].rows, *OPEN}
    routers = (*DOORS[service].routers(), health.routes(Health()))
    routes = [route for router in routers for route in router.routes]
    assert {type(route) for route in routes} == {APIRoute}
    assert {f"{way} {r.path}" for r in routes if isinstance(r, APIRoute) for way in r.methods or ()} == described


@pytest.mark.parametrize("service", DOORS)
async def test_health_is_open_to_all(town: Town, service: str) -> None:
    for route in OPEN:
        for headers in ({}, bearer("rubbish"), credentials(town.issuer, "buyer")):
            answer = await town.clients[service].get(route.partition(" ")[2], headers=headers)
            assert answer.status_code == 200


@pytest.mark.parametrize("service", DOORS)
async def test_no_other_method_reaches_a_route(town: Town, service: str) -> None:
    """Nor does one that a header names."""
    known: dict[str, set[str]] = {}
    for route in (*DOORS[service].rows, *OPEN):
        method, _, path = route.partition(" ")
        known.setdefault(path, set()).add(method)
    client, made = town.clients[service], town.made[service]
    before = await made.one(WRITTEN)
    for path, methods in known.items():
        address = path.format(**Thing("none").names)
        headers = credentials(town.issuer, "supervisor")
        for method in METHODS:
            if method not in methods:
                assert (await client.request(method, address, headers=headers)).status_code == 405, (method, path)
        if "GET" in methods:
            overriding = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "POST", **headers}
            plain = await client.get(address, headers=headers)
            assert (await client.get(address, headers=overriding)).status_code == plain.status_code
    assert await made.one(WRITTEN) == before


async def test_every_role_is_an_actor() -> None:
    """A role that is added to the system must get its actors here."""
    assert {who[0] for who in ACTORS.values() if who is not None} == {role.value for role in Role}
