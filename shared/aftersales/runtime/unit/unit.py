"""The unit: causes through ONE transaction. The only place that commits state."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import asyncpg
import orjson
import structlog
from msgspec.structs import replace

from aftersales.contracts.envelope import Event
from aftersales.errors import Failure, Refused
from aftersales.identity import Actor, Owned, Role, authorize, cause_id
from aftersales.policy.book import PolicyBook
from aftersales.runtime import metrics
from aftersales.runtime.causes import Cause, DeadLetter, Item, content_hash
from aftersales.runtime.failpoints import reached
from aftersales.runtime.fence import Claim
from aftersales.runtime.postgres import Connection, Pool, is_lasting, is_passing
from aftersales.runtime.unit.explain import told
from aftersales.runtime.unit.transaction import Done, Door, Transaction
from aftersales.service import Service

LOG: Final = structlog.get_logger()
Result = TypeVar("Result")
ATTEMPTS: Final = 3
ACQUIRE_WITHIN: Final = 5.0
RECORDS: Final = ("C4", "C7")
TIMERS: Final = ("T2", "T3")
REQUESTS: Final = ("C4", "H2")
STALE_PLANS: Final = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)
# The moment's fault, cured by doing the same again: a deadlock, a plan that a migration made old, the same cause in two
# units.
AT_ONCE: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
    *STALE_PLANS,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP caller is told; from 400 on `body` has `slug` and `sentence`. `replayed`: it was decided earlier."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


class Unit:
    """Runs causes for one service.

    wake: called after every commit, for there may be something to send. armed: called with the earliest instant for
    which a transaction armed a timer.
    """

    def __init__(
        self,
        service: Service,
        pool: Pool,
        policies: PolicyBook,
        wake: Callable[[], None] = lambda: None,
        armed: Callable[[datetime], None] = lambda due: None,
    ) -> None:
        self.service = service
        self.pool = pool
        self.policies = policies
        self.wake = wake
        self.armed = armed
        self._transaction = Transaction(service, policies)

    async def run(self, items: Sequence[Item], claim: Claim | None = None) -> None:
        """Run all items, in order, in as few transactions as possible.

        With a claim the items are records of its partitions and the fence moves with them; `Fenced` when another
        process has them now. A database error that would come again for ever is narrowed down by halves until the bad
        item is alone; that one becomes a dead letter (its data) or parks its subject (our code). Passing errors are
        raised: nothing has moved.
        """
        rest = list(items)
        while rest:
            try:
                taken = await self._once(rest, claim)
            except Exception as problem:
                if not is_lasting(problem):
                    metrics.failed("units")
                    raise
                await self._narrow(rest, claim, problem)
                return
            rest = rest[taken:]

    async def _narrow(self, items: list[Item], claim: Claim | None, problem: Exception) -> None:
        if len(items) > 1:
            metrics.UNIT_SPLITS.inc()
            half = len(items) // 2
            await self.run(items[:half], claim)
            await self.run(items[half:], claim)
            return
        [item] = items
        LOG.error("the database will never take this item", problem=repr(_bare_words(problem)), place=item.place)
        try:
            await self._once([_set_aside(item, problem)], claim)
        except Exception as again:
            # Not even its name can be stored; the record's bytes can. Of anything else a person must know.
            if not is_lasting(again) or item.place is None:
                raise
            await self._once([_bare(item)], claim)

    async def _once(self, items: Sequence[Item], claim: Claim | None) -> int:
        timers = isinstance(items[0], Cause) and items[0].timer is not None
        door = Door(TIMERS if timers else RECORDS, claim)
        with metrics.UNIT_SECONDS.labels("timer" if timers else "record").time():
            done = await self._committed(lambda connection: self._transaction.run(connection, items, door))
        if done.armed is not None:
            self.armed(done.armed)
        await reached("T4" if timers else "C8")
        return done.taken

    async def _committed(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """`work` in a transaction, again at once where that cures it."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self.pool.acquire(timeout=ACQUIRE_WITHIN) as connection, connection.transaction():
                    result = await work(connection)
            except AT_ONCE as problem:
                foreign = isinstance(problem, asyncpg.UniqueViolationError) and problem.constraint_name != "inbox_pkey"
                if foreign or attempt == ATTEMPTS:
                    raise
                metrics.UNIT_RETRIES.labels(type(problem).__name__).inc()
                if isinstance(problem, STALE_PLANS):
                    await self.pool.expire_connections()
            else:
                self.wake()
                return result
        raise AssertionError("the last attempt returns or raises")

    async def command(
        self,
        event: Event,
        *,
        actor: Actor,
        key: str,
        may: frozenset[Role],
        route: str,
        owner: Callable[[Any], Owned | None] | None = None,
        fingerprint: bytes | None = None,
        trace: str | None = None,
    ) -> Answer:
        """The HTTP door: one command, one transaction, one answer, also when it is asked again.

        key: the Idempotency-Key. owner: finds the two parties in the subject's state, which is None where the subject
        is new; without it only the role is checked. fingerprint: the hash of the request where the event carries
        something drawn at the door (a new id), which a repeat would draw anew; None takes the event's content.

        Raises Refused: 4xx from `authorize` or the rule (nothing is written), 422 `idempotency-key-reused`, 409
        `request-in-flight`, 503 `parked` (the command is queued with its arrival) and 503 `unavailable`; those that are
        worth trying again have `retry_after` (seconds) in `details`.
        """
        content = event.model_dump_json().encode()
        cause = Cause(
            id=cause_id(actor.source, key),
            subject=self._subject_of(event),
            event=event,
            type=event.TYPE,
            source=actor.source,
            name=key,
            hash=fingerprint or content_hash(event),
            body=content,
            keep_body=True,
            actor=actor,
            trace=trace,
        )

        def allow(state: Any) -> None:
            if owner is not None:
                authorize(actor, may, owner(state))
            elif actor.role not in may:
                raise Refused("role-not-allowed", f"This is not open to the role {actor.role}.", 403)

        started = time.monotonic()
        try:
            answer = await self._committed(lambda connection: self._request(connection, cause, route, allow))
        except asyncpg.LockNotAvailableError:
            raise Refused(
                "request-in-flight",
                "The same request, or another one on the same order, is being worked on.",
                retry_after=1,
            ) from None
        except Exception as problem:
            if is_passing(problem):
                LOG.warning("a command could not be committed", problem=repr(problem))
                sentence = "We cannot say whether this was done. Send it again with the same Idempotency-Key."
                raise Refused("unavailable", sentence, 503, retry_after=2) from problem
            raise
        finally:
            metrics.UNIT_SECONDS.labels("http").observe(time.monotonic() - started)
        await reached("H3")
        if answer.status == 503:
            sentence = (
                "This waits until an operator has looked at it. The request is kept with the time of its arrival."
            )
            raise Refused("parked", sentence, 503, retry_after=60)
        return answer

    async def _request(self, connection: Connection, cause: Cause, route: str, allow: Callable[[Any], None]) -> Answer:
        stored = await _first(connection, cause, route)
        if stored is not None:
            return stored
        await reached("H1")
        done = await self._transaction.run(connection, [cause], Door(REQUESTS, allow=allow))
        if done.collided:
            raise _reused(cause.name)
        if done.armed is not None:
            # Before COMMIT; should the look come too early, the next one is at most a second away.
            self.armed(done.armed)
        answer = _answer(done)
        if answer is None:
            # Kept behind the parked subject; the row must not answer the next attempt.
            await connection.execute(
                "delete from http_request where (actor, route, key) = ($1, $2, $3)", cause.source, route, cause.name
            )
            return Answer(503, {})
        await connection.execute(
            "update http_request set status = $4, answer = $5 where (actor, route, key) = ($1, $2, $3)",
            *(cause.source, route, cause.name, answer.status, answer.body),
        )
        return answer

    def _subject_of(self, event: Event) -> Any:
        on = self.service.on_event(type(event))
        if on is None:
            raise Failure(f"{self.service.name} has no rule for {event.TYPE}.")
        [subject] = on.subjects(event)
        return subject


async def _first(connection: Connection, cause: Cause, route: str) -> Answer | None:
    """None for the first request under this key; else the stored answer. A twin in flight is waited for, then counted
    as refused.
    """
    row = await connection.fetchrow(
        "insert into http_request (actor, route, key, fingerprint, at) values ($1, $2, $3, $4, app_now()) "
        "on conflict (actor, route, key) do nothing returning true",
        *(cause.source, route, cause.name, cause.hash),
    )
    if row is not None:
        return None
    stored = await connection.fetchrow(
        "select fingerprint, status, answer from http_request where (actor, route, key) = ($1, $2, $3)",
        *(cause.source, route, cause.name),
    )
    if stored is None or stored["status"] is None:
        raise Refused("request-in-flight", "The same request is being worked on.", retry_after=1)
    if stored["fingerprint"] != cause.hash:
        raise _reused(cause.name)
    return Answer(stored["status"], orjson.loads(stored["answer"]), replayed=True)


def _reused(key: str) -> Refused:
    return Refused("idempotency-key-reused", f"The key {key} was used for another request. Draw a new one.", 422)


def _answer(done: Done) -> Answer | None:
    """None where the command waits behind a parked subject."""
    if done.decisions:
        [decision] = done.decisions.values()
        return Answer(**told(decision))
    if done.known is None or done.known.answer is None:
        return None
    return Answer(**done.known.answer, replayed=True)


def _set_aside(item: Item, problem: Exception) -> Item:
    """What becomes of an item that the database refuses for ever: of bad data a dead letter, of our own code a parked
    subject.
    """
    if isinstance(item, DeadLetter):
        return _bare(item)
    why = _bare_words(problem)
    ours = isinstance(why, (TypeError, ValueError)) and not isinstance(why, UnicodeError)
    data = isinstance(problem, (asyncpg.DataError, OverflowError)) and not ours
    # A replay stays in its queue: as a dead letter it would leave that without having been decided.
    if item.record is not None and item.queued is None and data:
        return DeadLetter(item.record, "not-storable", f"The database does not take it: {why}", item.last)
    return replace(item, park=f"{type(why).__name__}: {why}"[:500])


def _bare_words(problem: Exception) -> BaseException:
    """What asyncpg says of a value without the value itself, which may be anybody's words."""
    return problem.__cause__ if isinstance(problem, asyncpg.DataError) and problem.__cause__ is not None else problem


def _bare(item: Item) -> DeadLetter:
    assert item.record is not None
    return DeadLetter(replace(item.record, headers=()), "not-storable", "It cannot be stored as it was.", item.last)
