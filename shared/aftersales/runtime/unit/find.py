"""Whom a timer's rule is to reach: a page of subjects, read from the rows that lists read, and not locked.

A rule wakes them by timers of their own, each decided in its own time: what concerns many thousands of rows must
neither hold their locks together nor go into one transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from aftersales.decision import SubjectRef
from aftersales.runtime.causes import Cause
from aftersales.runtime.postgres import Connection
from aftersales.runtime.unit.lock import Row
from aftersales.service import Among, On, OnTimer


async def find(
    connection: Connection,
    causes: Sequence[Cause],
    rows: Mapping[SubjectRef, Row],
    decider: Callable[[Cause], On | OnTimer | None],
) -> dict[UUID, tuple[SubjectRef, ...]]:
    """The page that each cause's rule asks for, by cause."""
    found: dict[UUID, tuple[SubjectRef, ...]] = {}
    for cause in causes:
        on = decider(cause) if cause.timer is not None else None
        among = on.among(rows[cause.subject].state, cause.event) if isinstance(on, OnTimer) else None
        if among is not None:
            found[cause.id] = await _page(connection, among)
    return found


async def _page(connection: Connection, among: Among) -> tuple[SubjectRef, ...]:
    column, instant = among.later
    names = tuple(among.where)
    equal = " and ".join(f"{name} = ${position + 4}" for position, name in enumerate(names))
    key = among.view.key[0]
    rows = await connection.fetch(
        f"select distinct {key} as id from {among.view.table} "  # noqa: S608 - names come from the service's code
        f"where {key} > $1 and {column} > $2 and {equal} order by 1 limit $3",
        *(among.beyond, instant, among.limit, *(among.where[name] for name in names)),
    )
    return tuple(SubjectRef(among.kind.name, row["id"]) for row in rows)
