"""What the main job came to: figures from the databases, for a person and for `build/demo.json`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
from rich.console import Console
from rich.table import Table

from aftersales.money import shown
from aftersales_local.checks import Check
from aftersales_local.demo.display import OUTCOMES
from aftersales_local.demo.run import Figures
from aftersales_local.state import Stack

SAID: Final = "select type, count(*) as said from outbox group by type"
DISPUTES: Final = """
    select state, coalesce(agreement, '') as agreement, reason, count(*) as disputes
    from disputes group by state, agreement, reason
"""
MONEY: Final = "select account, currency, sum(amount)::bigint as amount from journal group by account, currency"
NOTICES: Final = "select channel, count(*) as notices from notice group by channel"
CAUSES: Final = "select count(*) from inbox"
BROKEN: Final = (
    "select count(distinct (key, convert_from(body, 'UTF8')::jsonb ->> 'parcel')) from outbox where type = $1"
)
PROMISE_BROKEN: Final = "tracking.promise_broken.v1"
FAMILIES: Final = {
    "INR": "not received",
    "SNAD": "not as described",
    "BUY": "change of mind",
    "SVC": "service",
    "LATE": "late",
}
BURDENS: Final = {
    "seller_escrow": "the sellers' escrow",
    "seller_deposit": "the sellers' deposits",
    "platform_fund": "the platform (advanced, owed by the sellers)",
    "service_fund": "the platform's service fund",
    "carrier_recourse": "claimed from carriers",
}


@dataclass
class Totals:
    """disputes: by outcome. causes: reason family by outcome. money: account to currency to minor units."""

    disputes: Counter[str] = field(default_factory=Counter)
    agreements: Counter[str] = field(default_factory=Counter)
    causes: dict[str, Counter[str]] = field(default_factory=dict)
    money: dict[str, dict[str, int]] = field(default_factory=dict)
    notices: int = 0
    by_channel: dict[str, int] = field(default_factory=dict)
    promises_broken: int = 0
    decisions: int = 0
    events: int = 0


async def totals(databases: Mapping[str, asyncpg.Connection]) -> Totals:
    found = Totals()
    for row in await databases["dispute"].fetch(DISPUTES):
        outcome = OUTCOMES.get(row["state"], "open")
        found.disputes[outcome] += row["disputes"]
        found.agreements[row["agreement"] or "none"] += row["disputes"]
        family = FAMILIES.get(row["reason"].partition("_")[0], "other")
        found.causes.setdefault(family, Counter())[outcome] += row["disputes"]
    for row in await databases["dispute"].fetch(MONEY):
        found.money.setdefault(row["account"], {})[row["currency"]] = row["amount"]
    found.by_channel = {row["channel"]: row["notices"] for row in await databases["notification"].fetch(NOTICES)}
    found.notices = sum(found.by_channel.values())
    found.promises_broken = await databases["order-tracking"].fetchval(BROKEN, PROMISE_BROKEN)
    for connection in databases.values():
        found.decisions += await connection.fetchval(CAUSES)
        found.events += sum(row["said"] for row in await connection.fetch(SAID))
    return found


def as_json(
    stack: Stack, figures: Figures, found: Totals, checks: Iterable[Check], seconds: float, **more: Any
) -> dict[str, Any]:
    return {
        "broker": stack.broker,
        "postgres": stack.postgres,
        "orders": figures.handed_in["orders"],
        "parcels": figures.handed_in["parcels"],
        "scans": figures.handed_in["scans"],
        "commands": figures.handed_in["commands"],
        "over_http": figures.over_http,
        "commands_refused": figures.refused,
        "surprises": figures.surprises,
        "rulings": dict(figures.rulings),
        "promises_broken": found.promises_broken,
        "promises_kept": figures.handed_in["parcels"] - found.promises_broken,
        "disputes": dict(found.disputes),
        "agreements": dict(found.agreements),
        "causes": {family: dict(outcomes) for family, outcomes in found.causes.items()},
        "money": found.money,
        "notices": found.notices,
        "decisions": found.decisions,
        "events": found.events,
        "checks": {check.name: check.held for check in checks},
        "seconds": round(seconds, 1),
        **more,
    }


def show(console: Console, figures: Figures, found: Totals, seconds: float) -> None:
    handed = figures.handed_in
    console.rule("what happened")
    console.print(
        f"[bold]{handed['orders']:,}[/] orders, [bold]{handed['parcels']:,}[/] parcels, {handed['scans']:,} scans."
    )
    kept = handed["parcels"] - found.promises_broken
    console.print(f"Delivery promises: [green]{kept:,} kept[/], [red]{found.promises_broken:,} broken[/].")
    console.print(
        f"{handed['commands']:,} commands of buyers and sellers ({figures.refused:,} refused, as they should be), "
        f"{figures.over_http:,} requests over HTTP, {figures.rulings['made']:,} rulings of agents."
    )
    console.print(_disputes(found))
    console.print(_money(found))
    channels = ", ".join(f"{count:,} to the {channel}" for channel, count in found.by_channel.items())
    console.print(f"Notices: {found.notices:,} ({channels}).")
    rate = found.decisions / seconds if seconds else 0
    console.print(
        f"{found.decisions:,} causes decided and {found.events:,} events said in {seconds:.0f} s "
        f"({rate:,.0f} decisions a second, waiting for rest after every step of the clock)."
    )


def _disputes(found: Totals) -> Table:
    outcomes = [name for name, _ in found.disputes.most_common()]
    table = Table(title="Disputes by cause and outcome", title_justify="left", show_footer=True)
    table.add_column("cause", footer="all")
    for outcome in outcomes:
        table.add_column(outcome, justify="right", footer=f"{found.disputes[outcome]:,}")
    for family, counts in sorted(found.causes.items(), key=lambda item: -item[1].total()):
        table.add_row(family, *(f"{counts[outcome]:,}" if counts[outcome] else "" for outcome in outcomes))
    return table


def _money(found: Totals) -> Table:
    table = Table(title="Who paid", title_justify="left")
    currencies = sorted({currency for amounts in found.money.values() for currency in amounts})
    table.add_column("account")
    for currency in currencies:
        table.add_column(currency, justify="right")
    rows = {"to the buyers": found.money.get("buyer", {})}
    rows |= {
        words: {currency: -amount for currency, amount in found.money[account].items()}
        for account, words in BURDENS.items()
        if account in found.money
    }
    for words, amounts in rows.items():
        table.add_row(words, *(shown(amounts[c], c).rpartition(" ")[0] if c in amounts else "" for c in currencies))
    return table


def show_checks(console: Console, checks: Iterable[Check]) -> None:
    console.rule("checks, by a reader of its own")
    for check in checks:
        console.print(f"{'[green]holds [/]' if check.held else '[red]BROKEN[/]'} {check.name}: ", end="")
        console.print(check.detail, markup=False, soft_wrap=True)


def show_where_to_look(console: Console, stack: Stack, report: Path, *, kept: bool) -> None:
    console.rule("where to look next")
    if kept:
        told = [f"{service:<15} {address}/docs" for service, address in stack.addresses.items()]
        told += [
            "`aftersales status` shows how it fares, `aftersales down` stops it.",
            "`aftersales token --role agent --sub kim` lets you in. The clock stands where the demo left it.",
            "`aftersales story --live FILE` plays a story of your own on it.",
        ]
    else:
        told = [
            "`aftersales demo --keep` leaves the stack up, with the OpenAPI page of each service.",
            "`aftersales up` starts one of your own; README.md shows how to publish, answer and rule.",
        ]
    told.append(f"{report} has these figures; docs/behaviour-model.md says how the people behave.")
    for sentence in told:
        console.print(sentence, soft_wrap=True, markup=False)
