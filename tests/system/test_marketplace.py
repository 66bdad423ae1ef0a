"""The simulated marketplace of a stack that people use: it pays what dispute orders, over the real protocol."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from aftersales.contracts.dispute import Entry, RefundOrdered
from aftersales.contracts.marketplace import RefundExecuted
from aftersales.runtime import topics
from aftersales.runtime.kafka import Kafka
from aftersales_local.marketplace import Marketplace
from aftersales_local.payments import PaymentProvider
from aftersales_local.places import TOPICS

AT = datetime(2025, 5, 6, 9, tzinfo=UTC)
PAYMENTS = "marketplace.payments"


def ordered(instruction: str, attempt: int = 1, marketplace: str | None = None) -> RefundOrdered:
    return RefundOrdered(
        order="O1",
        dispute="D1",
        buyer="anna",
        seller="shop",
        currency="USD",
        at=AT,
        instruction=instruction,
        refund=2000,
        compensation=0,
        freight=0,
        total=2000,
        entries=(Entry(account="buyer", amount=2000), Entry(account="seller_escrow", amount=-2000)),
        attempt=attempt,
        marketplace=marketplace,
    )


def test_the_same_answer_under_the_same_id_when_asked_again() -> None:
    provider = PaymentProvider()
    assert provider.answer(ordered("I-1")) == provider.answer(ordered("I-1"))


def test_paid_at_the_second_try_when_the_first_one_failed() -> None:
    provider = PaymentProvider(failing=1000)
    first, failed = provider.answer(ordered("I-1"))
    second, executed = provider.answer(ordered("I-1", attempt=2))
    assert not isinstance(failed, RefundExecuted)
    assert isinstance(executed, RefundExecuted)
    assert first != second


def test_every_payment_fails_or_none_by_its_share() -> None:
    failing = sum(
        not isinstance(PaymentProvider(40, seed=1).answer(ordered(f"I-{n}"))[1], RefundExecuted) for n in range(2000)
    )
    assert 40 < failing < 130


@pytest.fixture
def provider(kafka: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "aftersales_local.marketplace"],
        env={**os.environ, "KAFKA_BOOTSTRAP_SERVERS": kafka},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.terminate()
    assert process.wait(20) == 0
    assert process.stdout is not None
    process.stdout.close()


async def test_paid_when_a_refund_was_ordered_before_it_came(kafka: str, request: pytest.FixtureRequest) -> None:
    await topics.apply(kafka, topics.declared(TOPICS))
    access = Kafka(kafka, "test")
    async with Marketplace(access, lambda: AT) as speaker:
        # On a topic of another speaker: the test plays dispute here.
        await speaker.publish([(ordered("I-late", marketplace="bazaar"), "dispute", "E-late")])
    process = request.getfixturevalue("provider")
    assert process.stdout.readline()
    reader = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await reader.start()
    try:
        reader.assign([TopicPartition(PAYMENTS, partition) for partition in range(12)])
        await reader.seek_to_beginning()
        record, found = await payment(reader)
        while found is None or found.instruction != "I-late":
            record, found = await payment(reader)
        assert (found.amount, found.executed_at) == (2000, AT)
        headers = dict(record.headers)
        assert (headers["ce_id"], headers["ce_source"]) == (b"I-late:1", b"bazaar")
    finally:
        await reader.stop()


async def payment(reader: AIOKafkaConsumer) -> tuple[Any, RefundExecuted | None]:
    record = await reader.getone()
    executed = dict(record.headers)["ce_type"] == RefundExecuted.TYPE.encode()
    return record, RefundExecuted.model_validate_json(record.value) if executed else None


def test_refused_with_a_sentence_when_no_broker_is_named() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "KAFKA_BOOTSTRAP_SERVERS"}
    done = subprocess.run(
        [sys.executable, "-m", "aftersales_local.marketplace"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("KAFKA_BOOTSTRAP_SERVERS is missing.")
