"""Write everything a unit decided: set-wise, one statement a table, in few round trips.

What is only appended goes by COPY. That is two round trips a table, which few rows are not worth: those go as arrays,
all tables in one statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from aftersales.decision import SubjectRef
from aftersales.errors import Failure
from aftersales.runtime import metrics
from aftersales.runtime.causes import Cause, Values, written
from aftersales.runtime.dead_letters import dead_letter_row
from aftersales.runtime.failpoints import reached
from aftersales.runtime.postgres import Connection, Part, plain, to_json, together
from aftersales.runtime.unit.decide import Book, Kept
from aftersales.service import Service

INBOX: Final = (
    *("cause_id", "subject", "hash", "type", "source", "name"),
    *("received_at", "outcome", "slug", "answer", "body", "topic", "partition", "record_offset"),
)
HISTORY: Final = (
    *("subject", "version", "cause_id", "event_type", "rule", "outcome", "at", "arrived_at", "moves", "explanation"),
)
OUTBOX: Final = ("event_id", "topic", "key", "type", "subject", "headers", "body")
TIMERS: Final = ("id", "kind", "subject", "due", "rank", "party", "data", "armed_by")
DEAD_LETTER: Final = (
    *("topic", "partition", "record_offset", "appended_at", "key", "headers", "body", "reason", "sentence", "at"),
)
PARKED_CAUSE: Final = (
    *("subject", "cause_id", "arrived_at", "type", "source", "name", "hash", "body"),
    *("role", "sub", "trace", "topic", "partition", "record_offset"),
)
TEXTS: Final = "text[]"
# So many rows of all tables together: as arrays one record takes 0.7 of the time, some 300 rows as long as by COPY
# (measured).
FEW: Final = 100


class Keeper:
    """Knows the columns' types of the service's tables, read once from the catalogue."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._types: dict[str, Mapping[str, str]] = {}

    async def keep(self, connection: Connection, book: Book, now: Any, fence: Part | None) -> None:
        """Everything of the book, and the fence moved with it."""
        states = [
            part
            for kind in self._service.kinds
            for part in await self._subjects(
                connection, kind.table, {ref: kept for ref, kept in book.subjects.items() if ref.kind == kind.name}
            )
        ]
        for (table, key), view in book.views.items():
            if view:
                states.append(await self._view(connection, table, key, list(view.values())))
        await together(connection, states)
        await reached("C5")
        appends: list[tuple[str, Sequence[str], list[Values]]] = [
            ("inbox", INBOX, sorted(book.inbox, key=lambda row: (row[0].bytes, row[1]))),
            ("history", HISTORY, book.history),
            ("outbox", OUTBOX, book.outbox),
            ("timers", TIMERS, book.timers),
            *((table, columns, rows) for (table, columns), rows in book.appends.items()),
            ("dead_letter", DEAD_LETTER, [dead_letter_row(dead, now) for dead in book.dead]),
            ("parked_cause", PARKED_CAUSE, [_queued(cause, now) for cause in book.queue]),
        ]
        # `inbox` first: where another unit was a moment faster with a cause, its key says so and the unit runs again.
        rest: list[Part] = []
        few = sum(len(rows) for _, _, rows in appends) <= FEW
        for table, columns, rows in appends:
            if rows:
                if few:
                    rest.append(_inserted(table, columns, await self._types_of(connection, table, columns), rows))
                else:
                    await connection.copy_records_to_table(table, columns=columns, records=rows)
        rest += [*_parked(book, now), *_replayed(book), *([fence] if fence is not None else [])]
        await together(connection, rest)
        await reached("C6")

    async def _subjects(self, connection: Connection, table: str, rows: Mapping[SubjectRef, Kept]) -> list[Part]:
        by_columns: dict[tuple[str, ...], list[tuple[Mapping[str, Any], bytes | None]]] = {}
        for ref, kept in rows.items():
            row = {"id": ref.id, "version": kept.version}
            if kept.state is not None:
                row |= kept.columns
            by_columns.setdefault((*row, *(("state",) if kept.state is not None else ())), []).append((row, kept.state))
        parts: list[Part] = []
        for columns, group in by_columns.items():
            types = await self._types_of(connection, table, columns)
            changes = ", ".join(f"{column} = {_of(column)}" for column in columns[1:])
            sql = (
                f"update {table} t set {changes} "  # noqa: S608 - names come from the service's code
                f"from {_with_states(columns, types)} where t.id = d.id"
            )
            states = [state.decode() for _, state in group if state is not None]
            parts.append(Part(sql, (_json([row for row, _ in group]), *([states] if "state" in columns else []))))
        return parts

    async def _view(
        self, connection: Connection, table: str, key: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
    ) -> Part:
        columns = tuple(rows[0])
        types = await self._types_of(connection, table, columns)
        others = [column for column in columns if column not in key]
        change = f"update set {', '.join(f'{c} = excluded.{c}' for c in others)}" if others else "nothing"
        # In the key's order: two units may touch rows of one view, and must meet on them in one order.
        ordered = sorted(rows, key=lambda row: tuple(str(row[column]) for column in key))
        return Part(
            f"insert into {table} ({', '.join(columns)}) select {', '.join(f'd.{c}' for c in columns)} "  # noqa: S608
            f"from {_recordset(columns, types)} on conflict ({', '.join(key)}) do {change}",
            (_json(ordered),),
        )

    async def _types_of(self, connection: Connection, table: str, columns: Iterable[str]) -> Mapping[str, str]:
        known = self._types.get(table)
        if known is None or any(column not in known for column in columns):
            found = await connection.fetch(
                "select attname, format_type(atttypid, null) as type from pg_attribute "
                "where attrelid = $1::text::regclass and attnum > 0 and not attisdropped",
                table,
            )
            known = self._types[table] = {row["attname"]: row["type"] for row in found}
            missing = [column for column in columns if column not in known]
            if missing:
                raise Failure(f"The table {table} has no column {missing[0]}. Run `aftersales migrate`.")
        return known


def _inserted(table: str, columns: Sequence[str], types: Mapping[str, str], rows: Iterable[Values]) -> Part:
    """As arrays; a list within one would be taken for a further dimension, so it goes as JSON."""
    names = ", ".join(columns)
    arrays = ", ".join(
        f"${number}::{'jsonb' if types[column] == TEXTS else types[column]}[]"
        for number, column in enumerate(columns, 1)
    )
    chosen = ", ".join(
        f"array(select jsonb_array_elements_text({column}))" if types[column] == TEXTS else column for column in columns
    )
    return Part(
        f"insert into {table} ({names}) select {chosen} from unnest({arrays}) as d ({names})",  # noqa: S608 - as above
        tuple(
            list(map(to_json, values)) if types[column] in ("jsonb", TEXTS) else values
            for column, values in zip(columns, zip(*rows, strict=True), strict=True)
        ),
    )


def _recordset(columns: Iterable[str], types: Mapping[str, str]) -> str:
    """Rows as one JSON text. As an array a column, each value costs asyncpg more than all of it here (measured)."""
    return f"json_to_recordset($1::text::json) as d ({', '.join(f'{column} {types[column]}' for column in columns)})"


def _of(column: str) -> str:
    return "d.state::jsonb" if column == "state" else f"d.{column}"


def _with_states(columns: Sequence[str], types: Mapping[str, str]) -> str:
    """Rows as one JSON text, and beside them their states as they are: JSON inside JSON is parsed three times, which
    was half of what an update cost (measured).
    """
    if "state" not in columns:
        return _recordset(columns, types)
    names = [column for column in columns if column != "state"]
    typed = ", ".join(f"{column} {types[column]}" for column in names)
    return (
        f"rows from (json_to_recordset($1::text::json) as ({typed}), unnest($2::text[])) "
        f"as d ({', '.join(names)}, state)"
    )


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return orjson.dumps(list(rows), default=plain).decode()


def _parked(book: Book, now: Any) -> list[Part]:
    if not book.parked:
        return []
    metrics.PARKED_SUBJECTS.labels("rule").inc(len(book.parked))
    return [
        Part(
            "insert into parked (subject, since, reason, cause) select d.subject, $4, d.reason, d.cause "
            "from unnest($1::text[], $2::text[], $3::uuid[]) as d (subject, reason, cause) "
            "on conflict (subject) do update set reason = excluded.reason",
            (
                [written(ref) for ref in book.parked],
                [reason for reason, _ in book.parked.values()],
                [cause.id for _, cause in book.parked.values()],
                now,
            ),
        )
    ]


def _queued(cause: Cause, now: Any) -> Values:
    return (
        *(written(cause.subject), cause.id, cause.arrived_at or now, cause.type, cause.source, cause.name, cause.hash),
        cause.body,
        *((cause.actor.role.value, cause.actor.sub) if cause.actor is not None else (None, None)),
        cause.trace,
        *(
            (cause.place.topic, cause.place.partition, cause.place.offset)
            if cause.place is not None
            else (None, None, None)
        ),
    )


def _replayed(book: Book) -> list[Part]:
    parts: list[Part] = []
    if book.unqueue:
        parts.append(Part("delete from parked_cause where id = any($1::bigint[])", (book.unqueue,)))
    if book.undecided:
        parts.append(
            Part(
                "update inbox i set outcome = d.outcome, slug = d.slug, answer = d.answer "
                "from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[]) "
                "as d (cause_id, subject, outcome, slug, answer) "
                "where i.cause_id = d.cause_id and i.subject = d.subject",
                (
                    [cause.id for cause, _, _, _ in book.undecided],
                    [written(cause.subject) for cause, _, _, _ in book.undecided],
                    *([row[position] for row in book.undecided] for position in (1, 2, 3)),
                ),
            )
        )
    return parts
