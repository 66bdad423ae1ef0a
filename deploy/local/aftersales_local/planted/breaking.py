"""How each defect is planted: functions of the engine are replaced in the process that is about to run a service.

Every replacement names the parameters it expects, so that a change of the engine is met here and not passed over.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID, uuid4

from aftersales.runtime import decode, fence, relay
from aftersales.runtime.causes import Cause, DeadLetter
from aftersales.runtime.postgres import together
from aftersales.runtime.relay import Relay
from aftersales.runtime.unit import keep, transaction
from aftersales.runtime.unit.admit import Log, Sifted
from aftersales.runtime.unit.decide import Book
from aftersales.runtime.unit.keep import Keeper
from aftersales.runtime.unit.lock import Locks
from aftersales.runtime.unit.unit import Unit
from dispute.rules import journal

_replaced: Final[list[tuple[Any, str, Any]]] = []


def swap(owner: Any, name: str, takes: Sequence[str], make: Callable[[Any], Any]) -> None:
    """Put `make(original)` in the place of a function that takes just these parameters."""
    original = getattr(owner, name, None)
    assert original is not None, f"{owner.__name__} has no {name} any more; plant the defect elsewhere"
    found = list(inspect.signature(original).parameters)
    assert found == list(takes), f"{owner.__name__}.{name} takes {found} now; plant the defect anew"
    _replaced.append((owner, name, original))
    setattr(owner, name, make(original))


@contextmanager
def undone() -> Iterator[None]:
    """For tests: whatever is planted inside is mended at the end."""
    try:
        yield
    finally:
        while _replaced:
            owner, name, original = _replaced.pop()
            setattr(owner, name, original)


def no_inbox() -> None:
    def empty(original: Any) -> Any:
        async def look_up(connection: Any, items: Any, claim: Any) -> Any:
            locked, _ = await original(connection, items, claim)
            return locked, Log()

        return look_up

    def everything(items: Any, log: Any) -> Sifted:  # noqa: ARG001 - the shape of what it replaces
        sifted = Sifted()
        for position, item in items:
            (sifted.dead if isinstance(item, DeadLetter) else sifted.causes).append((position, item))
        return sifted

    swap(transaction, "look_up", ("connection", "items", "claim"), empty)
    swap(transaction, "sift", ("items", "log"), lambda _: everything)


def no_fence() -> None:
    """Reading goes on where the consumer group's first offset is, not where the database says."""

    def from_the_beginning(original: Any) -> Any:
        async def claim(connection: Any, partitions: Any, beginnings: Any, cluster_id: str) -> Any:
            held = await original(connection, partitions, beginnings, cluster_id)
            return {each: fence.Held(row.epoch, beginnings[each], row.cluster_id) for each, row in held.items()}

        return claim

    _nothing_is_behind_the_fence()
    swap(fence, "claim", ("connection", "partitions", "beginnings", "cluster_id"), from_the_beginning)


def _nothing_is_behind_the_fence() -> None:
    def everything(items: Any, claim: Any, locked: Any) -> Any:  # noqa: ARG001 - as above
        return list(enumerate(items))

    swap(transaction, "behind_the_fence", ("items", "claim", "locked"), lambda _: everything)


def marked_before_acknowledged() -> None:
    def first_mark(original: Any) -> Any:
        async def send(self: Any, connection: Any, rows: Any) -> None:
            await self._mark(connection, rows)
            await original(self, connection, rows)

        return send

    assert hasattr(Relay, "_mark")
    swap(Relay, "_send", ("self", "connection", "rows"), first_mark)


def fence_before_transaction() -> None:
    def first_fence(original: Any) -> Any:
        async def once(self: Any, items: Any, claim: Any) -> Any:
            if claim is not None:
                async with self.pool.acquire() as connection:
                    await together(connection, [fence.advance(items, simulated=False)])
            return await original(self, items, claim)

        return once

    _nothing_is_behind_the_fence()
    swap(Unit, "_once", ("self", "items", "claim"), first_fence)


def timer_deleted_before_lock() -> None:
    def first_delete(original: Any) -> Any:
        async def run(self: Any, items: Any, claim: Any = None) -> None:
            timers = [item.id for item in items if isinstance(item, Cause) and item.timer is not None]
            async with self.pool.acquire() as connection:
                await connection.execute("delete from timers where id = any($1::uuid[])", timers)
            await original(self, items, claim)

        return run

    async def all_mine(connection: Any, positions: Any, causes: Any) -> Any:  # noqa: ARG001 - as above
        return positions, causes

    swap(transaction, "_admitted", ("connection", "positions", "causes"), lambda _: all_mine)
    swap(Unit, "run", ("self", "items", "claim"), first_delete)


class _Unlocked:
    """A connection whose reads lock nothing."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.execute = connection.execute

    async def fetch(self, query: str, *arguments: Any) -> Any:
        locks = " for update" in query
        assert locks or query.startswith("insert "), (
            "subjects are locked by another statement now; plant the defect anew"
        )
        return await self._connection.fetch(query.replace(" for update", ""), *arguments)


def sum_then_insert() -> None:
    """What is left to pay is read without a lock and spent later."""

    def unlocked(original: Any) -> Any:
        async def lock_kind(self: Any, connection: Any, kind: Any, names: Any) -> Any:
            return await original(self, _Unlocked(connection), kind, names)

        return lock_kind

    swap(Locks, "_lock_kind", ("self", "connection", "kind", "names"), unlocked)


def notice_outside_unit() -> None:
    later: list[tuple[str, tuple[str, ...], Any]] = []

    def without(book: Book) -> None:
        for table, columns in [shape for shape in book.appends if shape[0] in ("notice", "to_send")]:
            later.append((table, columns, book.appends.pop((table, columns))))

    _kept(without)
    _afterwards(later)


def outbox_after_commit() -> None:
    later: list[tuple[str, tuple[str, ...], Any]] = []

    def without(book: Book) -> None:
        later.append(("outbox", keep.OUTBOX, book.outbox))
        book.outbox = []

    _kept(without)
    _afterwards(later)


def refusals_without_history() -> None:
    outcome = keep.HISTORY.index("outcome")

    def without(book: Book) -> None:
        book.history = [row for row in book.history if row[outcome] != "refused"]

    _kept(without)


def dead_letters_swallowed() -> None:
    _kept(lambda book: book.dead.clear())


def _kept(change: Callable[[Book], None]) -> None:
    """Everything a unit writes goes through `change` before it is written."""

    def changed(original: Any) -> Any:
        async def kept(self: Any, connection: Any, book: Book, now: Any, fence: Any) -> None:
            change(book)
            await original(self, connection, book, now, fence)

        return kept

    swap(Keeper, "keep", ("self", "connection", "book", "now", "fence"), changed)


def _afterwards(later: list[tuple[str, tuple[str, ...], Any]]) -> None:
    """What was held back is written when the unit is over."""

    def written(original: Any) -> Any:
        async def once(self: Any, items: Any, claim: Any) -> Any:
            taken = await original(self, items, claim)
            async with self.pool.acquire() as connection:
                while later:
                    table, columns, rows = later.pop(0)
                    await connection.copy_records_to_table(table, columns=list(columns), records=rows)
            self.wake()
            return taken

        return once

    swap(Unit, "_once", ("self", "items", "claim"), written)


def relayed_by_last_id() -> None:
    """The relay remembers the last id it sent and looks only behind it."""
    cursor = "id > coalesce(nullif(current_setting('planted.last', true), ''), '0')::bigint"

    def remembering(original: Any) -> Any:
        async def send(self: Any, connection: Any, rows: Any) -> None:
            await original(self, connection, rows)
            await connection.execute("select set_config('planted.last', $1, false)", str(rows[-1]["id"]))

        return send

    assert "where sent_at is null order by" in relay.READ, "the relay reads otherwise now; plant the defect anew"
    _replaced.append((relay, "READ", relay.READ))
    setattr(relay, "READ", relay.READ.replace("sent_at is null", f"sent_at is null and {cursor}"))  # noqa: B010 - Final
    swap(Relay, "_send", ("self", "connection", "rows"), remembering)


def ids_drawn() -> None:
    def drawn(source: str, name: str) -> UUID:  # noqa: ARG001 - as above
        return uuid4()

    swap(decode, "cause_id", ("source", "name"), lambda _: drawn)


def fired_when_due() -> None:
    """A deadline does not wait until what arrived before it has been read."""

    async def now(connection: Any, topics: Any) -> Any:  # noqa: ARG001 - as above
        return await connection.fetchval("select app_now()")

    swap(fence, "read_until", ("connection", "topics"), lambda _: now)


def journal_without_contra() -> None:
    def one_sided(original: Any) -> Any:
        return lambda settlement: tuple(entry for entry in original(settlement) if entry.account == "buyer")

    swap(journal, "entries", ("settlement",), one_sided)
