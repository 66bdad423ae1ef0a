"""Operators look at what was set aside and feed it again, in the words they type."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog
from tests.runtime.conftest import Hand, Look
from tests.runtime.toy import RAISES, Toy

from aftersales import cli
from aftersales.runtime import breaker, reach
from aftersales.runtime.causes import DeadLetter, Place, Record
from aftersales.runtime.unit import Unit


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    def rows(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


Type = Callable[[str], Awaitable[Said]]


@pytest.fixture
def operator(
    toy_database: str, words: Toy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Type]:
    """Types a command, for the toy instead of one of the four services."""
    monkeypatch.setenv("DATABASE_URL", toy_database)
    monkeypatch.setattr(reach, "SERVICES", ("toy",))
    monkeypatch.setattr(reach, "STACKS", ())
    handlers = SimpleNamespace(SERVICE=words.service)
    monkeypatch.setitem(sys.modules, "toy.handlers", handlers)

    async def command(line: str) -> Said:
        capsys.readouterr()
        # In a thread: a command has a loop of its own, as in a shell.
        status = await asyncio.to_thread(cli.run, line.split())
        return Said(status, *capsys.readouterr())

    yield command
    structlog.reset_defaults()


def test_a_stack_that_the_demo_left_is_meant_where_the_usual_one_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in reversed(reach.STACKS):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"databases": {"dispute": name}}))
        assert reach.stack() == {"dispute": name}


def rubbish(number: int, body: bytes = b"rubbish") -> DeadLetter:
    headers = (("ce_id", f"d-{number}".encode()), ("ce_type", b"toy.deposited.v1"), ("ce_source", b"shop"))
    place = Place("toy.commands", 0, number, datetime(2025, 5, 6, 9, tzinfo=UTC))
    return DeadLetter(Record(place, b"a", headers, body), "not-json", "It is not JSON.")


async def test_dead_letters_are_listed_shown_and_replayed(operator: Type, unit: Unit, see: Look) -> None:
    mendable = b'{"account": "a", "amount": 5}'
    await unit.run([rubbish(0), rubbish(1, mendable)])
    listed = await operator("dead-letters list --service toy --json")
    assert [(row["record_offset"], row["reason"]) for row in listed.rows()] == [(0, "not-json"), (1, "not-json")]
    assert "not-json" in (await operator("dead-letters list --service toy --limit 1")).out
    first, second = (row["id"] for row in listed.rows())
    assert json.loads((await operator(f"dead-letters show {first} --service toy")).out)["body"] == "rubbish"

    replayed = await operator(f"dead-letters replay {second} --service toy")
    assert (replayed.status, await see.balance("a")) == (0, 5)
    again = await operator("dead-letters replay --service toy")
    assert again.status == 2
    assert "1 of 1 could not be replayed." in again.err
    assert len((await operator("dead-letters list --service toy --json")).rows()) == 1
    assert len((await operator("dead-letters list --service toy --json --all")).rows()) == 2


async def test_parked_subjects_are_listed_and_released_by_their_replay(
    operator: Type, unit: Unit, hand: Hand, see: Look
) -> None:
    await unit.run(hand.deposits("a", RAISES, 5))
    [row] = (await operator("parked list --service toy --json")).rows()
    assert (row["subject"], row["waiting"]) == ("account/a", 2)
    assert len((await operator("parked show account/a --service toy --json")).rows()) == 2
    held = await operator("parked release account/a --service toy")
    assert (held.status, "stays parked" in held.err) == (1, True)

    # Mended: what the rule could not take is something it can.
    await see.pool.execute("update parked_cause set body = replace(encode(body, 'escape'), '666', '7')::bytea")
    released = await operator("parked replay account/a --service toy")
    assert (released.status, released.out) == (0, "account/a is free again; 2 causes went through.\n")
    assert await see.balance("a") == 12
    assert (await operator("parked list --service toy")).out == "Nothing is parked.\n"


async def test_outages_are_noted_and_listed(operator: Type) -> None:
    line = "outages add --service toy --since 2025-05-06T09:00:00Z --until 2025-05-06T10:00:00+00:00 --what storm"
    assert (await operator(line)).status == 0
    [row] = (await operator("outages list --service toy --json")).rows()
    assert (row["what"], row["length"]) == ("storm", "1:00:00")


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        ("2025-05-06T10:00:00Z", "2025-05-06T09:00:00Z", "An outage ends after it begins."),
        ("yesterday", "2025-05-06T09:00:00Z", "--since is not an instant."),
        ("2025-05-06T09:00:00Z", "2025-05-06T10:00:00", "--until lacks its zone."),
    ],
)
async def test_an_outage_that_is_none_is_refused(operator: Type, since: str, until: str, says: str) -> None:
    said = await operator(f"outages add --service toy --since {since} --until {until}")
    assert (said.status, says in said.err) == (2, True)


async def test_the_breaker_is_shown_and_released_by_name(operator: Type, see: Look) -> None:
    assert "not tripped" in (await operator("breaker show --service toy")).out
    async with see.pool.acquire() as connection:
        await breaker.trip(connection, datetime.now(UTC), "The clock jumped.")
    assert "The clock jumped." in (await operator("breaker show --service toy")).out
    assert (await operator("breaker release --service toy --by kim")).out == "Released; timers fire again.\n"
    assert await see.one("select released_by from breaker") == "kim"


async def test_events_are_said_again_with_the_ids_they_had(operator: Type, unit: Unit, hand: Hand, see: Look) -> None:
    await unit.run(hand.deposits("a", 5, 6, 7))
    await see.pool.execute("update outbox set sent_at = now()")
    first = await see.one("select min(id) from outbox")
    said = await operator(f"outbox republish --service toy --from {first} --to {first + 1}")
    assert said.out == "2 events are on their way again.\n"
    assert await see.one("select count(*) from outbox where sent_at is null") == 2


async def test_a_database_is_migrated_once(
    operator: Type, make_database: Callable[[], Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", await make_database())
    late = await operator("migrate toy --check")
    assert (late.status, "Migrations are pending: toy." in late.err) == (2, True)
    assert "applied" in (await operator("migrate toy")).out
    assert (await operator("migrate toy")).out == "toy: up to date\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("dead-letters list --service toys", "toys is not a service. Services are toy."),
        ("dead-letters list", "--service"),
        ("dead-letters list --service toy --limit 100000", "--limit"),
        ("dead-letters show 7 --service toy", "There is no dead letter 7."),
        ("parked release account/nobody --service toy", "account/nobody"),
        ("positions set toy.commands 9 5 --service toy", "toy has no position in toy.commands/9."),
        ("migrate all", "Name one service"),
    ],
)
async def test_what_cannot_be_done_is_said(operator: Type, line: str, says: str) -> None:
    said = await operator(line)
    assert said.status in (1, 2)
    assert says in said.err


async def test_positions_are_listed_set_and_adopted(operator: Type, unit: Unit) -> None:
    assert "It has not read anything yet." in (await operator("positions list --service toy")).out
    await unit.pool.execute(
        "insert into consumer_fence (topic, partition, epoch, next_offset, cluster_id) values ('t', 0, 3, 7, 'old')"
    )
    assert (await operator("positions set t 0 9 --service toy")).status == 0
    assert "1 partitions from the cluster new" in (await operator("positions adopt new --service toy")).out
    [row] = (await operator("positions list --service toy --json")).rows()
    assert (row["next_offset"], row["cluster_id"]) == (9, "new")
    # A process that is at work under the epoch before drops its batch.
    assert await unit.pool.fetchval("select epoch from consumer_fence") == 5


async def test_a_database_that_is_away_is_named(operator: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    said = await operator("parked list --service toy")
    assert (said.status, "Check DATABASE_URL" in said.err) == (2, True)


async def test_an_empty_database_is_told_to_be_migrated(
    operator: Type, make_database: Callable[[], Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", await make_database())
    said = await operator("parked list --service toy")
    assert (said.status, "Run `aftersales migrate`." in said.err) == (2, True)
