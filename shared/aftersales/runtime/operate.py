"""What operators do: look at what was set aside and feed it again, note outages, release the breaker, migrate.

A command works on the database of one service, named by `--service`.
"""

import json
from typing import Annotated, Final

import typer

from aftersales.errors import Failure
from aftersales.runtime import breaker, outage, park
from aftersales.runtime.listen import OUTBOX, notify
from aftersales.runtime.migrate import migrate
from aftersales.runtime.postgres import Pool
from aftersales.runtime.reach import (
    SERVICES,
    address,
    built,
    instant,
    known,
    package,
    plain,
    rows,
    show,
    stack,
    told,
    with_pool,
    with_unit,
)
from aftersales.runtime.revisions import pending
from aftersales.runtime.unit import Unit

MOST: Final = 1_000

ServiceName = Annotated[str, typer.Option("--service", help=f"Whose: {', '.join(SERVICES)}.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Limit = Annotated[int, typer.Option(help="How many at most.", min=1, max=MOST)]
After = Annotated[int, typer.Option(help="Only those with a greater number.", min=0)]
By = Annotated[str, typer.Option(help="Who you are; it is written down.")]


def _group(name: str, about: str) -> typer.Typer:
    group = typer.Typer(name=name, help=about, no_args_is_help=True)
    # One command alone would otherwise be the whole group.
    group.callback()(lambda: None)
    return group


dead_letters = _group("dead-letters", "Records that nobody could judge: list, show, replay.")
parked = _group("parked", "Subjects set aside because our own code failed: list, show, replay.")
outages = _group("outages", "When our doors were shut: list, add.")
breaker_group = _group("breaker", "The clock-jump breaker: show, release.")
outbox = _group("outbox", "What was said and must be said again: republish.")


# -- dead letters ------------------------------------------------------------------------------------------------------


@dead_letters.command("list")
def list_dead_letters(
    service: ServiceName,
    limit: Limit = 50,
    after: After = 0,
    replayed: Annotated[bool, typer.Option("--all", help="Those replayed already, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """The dead letters that wait, the oldest first."""
    query = (
        "select id, topic, partition, record_offset, reason, sentence, at, replayed_at from dead_letter "
        "where id > $1 and (replayed_at is null or $2) order by id limit $3"
    )
    show(rows(service, query, after, replayed, limit), as_json, "No dead letters wait.")


@dead_letters.command("show")
def show_dead_letter(number: int, service: ServiceName) -> None:
    """One dead letter, whole, as JSON; bytes that are not text as base64."""
    found = rows(service, "select * from dead_letter where id = $1", number)
    if not found:
        raise Failure(f"There is no dead letter {number}. `aftersales dead-letters list` names them.")
    [row] = found
    print(json.dumps({name: plain(value) for name, value in row.items()}, indent=2, ensure_ascii=False))


@dead_letters.command("replay")
def replay_dead_letters(
    service: ServiceName,
    number: Annotated[list[int] | None, typer.Argument(help="Which; all that wait where none is named.")] = None,
) -> None:
    """Read dead letters again with what the code knows now. What is one still stays; the exit status tells."""
    waiting = number or [
        row["id"] for row in rows(service, "select id from dead_letter where replayed_at is null order by id")
    ]

    async def work(unit: Unit) -> int:
        failed = 0
        for each in waiting:
            try:
                await park.replay_dead_letter(unit, each)
                print(f"{each}: replayed")
            except Failure as problem:
                failed += 1
                print(f"{each}: {problem.sentence}")
        return failed

    if failed := with_unit(service, work):
        raise Failure(f"{failed} of {len(waiting)} could not be replayed.")
    print(f"Replayed: {len(waiting)}.")


# -- parked subjects ---------------------------------------------------------------------------------------------------


@parked.command("list")
def list_parked(service: ServiceName, limit: Limit = 50, as_json: AsJson = False) -> None:
    """The parked subjects, the longest waiting first, with how many causes wait behind each."""
    query = (
        "select subject, since, (select count(*) from parked_cause c where c.subject = p.subject) as waiting, reason "
        "from parked p order by since, subject limit $1"
    )
    show(rows(service, query, limit), as_json, "Nothing is parked.")


@parked.command("show")
def show_parked(subject: str, service: ServiceName, limit: Limit = 50, as_json: AsJson = False) -> None:
    """What waits behind one subject, in order."""
    query = (
        "select id, arrived_at, type, source, name, topic, partition, record_offset from parked_cause "
        "where subject = $1 order by id limit $2"
    )
    show(rows(service, query, subject, limit), as_json, f"Nothing waits behind {subject}.")


def replay_parked(subject: str, service: ServiceName) -> None:
    """Feed what waits through the rules again, in order, and let the subject go when all of it went through."""
    if not rows(service, "select from parked where subject = $1", subject):
        raise Failure(f"{subject} is not parked. `aftersales parked list` names those that are.")
    count = with_unit(service, lambda unit: park.replay_parked(unit, subject))
    print(f"{subject} is free again; {count} causes went through.")


# Two words for one deed: it is released by being replayed, and in no other way, or what waits would be lost.
parked.command("replay")(replay_parked)
parked.command("release")(replay_parked)


# -- outages -----------------------------------------------------------------------------------------------------------


@outages.command("list")
def list_outages(service: ServiceName, limit: Limit = 50, as_json: AsJson = False) -> None:
    """The outages known, the latest first."""
    query = "select id, what, since, until, until - since as length from outage order by id desc limit $1"
    show(rows(service, query, limit), as_json, "No outage is known.")


@outages.command("add")
def add_outage(
    service: ServiceName,
    since: Annotated[str, typer.Option(help="Its beginning, such as 2025-05-06T09:00:00Z.")],
    until: Annotated[str, typer.Option(help="Its end.")],
    what: Annotated[str, typer.Option(help="What was shut, in a word.")] = "announced",
) -> None:
    """Note an outage; every deadline that fell or falls due inside moves by its length, up to 7 days."""
    begin, end = instant(since, "--since"), instant(until, "--until")
    if begin >= end:
        raise Failure("An outage ends after it begins. Exchange --since and --until.")

    async def work(pool: Pool) -> None:
        async with pool.acquire() as connection:
            await outage.record(connection, begin, end, what)

    with_pool(service, work)
    print(f"Noted: {what} from {begin.isoformat()} until {end.isoformat()}.")


# -- breaker -----------------------------------------------------------------------------------------------------------


@breaker_group.command("show")
def show_breaker(service: ServiceName, as_json: AsJson = False) -> None:
    """Whether timers are held back, since when and why."""
    [row] = rows(service, "select tripped_at, reason, released_by from breaker")
    if as_json:
        show([row], as_json, "")
    elif row["tripped_at"] is None:
        print("The breaker is not tripped; timers fire.")
    else:
        print(f"Tripped at {row['tripped_at'].isoformat()}: {row['reason']} No timer fires until it is released.")


@breaker_group.command("release")
def release_breaker(service: ServiceName, by: By) -> None:
    """Let timers fire again. Look at the clocks first: what is due now fires at once."""

    async def work(pool: Pool) -> bool:
        async with pool.acquire() as connection:
            return await breaker.release(connection, by)

    print("Released; timers fire again." if with_pool(service, work) else "The breaker was not tripped.")


# -- outbox ------------------------------------------------------------------------------------------------------------


@outbox.command("republish")
def republish(
    service: ServiceName,
    first: Annotated[int, typer.Option("--from", help="The first ce_sequence.", min=1)],
    last: Annotated[int, typer.Option("--to", help="The last ce_sequence, inclusive.", min=1)],
) -> None:
    """Send events again, with the ids they had: for a topic that was lost. Listeners drop those they know."""

    async def work(pool: Pool) -> int:
        async with pool.acquire() as connection:
            done = await connection.execute(
                "update outbox set sent_at = null where id between $1 and $2 and sent_at is not null", first, last
            )
            await notify(connection, OUTBOX)
            return int(done.split()[-1])

    count = with_pool(service, work)
    print(
        f"{count} events are on their way again."
        if count
        else "No sent event has such a number; they are kept 14 days."
    )


# -- migrate -----------------------------------------------------------------------------------------------------------


def migrate_command(
    service: Annotated[str, typer.Argument(help=f"{', '.join(SERVICES)}, or all.")] = "all",
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; status 2 where something is pending.")
    ] = False,
) -> None:
    """Bring a service's database up to date. `all` needs the local stack, for DATABASE_URL names one database only."""
    names = [each for each in SERVICES if built(each)] if service == "all" else [known(service)]
    if service == "all" and not stack():
        raise Failure("`aftersales migrate all` found no local stack. Name one service, with DATABASE_URL set for it.")
    late = [name for name in names if _migrated(name, change=not check)]
    if late and check:
        raise Failure(f"Migrations are pending: {', '.join(late)}. Run `aftersales migrate`.")


def _migrated(name: str, *, change: bool) -> int:
    """How many migrations were pending; they are applied where `change` says so."""
    waiting = told(lambda: pending(package(name), address(name)))
    if waiting and change:
        told(lambda: migrate(package(name), address(name)))
    done = "applied" if change else "pending"
    print(f"{name}: {len(waiting)} {done}" if waiting else f"{name}: up to date")
    return len(waiting)
