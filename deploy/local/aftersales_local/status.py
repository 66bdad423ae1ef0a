"""`aftersales status`: how a running stack fares, by its health pages, its databases and the broker's ends."""

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import Annotated

import asyncpg
import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.console import Console
from rich.table import Table

from aftersales.errors import Failure
from aftersales.runtime import kafka
from aftersales_local import state
from aftersales_local.commands import Home
from aftersales_local.places import HOME
from aftersales_local.ports import ask
from aftersales_local.postgres import connected
from aftersales_local.services import says_yes
from aftersales_local.state import Stack

COUNTS = """
    select (select count(*) from outbox where sent_at is null) as unsent,
           (select count(*) from timers where due <= app_now()) as due,
           (select count(*) from dead_letter where replayed_at is null) as dead_letters,
           (select count(*) from parked) as parked
"""
FENCES = "select topic, partition, next_offset from consumer_fence"


@dataclass(frozen=True)
class ServiceReport:
    """ready: whether it says so itself. lag: records on its topics that it has not taken in. The others count rows."""

    name: str
    address: str
    ready: bool
    lag: int
    unsent: int
    due: int
    dead_letters: int
    parked: int
    restarts: int


@dataclass(frozen=True)
class Report:
    broker: str
    bootstrap: str
    postgres: str
    clock: str
    services: tuple[ServiceReport, ...]


async def look(stack: Stack) -> Report:
    consumer = kafka.Kafka(stack.bootstrap, "aftersales-status").looker()
    await kafka.start(consumer, stack.bootstrap)
    try:
        services = [await _service(stack, name, consumer) for name in stack.addresses]
    finally:
        await kafka.stop(consumer)
    return Report(stack.broker, stack.bootstrap, stack.postgres, stack.clock, tuple(services))


async def _service(stack: Stack, name: str, consumer: AIOKafkaConsumer) -> ServiceReport:
    address = stack.addresses[name]
    connection = await connected(stack.databases[name])
    try:
        counts = await connection.fetchrow(COUNTS)
        fences = await connection.fetch(FENCES)
    finally:
        await connection.close()
    assert counts is not None
    process = stack.processes.get(name)
    return ServiceReport(
        name=name,
        address=address,
        ready=await asyncio.to_thread(says_yes, f"{address}/health/ready"),
        lag=await _lag(consumer, fences),
        restarts=process.restarts if process else 0,
        **dict(counts),
    )


async def _lag(consumer: AIOKafkaConsumer, fences: list[asyncpg.Record]) -> int:
    # From our own fence, not from Kafka's committed offset, which is only a hint.
    if not fences:
        return 0
    taken = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in fences}
    ends = await consumer.end_offsets(list(taken))
    return sum(max(0, ends[partition] - offset) for partition, offset in taken.items())


def status(home: Home = HOME, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show health, lag and what waits: unsent rows, due timers, dead letters, parked subjects."""
    stack = state.running(state.meant(home))
    if stack is None:
        raise Failure("No stack is running. Start it with `aftersales up`.", exit_code=1)
    report = ask(look(stack))
    if as_json:
        print(json.dumps(asdict(report), indent=2))
    else:
        show(report)


def show(report: Report) -> None:
    table = Table("service", "health", expand=False)
    for heading in ("lag", "unsent", "due", "dead", "parked", "starts"):
        table.add_column(heading, justify="right")
    for each in report.services:
        counts = (each.lag, each.unsent, each.due, each.dead_letters, each.parked, each.restarts + 1)
        table.add_row(each.name, "[green]ready[/]" if each.ready else "[red]not ready[/]", *map(str, counts))
    console = Console(highlight=False)
    console.print(table)
    for each in report.services:
        console.print(f"{each.name:<15} {each.address}/docs")
    console.print(f"{'Kafka':<15} {report.bootstrap} ({report.broker})")
    console.print(f"{'Postgres':<15} {report.postgres}")
    console.print(f"{'Clock':<15} {report.clock}")
