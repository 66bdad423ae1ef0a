"""`aftersales explain DISPUTE`: from the databases of the stack that runs, or those that are named."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any

import typer

from aftersales.errors import Failure
from aftersales.explanation import instant
from aftersales.money import shown
from aftersales.runtime.operate import AsJson
from aftersales.runtime.postgres import Pool, open_pool
from aftersales.runtime.reach import SERVICES, address, known, stack, told
from aftersales_local.explain.tables import Happened, Story, story_of

POOL = 1
INDENT = " " * 4


def explain(
    dispute: Annotated[str, typer.Argument(help="The dispute's id.")],
    database: Annotated[
        list[str] | None,
        typer.Option("--database", metavar="SERVICE=URL", help="A service's database; once for each."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The whole story of a dispute: events, decisions, reasons, money, notices, in time order."""
    found = told(lambda: asyncio.run(_found(dispute, _addresses(database or []))))
    if as_json:
        timeline = [entry.as_json() for entry in found.timeline]
        print(json.dumps({**found.dispute, "timeline": timeline}, default=str, ensure_ascii=False))
        return
    for line in lines(found):
        print(line)


def _addresses(named: Sequence[str]) -> dict[str, str]:
    """Those that are named, else the running stack's, else DATABASE_URL as dispute's own."""
    if not named:
        return stack() or {"dispute": address("dispute")}
    pairs = [each.partition("=") for each in named]
    wrong = next((each for each, (_, _, url) in zip(named, pairs, strict=True) if not url), None)
    if wrong is not None:
        raise Failure(f"--database {wrong} names no database. Write it as dispute=postgresql://...")
    return {known(service): url for service, _, url in pairs}


async def _found(dispute: str, addresses: Mapping[str, str]) -> Story:
    async with AsyncExitStack() as opened:
        pools: dict[str, Pool] = {}
        for service in SERVICES:
            if service in addresses:
                pools[service] = await open_pool(addresses[service], size=POOL, name="explain")
                opened.push_async_callback(pools[service].close)
        if "dispute" not in pools:
            raise Failure("The database of dispute is not named. Add --database dispute=postgresql://...")

        async def fetch(service: str, query: str, *arguments: Any) -> Sequence[Mapping[str, Any]]:
            return [dict(row) for row in await pools[service].fetch(query, *arguments)] if service in pools else []

        return await story_of(dispute, fetch)


def lines(story: Story) -> Iterator[str]:
    """For a terminal: how the dispute stands, then every entry of its timeline."""
    of = story.dispute
    paid = ", ".join(f"{name} {shown(of[name], of['currency'])}" for name in ("refund", "compensation", "freight"))
    yield f"Dispute {of['dispute']} on order {of['order_id']}, {of['reason']}: {of['state']}. {paid}."
    if of["rule"] or of["agreement"]:
        agreement, rule, liable = (of[name] or "none" for name in ("agreement", "rule", "liable"))
        yield f"Agreement {agreement}, rule {rule}, liable {liable}."
    if of["deadline"]:
        yield f"It waits until {instant(of['deadline'])}."
    for entry in story.timeline:
        yield ""
        yield from _entry(entry)


def _entry(entry: Happened) -> Iterator[str]:
    outcome = f" ({entry.outcome})" if entry.outcome not in (None, "applied") else ""
    yield f"{instant(entry.at)}  {entry.who}  {entry.what}{outcome}"
    for thing, before, after in entry.moves:
        yield f"{INDENT}{thing}: {before or 'opened'} -> {after}"
    for sentence in (*entry.said, *entry.words):
        yield f"{INDENT}{sentence}"
    for money in entry.money:
        yield f"{INDENT}money: {money}"
