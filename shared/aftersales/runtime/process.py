"""One process of a service: checks at start, engine and HTTP door side by side, an orderly end in 15 seconds."""

import asyncio
import contextlib
import gc
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, Final

import asyncpg
import structlog
import uvloop
from fastapi import APIRouter
from prometheus_client import Gauge
from sqlalchemy import text

from aftersales.contracts.words import VOCABULARY
from aftersales.errors import Failure
from aftersales.policy.parse import load_book
from aftersales.runtime import failpoints, revisions, topics
from aftersales.runtime.auth import Keys, Verifier, source_of
from aftersales.runtime.engine import Engine
from aftersales.runtime.health import Health
from aftersales.runtime.http import Parts, create_app
from aftersales.runtime.kafka import Kafka
from aftersales.runtime.kafka_security import security_of
from aftersales.runtime.limits import Rates
from aftersales.runtime.memory import return_large_blocks, return_when_at_rest
from aftersales.runtime.reads import Reads, open_reads
from aftersales.runtime.server import ANSWERS_WITHIN, Server, bound, end_by_force_after, on_signals
from aftersales.runtime.settings import Settings, load
from aftersales.runtime.telemetry import configure_logging
from aftersales.service import Service

log = structlog.stdlib.get_logger(__name__)

LOOP_LAG: Final = Gauge("aftersales_loop_lag_seconds", "How late the event loop woke, the last time it was looked at")
# From the signal to the end of the process, whatever happens. The engine drains for ten of them.
END_WITHIN: Final = 15.0
LAG_EVERY: Final = 1.0
COLLECT_AFTER: Final = 50_000
BROKEN: Final = 1

BuildApi = Callable[[Parts], Sequence[APIRouter]]
# Something a service does beside the engine, such as delivering notices; it ends by cancellation.
Duty = Callable[[Parts], Coroutine[Any, Any, None]]


def run(service: Service, build_api: BuildApi, duties: Sequence[Duty] = ()) -> None:
    """The whole life of a process; `main` of every service. Ends it: 0 after a signal, 2 when it could not start."""
    try:
        return_large_blocks()
        settings = load(service.name)
        configure_logging(settings.log, service.name)
        failpoints.install(settings.failpoint, production=not settings.local)
        check_database(service, settings)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(live(service, settings, build_api, duties))
    except Failure as problem:
        sys.stderr.write(f"{problem.sentence}\n")
        sys.exit(problem.exit_code)
    except Exception:
        log.exception("the process ends; its supervisor starts it again")
        sys.exit(BROKEN)


def check_database(service: Service, settings: Settings) -> None:
    """Failure when Postgres does not answer or is not migrated. Runs an event loop of its own."""
    try:
        pending = revisions.pending(service.name, settings.database_url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        raise Failure(
            f"DATABASE_URL names a server that does not let us in ({type(problem).__name__}: {problem}). "
            "Correct it, start Postgres, or run `aftersales up`."
        ) from problem
    if pending:
        name = service.name.replace("_", "-")
        raise Failure(f"The database lacks the migration {pending[0]}. Run `aftersales migrate {name}`.")


async def check_topics(service: Service, settings: Settings) -> None:
    """Failure when Kafka does not answer or a topic is missing that the service hears or speaks on."""
    # A topic begins with its speaker's name: `tracking.parcels` is order_tracking's.
    topics_of_all = {word.TOPIC for word in VOCABULARY.values() if word.TOPIC}
    spoken = {topic for topic in topics_of_all if service.name.endswith(topic.partition(".")[0])}
    security = security_of(os.environ)
    missing = await topics.missing(settings.kafka_bootstrap_servers, service.topics | spoken, security)
    if missing:
        raise Failure(f"Kafka lacks the topic {missing[0]}. Run `aftersales topics apply`.")


async def live(service: Service, settings: Settings, build_api: BuildApi, duties: Sequence[Duty] = ()) -> None:
    """From the first connection to the last; returns after a signal, raises Failure when it had to end by itself."""
    stopping = asyncio.Event()
    with on_signals(stopping):
        await check_topics(service, settings)
        async with serving(service, settings, build_api, duties) as ended:
            try:
                await first(asyncio.create_task(stopping.wait(), name="signal"), *ended)
            finally:
                end_by_force_after(END_WITHIN)
                log.info("stopping", told=stopping.is_set())


@contextlib.asynccontextmanager
async def serving(
    service: Service, settings: Settings, build_api: BuildApi, duties: Sequence[Duty] = ()
) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """The parts, started in order and stopped in reverse; gives the tasks, none of which may end before the process."""
    listener = bound(settings.http_host, settings.http_port)
    engine = Engine(
        service,
        database_url=settings.database_url,
        kafka=kafka_of(service, settings),
        policies=(policies := load_book(settings.policy_dir)),
        production=not settings.local,
        serves_http=True,
    )
    verifier = Verifier(
        Keys(source_of(settings.token_jwks)), issuer=settings.token_issuer, audience=settings.token_audience
    )
    await engine.start()
    reads = await open_reads(settings.database_url, service.name)
    health = Health()
    parts = Parts(service, settings, engine.unit, reads, policies, verifier, Rates(settings.http_rate), health)
    watch(health, engine, reads)
    server = Server(create_app(service, parts, build_api(parts)))
    tasks = [
        asyncio.create_task(engine.until_failed(), name="engine"),
        asyncio.create_task(server.serve([listener]), name="http"),
        asyncio.create_task(watch_loop(), name="loop"),
        asyncio.create_task(return_when_at_rest(), name="memory"),
        *(asyncio.create_task(duty(parts)) for duty in duties),
    ]
    spare_the_collector()
    health.started = True
    log.info("started", host=settings.http_host, port=listener.getsockname()[1], mode=settings.mode)
    try:
        yield tasks
    finally:
        health.stopping = True
        server.should_exit = True
        engine.receive.stop()
        engine.wake.stop()
        for task in tasks[2:]:
            task.cancel()
        # Requests in flight are answered while the batch in flight is finished; both commit through the engine's pool.
        await asyncio.wait([tasks[1], *tasks[2:]], timeout=ANSWERS_WITHIN + 1)
        await engine.stop()
        await asyncio.gather(*tasks, return_exceptions=True)
        await reads.close()


def spare_the_collector() -> None:
    """Reference counting frees nearly everything here; the collector's passes mostly walk through the batch in hand,
    and took a third of a unit's time (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


async def first(*tasks: asyncio.Task[Any]) -> None:
    """Return when one of the tasks has ended; raise what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    tasks[0].cancel()
    for task in done:
        task.result()


def kafka_of(service: Service, settings: Settings) -> Kafka:
    return Kafka(
        bootstrap=settings.kafka_bootstrap_servers,
        name=service.name.replace("_", "-"),
        idempotent=settings.kafka_idempotent,
        isolation=settings.kafka_isolation,
        session_timeout_ms=settings.kafka_session_timeout_ms,
        fetch_max_wait_ms=settings.kafka_fetch_max_wait_ms,
        security=security_of(os.environ),
    )


def watch(health: Health, engine: Engine, reads: Reads) -> None:
    """What ready means: Postgres answers, the consumer group has let us in once, and every duty is alive.

    A tripped breaker and a parked subject are for people to look at, not reasons to send work elsewhere; and a
    rebalance, which comes with every deployment, must not take all replicas out of service at once.
    """
    joined = False

    async def database() -> str | None:
        await reads.scalar(text("select 1"))
        return None

    async def kafka() -> str | None:
        nonlocal joined
        joined = joined or engine.receive.rebalanced is not None
        return None if joined else "The consumer group has not let this process in yet."

    async def duties() -> str | None:
        return "A duty has ended; the process is about to end too." if engine.failed else None

    health.watch("postgres", database)
    health.watch("kafka", kafka)
    health.watch("engine", duties)


async def watch_loop() -> None:
    """How late the loop wakes is how late every heartbeat and every request is."""
    loop = asyncio.get_running_loop()
    while True:
        wanted = loop.time() + LAG_EVERY
        await asyncio.sleep(LAG_EVERY)
        LOOP_LAG.set(max(0.0, loop.time() - wanted))
