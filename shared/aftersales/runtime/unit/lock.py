"""Lock the rows of all subjects of a unit: kind by kind in the service's order, by id within a kind.

Everybody locks in this order; anything else deadlocks sooner or later. Those that are there first, for most are. Two
statements where some are new, three where somebody else was a moment faster (a third unit may then be waiting for what
is locked here; the unit runs again): one combined insert-or-lock lost subjects under concurrency (measured).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from aftersales.decision import SubjectRef
from aftersales.runtime.causes import Cause
from aftersales.runtime.postgres import Connection
from aftersales.service import Kind, On, OnTimer, Service


@dataclass(frozen=True, slots=True)
class Row:
    """A subject as locked: how many decisions it has seen, and its state, None where it is new."""

    version: int
    state: Any


class Locks:
    """Locks for one service: knows its kinds and how their states are decoded."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._decoders: Mapping[str, msgspec.json.Decoder[Any]] = {
            kind.name: msgspec.json.Decoder(kind.state) for kind in service.kinds
        }

    async def lock(
        self,
        connection: Connection,
        causes: Sequence[Cause],
        decider: Callable[[Cause], On | OnTimer | None],
    ) -> dict[SubjectRef, Row]:
        """Every subject of the causes, and every further one that `also` finds from the locked state."""
        wanted: dict[str, set[str]] = {kind.name: set() for kind in self._service.kinds}
        for cause in causes:
            if cause.event is not None:
                wanted[cause.subject.kind].add(cause.subject.id)
        rows: dict[SubjectRef, Row] = {}
        for kind in self._service.kinds:
            if wanted[kind.name]:
                rows.update(await self._lock_kind(connection, kind, wanted[kind.name]))
            for cause in causes:
                on = decider(cause) if cause.subject.kind == kind.name else None
                if on is not None and cause.event is not None:
                    for further in _also(on, rows[cause.subject].state, cause):
                        wanted[further.kind].add(further.id)
        return rows

    async def _lock_kind(self, connection: Connection, kind: Kind, names: Iterable[str]) -> dict[SubjectRef, Row]:
        ids = sorted(names)
        rows = await self._locked(connection, kind, ids)
        if len(rows) < len(ids):
            missing = [name for name in ids if SubjectRef(kind.name, name) not in rows]
            inserted = await connection.fetch(
                f"insert into {kind.table} (id, version) "  # noqa: S608 - the name comes from the service's code
                "select id, 0 from unnest($1::text[]) as t (id) order by id "
                "on conflict do nothing returning id",
                missing,
            )
            rows |= {SubjectRef(kind.name, row["id"]): Row(0, None) for row in inserted}
            if len(rows) < len(ids):
                rows |= await self._locked(
                    connection, kind, [name for name in missing if SubjectRef(kind.name, name) not in rows]
                )
        return rows

    async def _locked(self, connection: Connection, kind: Kind, ids: Sequence[str]) -> dict[SubjectRef, Row]:
        found = await connection.fetch(
            f"select id, version, state from {kind.table} "  # noqa: S608 - the name comes from the service's code
            "where id = any($1::text[]) order by id for update",
            ids,
        )
        decode = self._decoders[kind.name].decode
        return {
            SubjectRef(kind.name, row["id"]): Row(
                row["version"], decode(row["state"]) if row["state"] is not None else None
            )
            for row in found
        }


def _also(on: On | OnTimer, state: Any, cause: Cause) -> tuple[SubjectRef, ...]:
    try:
        return on.also(state, cause.event)
    except Exception:
        return ()
