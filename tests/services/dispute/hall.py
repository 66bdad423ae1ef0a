"""Dispute's unit on a real database, under a clock that is stepped, and a mouth for those who speak over Kafka."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from aftersales.contracts.dispute import RefundOrdered
from aftersales.contracts.envelope import Event
from aftersales.contracts.words import VOCABULARY
from aftersales.identity import cause_id
from aftersales.runtime.causes import Cause, Place, Record, content_hash
from aftersales.runtime.postgres import Pool
from aftersales.runtime.unit import Unit
from aftersales.runtime.wake import Wake
from dispute.handlers import SERVICE
from tests.rules.dispute.builders import OPENED
from tests.rules.dispute.world import MARKET, SOURCES, executed

ALL_IS_READ = """
    insert into consumer_fence (topic, partition, next_offset, read_until, cluster_id)
    values ($1, 0, 0, 'infinity', '')
"""


@dataclass
class Hall:
    """Everybody who speaks to dispute over Kafka, and the clock."""

    unit: Unit
    pool: Pool
    wake: Wake
    offset: int = field(default=0, kw_only=True)

    async def opens(self) -> None:
        """Every command is read as far as it was said: parties' timers wait for nothing."""
        await self.pool.execute(ALL_IS_READ, *SERVICE.commands)

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
        await self.unit.run([self.cause(event, name or uuid4().hex, source) for event in events])

    def cause(self, event: Event, name: str, source: str | None) -> Cause:
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
