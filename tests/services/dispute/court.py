"""The hall, worked from code that does not await, as hypothesis's state machines are."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg

from aftersales.contracts.envelope import Event
from aftersales.policy.parse import load_book
from aftersales.runtime.postgres import open_pool
from aftersales.runtime.unit import Unit
from aftersales.runtime.wake import Wake
from aftersales_local import postgres as databases
from dispute.handlers import SERVICE
from tests.rules.dispute.builders import OPENED
from tests.services.dispute.hall import Hall


@dataclass
class Court:
    """The hall, worked from code that does not await. Each course has a database: a journal cannot be emptied.

    template: a migrated database that nobody is connected to.
    """

    server: str
    template: str
    loop: asyncio.AbstractEventLoop
    now: datetime = OPENED
    names: dict[str, Event] = field(default_factory=dict)
    hall: Hall | None = None
    reached: set[str] = field(default_factory=set)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def rows(self, query: str) -> list[Any]:
        return list(self.run(self.open.pool.fetch(query)))

    @property
    def open(self) -> Hall:
        assert self.hall is not None
        return self.hall

    def opens(self) -> None:
        self.run(self._opens())
        self.names.clear()
        self.to(OPENED)

    async def _opens(self) -> None:
        name = databases.fresh_name("test")
        connection = await asyncpg.connect(self.server)
        await connection.execute(f"create database {name} template {self.template}")
        await connection.close()
        pool = await open_pool(databases.with_database(self.server, name), size=2, name=name)
        unit = Unit(SERVICE, pool, load_book())
        self.hall = Hall(unit, pool, Wake(unit))
        await self.hall.opens()

    def closes(self) -> None:
        self.run(self._closes())

    async def _closes(self) -> None:
        hall, self.hall = self.hall, None
        if hall is not None:
            name = await hall.pool.fetchval("select current_database()")
            await hall.pool.close()
            await databases.drop_databases(self.server, (name,))

    def to(self, instant: datetime) -> None:
        self.now = instant
        self.run(self.open.at(instant))

    def hears(self, *events: Event) -> None:
        """In one batch, each under a name of its own by which it can be said again."""
        for event in events:
            self.names[uuid4().hex] = event
        named = list(self.names.items())[-len(events) :]
        self.run(self.open.unit.run([self.open.cause(event, name, None) for name, event in named]))

    def said(self) -> list[Event]:
        found: list[Event] = self.run(self.open.said())
        return found
