"""A process that starts says what is wrong, serves while it lives, and on SIGTERM finishes what it has begun."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from tests.runtime.waiting import eventually
from tests.support.servers import MakeTopic
from tests.support.tokens import Issuer, bearer

from aftersales_local.places import ROOT
from aftersales_local.ports import any_free_ports

MAIN = Path(__file__).parent / "toy_main.py"


@dataclass
class Running:
    process: asyncio.subprocess.Process
    address: str
    topics: tuple[str, str]
    kafka: str
    database: str
    log: Path

    async def ready(self) -> bool:
        assert self.process.returncode is None, self.log.read_text()
        try:
            async with httpx2.AsyncClient() as client:
                return (await client.get(f"{self.address}/health/ready")).status_code == 200
        except httpx2.HTTPError:
            return False

    async def one(self, query: str) -> object:
        connection = await asyncpg.connect(self.database)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    async def say(self, *accounts: str) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self.kafka) as producer:
            for number, account in enumerate(accounts):
                headers = [
                    *(("ce_specversion", b"1.0"), ("ce_id", f"say-{number}".encode()), ("ce_source", b"shop")),
                    *(("ce_type", b"toy.deposited.v1"), ("ce_time", b"2025-05-06T09:00:00Z")),
                    ("content-type", b"application/json"),
                ]
                body = orjson.dumps({"account": account, "amount": 5})
                await producer.send_and_wait(self.topics[0], body, key=account.encode(), headers=headers)

    async def told_to_stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(sign)
        return await asyncio.wait_for(self.process.wait(), 20)


Start = Callable[..., Awaitable[Running]]


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def start(
    toy_database: str, kafka: str, make_topic: MakeTopic, issuer: Issuer, tmp_path: Path
) -> AsyncIterator[Start]:
    started: list[Running] = []
    keys = tmp_path / "keys.json"
    keys.write_bytes(await issuer.jwks())

    async def begin(topics: tuple[str, str] | None = None, **changes: str | None) -> Running:
        [port] = any_free_ports(1)
        names = topics or (await make_topic(), await make_topic())
        settings: dict[str, str | None] = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AFTERSALES_", "KAFKA_"))},
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": toy_database,
            "KAFKA_BOOTSTRAP_SERVERS": kafka,
            "AFTERSALES_MODE": "local",
            "AFTERSALES_HTTP_PORT": str(port),
            "AFTERSALES_TOKEN_ISSUER": "https://issuer.example",
            "AFTERSALES_TOKEN_JWKS": str(keys),
            **changes,
        }
        log = tmp_path / f"{len(started)}.log"
        with log.open("wb") as spoken:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(MAIN), *names),
                env={name: value for name, value in settings.items() if value is not None},
                stderr=spoken,
            )
        started.append(Running(process, f"http://127.0.0.1:{port}", names, kafka, toy_database, log))
        return started[-1]

    yield begin
    for running in started:
        if running.process.returncode is None:
            running.process.kill()
        await running.process.wait()


async def last_words(running: Running) -> tuple[int, str]:
    status = await asyncio.wait_for(running.process.wait(), 60)
    return status, running.log.read_text()


async def test_serves_both_doors_and_ends_on_a_signal(start: Start, issuer: Issuer) -> None:
    running = await start()
    await eventually(running.ready, within=40)
    await running.say("a", "b")
    await eventually(lambda: running.one("select count(*) = 2 from account"), within=20)
    async with httpx2.AsyncClient(base_url=running.address) as client:
        headers = {**bearer(issuer.token()), "Idempotency-Key": "k"}
        answer = await client.post("/accounts/a/deposits", json={"amount": 7}, headers=headers)
        assert (answer.status_code, answer.json()) == (201, {"balance": 12})
        assert "aftersales_causes_total" in (await client.get("/metrics")).text
        assert (await client.get("/openapi.json")).status_code == 200
    assert await running.told_to_stop() == 0


async def test_a_signal_in_mid_batch_lets_it_finish(start: Start) -> None:
    running = await start(AFTERSALES_FAILPOINT="C7:delay=3")
    await eventually(running.ready, within=40)
    await running.say("a", "b", "c")
    await eventually(
        lambda: running.one(
            "select exists (select from pg_stat_activity "
            "where datname = current_database() and state = 'idle in transaction' and application_name = 'toy')"
        ),
        within=20,
    )
    assert await running.one("select count(*) from account") == 0
    assert await running.told_to_stop() == 0
    committed = await running.one("select count(*) from account")
    assert committed in (1, 2, 3)  # as many as the first fetch brought
    assert await running.one("select sum(next_offset) from consumer_fence") == committed


async def test_a_request_in_flight_is_answered_before_the_end(start: Start, issuer: Issuer) -> None:
    running = await start(AFTERSALES_FAILPOINT="H2:delay=2")
    await eventually(running.ready, within=40)
    async with httpx2.AsyncClient(base_url=running.address) as client:
        headers = {**bearer(issuer.token()), "Idempotency-Key": "k"}
        request = asyncio.create_task(client.post("/accounts/a/deposits", json={"amount": 7}, headers=headers))
        await eventually(
            lambda: running.one("select exists (select from pg_stat_activity where state = 'idle in transaction')")
        )
        running.process.send_signal(signal.SIGTERM)
        assert (await request).status_code == 201
    assert await asyncio.wait_for(running.process.wait(), 20) == 0
    assert await running.one("select balance from account") == 7


async def test_killed_it_starts_again_and_nothing_is_lost_or_doubled(start: Start) -> None:
    first = await start(AFTERSALES_FAILPOINT="C8:kill")
    await eventually(first.ready, within=40)
    await first.say("a", "b")
    assert await asyncio.wait_for(first.process.wait(), 20) == -signal.SIGKILL
    second = await start(first.topics)
    await eventually(second.ready, within=40)
    await eventually(lambda: second.one("select sum(balance) = 10 from account"), within=40)
    assert await second.told_to_stop() == 0
    assert await second.one("select count(*) from history") == 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
            "DATABASE_URL names a server that does not let us in",
        ),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
            "KAFKA_BOOTSTRAP_SERVERS names 127.0.0.1:1, where nothing answers.",
        ),
    ],
)
async def test_cannot_start_and_says_why(start: Start, changes: dict[str, str | None], says: str) -> None:
    status, spoken = await last_words(await start(**changes))
    assert status == 2
    assert spoken.splitlines()[-1].startswith(says)
    assert "Traceback" not in spoken


async def test_missing_topics_name_the_command_that_makes_them(start: Start) -> None:
    status, spoken = await last_words(await start(topics=("toy.missing", "toy.balances")))
    assert status == 2
    assert "Kafka lacks the topic toy.missing. Run `aftersales topics apply`." in spoken


async def test_pending_migrations_name_the_command_that_runs_them(
    start: Start, make_database: Callable[[], Awaitable[str]]
) -> None:
    status, spoken = await last_words(await start(DATABASE_URL=await make_database()))
    assert status == 2
    assert "The database lacks the migration engine_0001. Run `aftersales migrate toy`." in spoken


async def test_a_taken_port_is_named(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, spoken = await last_words(await start(AFTERSALES_HTTP_PORT=str(port)))
    assert status == 2
    assert f"AFTERSALES_HTTP_PORT is {port}, where nothing can listen on 127.0.0.1" in spoken


async def test_production_refuses_a_simulated_clock(start: Start, toy_database: str) -> None:
    connection = await asyncpg.connect(toy_database)
    await connection.execute("insert into simulated_clock (instant) values (now())")
    await connection.close()
    status, spoken = await last_words(await start(AFTERSALES_MODE="production"))
    assert status == 2
    assert "simulated clock, which production refuses" in spoken
