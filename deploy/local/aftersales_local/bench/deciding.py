"""What a decision costs: the rules alone, in this process, on the benchmark's scans and dispute lifecycles."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Final

from aftersales.contracts.dispute import RefundOrdered
from aftersales.decision import Decision, Given, SubjectRef
from aftersales.policy.parse import load_book
from aftersales.runtime import causes
from aftersales.runtime.causes import Cause
from aftersales.runtime.decode import Decoder
from aftersales.service import Service
from aftersales_local.bench import records
from aftersales_local.bench.broker import Record
from aftersales_local.bench.stand import Stand
from aftersales_local.payments import PaymentProvider
from dispute.handlers import SERVICE as DISPUTE
from order_tracking.handlers import SERVICE as TRACKING

MICROSECONDS: Final = 1_000_000


async def alone(_stand: Stand, count: int) -> Mapping[str, float]:
    """The median time of a decision, in microseconds, over so many orders with all their scans, and as many disputes.

    Nothing is read, kept or sent; a decision is the rule of one event on the state that the decisions before it left.
    """
    return {"decide": median(_seconds(count)) * MICROSECONDS}


def _seconds(count: int) -> Iterator[float]:
    who = records.everybody("R", count)
    shipped_at = datetime.now(UTC) - timedelta(days=20)
    yield from Memory(TRACKING).decide([*records.orders(who, shipped_at), *records.scans(who, shipped_at)])
    facts = [*records.orders(who, shipped_at), *records.deliveries(who, shipped_at)]
    yield from Memory(DISPUTE).decide([*facts, *records.commands(who)])


class Memory:
    """One service's subjects, in a dictionary."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._decoder = Decoder(service)
        self._states: dict[SubjectRef, Any] = {}
        self._policies = load_book(None)
        self._provider = PaymentProvider()

    def decide(self, said: Iterable[Record]) -> Iterator[float]:
        """Decide all of it in order, and what the payment provider answers; the seconds of each decision."""
        left = deque(said)
        while left:
            for cause in self._decoder.decode(_received(left.popleft())):
                assert isinstance(cause, Cause)
                seconds, decision = self._one(cause)
                yield seconds
                left.extend(self._answers(decision))

    def _one(self, cause: Cause) -> tuple[float, Decision]:
        on = self._service.on_event(type(cause.event))  # type: ignore[arg-type]
        assert on is not None
        now = datetime.now(UTC)
        begun = time.perf_counter()
        state = self._states.get(cause.subject)
        others = {ref: self._states.get(ref) for ref in on.also(state, cause.event)}
        given = Given(now, now, cause.id, self._policies, cause.source, others=others)
        decision = on.decide(state, cause.event, given)
        seconds = time.perf_counter() - begun
        written = {cause.subject: decision.state, **decision.others}
        self._states.update({ref: kept for ref, kept in written.items() if kept is not None})
        return seconds, decision

    def _answers(self, decision: Decision) -> Iterator[Record]:
        for event in decision.events:
            if isinstance(event, RefundOrdered):
                name, answer = self._provider.answer(event)
                yield records.record(answer, name)


def _received(record: Record) -> causes.Record:
    headers = tuple((name, value) for name, value in record.headers if isinstance(value, bytes))
    return causes.Record(causes.Place(record.topic, 0, 0), record.key, headers, record.value)
