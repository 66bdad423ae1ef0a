"""Dispute lifecycles over Kafka: a complaint, a counter-offer, its acceptance, the refund ordered and executed."""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Self

from confluent_kafka import Consumer, TopicPartition

from aftersales.contracts.dispute import RefundOrdered
from aftersales.errors import Failure
from aftersales_local.bench import records
from aftersales_local.bench.broker import producer, publish
from aftersales_local.bench.progress import Progress
from aftersales_local.bench.stand import Stand
from aftersales_local.payments import PaymentProvider

SERVICE: Final = "dispute"
FACTS: Final = ("marketplace.orders", "tracking.parcels")
COMMANDS: Final = ("marketplace.complaints", "marketplace.payments")
STEPS: Final = "dispute.disputes"
SETTLEMENTS: Final = "dispute.settlements"
COMMANDS_A_LIFECYCLE: Final = 3
LOADED_WITHIN: Final = 300.0
DONE_WITHIN: Final = 600.0
CLOSED: Final = "select count(*) from outbox where type = 'dispute.closed.v1'"


async def alone(stand: Stand, count: int) -> Mapping[str, float]:
    return {"disputes": await lifecycles_a_second(stand, count, notices=False)}


async def with_notices(stand: Stand, count: int) -> Mapping[str, float]:
    return {"notices": await lifecycles_a_second(stand, count, notices=True)}


async def lifecycles_a_second(stand: Stand, count: int, *, notices: bool) -> float:
    """The timed part begins when the services, which stood still while all commands were put on Kafka, go on, and ends
    when every dispute is closed and every event of it is acknowledged by Kafka; with `notices`, when both parties'
    notices of all of it are kept too.

    The payment provider of the benchmark answers every refund within the timed part. Orders, shipments and deliveries
    are loaded before.
    """
    await stand.fresh()
    shipped_at = datetime.now(UTC) - timedelta(days=20)
    who = records.everybody("D", count)
    bootstrap = stand.broker.bootstrap
    publish(bootstrap, [*records.orders(who, shipped_at), *records.deliveries(who, shipped_at)])
    prepared = list(records.commands(who))
    await stand.start(SERVICE, *(("notification",) if notices else ()))
    async with Progress(stand, SERVICE) as progress, Progress(stand, "notification") as told:
        await progress.until_through(FACTS, LOADED_WITHIN)
        if notices:
            await told.until_through(("tracking.parcels",), LOADED_WITHIN)
        with Payer(bootstrap):
            with stand.standing_still():
                publish(bootstrap, prepared)
                begun = time.monotonic()
            ended = await progress.until_through(COMMANDS, DONE_WITHIN, count * (COMMANDS_A_LIFECYCLE + 1))
        if notices:
            ended = await told.until_through((STEPS,), DONE_WITHIN)
        closed = await progress.count(CLOSED)
        if closed != count:
            raise Failure(f"{closed} of {count} disputes were closed.", 1)
    return count / (ended - begun)


class Payer:
    """The payment provider: executes every refund that is ordered, on a thread of its own, while it is entered."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench-payer", "fetch.wait.max.ms": 50})
        partitions = self._consumer.list_topics(SETTLEMENTS, timeout=10).topics[SETTLEMENTS].partitions
        self._consumer.assign([TopicPartition(SETTLEMENTS, each, 0) for each in partitions])
        self._producer = producer(bootstrap)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._pay, name="payer")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        self._producer.flush(10)
        self._consumer.close()

    def _pay(self) -> None:
        provider = PaymentProvider()
        while not self._ending.is_set():
            for message in self._consumer.consume(500, timeout=0.02):
                headers = dict(message.headers() or ())
                if headers.get("ce_type") != RefundOrdered.TYPE.encode():
                    continue
                name, answer = provider.answer(RefundOrdered.model_validate_json(message.value() or b""))
                said = records.record(answer, name)
                self._producer.produce(said.topic, said.value, said.key, headers=said.headers)
            self._producer.poll(0)
