"""The report for a person at a terminal: tables, in colour where it is one."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from aftersales.money import shown

ROWS: Final = 12
ACCOUNTS: Final = {
    "refund": "to buyers: refund",
    "compensation": "to buyers: compensation",
    "freight": "to buyers: freight",
    "escrow": "from sellers' escrow",
    "deposit": "from sellers' deposits",
    "platform_fund": "from the platform fund",
    "service_fund": "from the service fund",
    "seller_debt": "of that, owed by sellers",
    "carrier_claim": "claimed from carriers",
}


def show(report: Mapping[str, Any], console: Console) -> None:
    names = report["policies"]
    console.print(f"[bold]{names['before']}[/] against [bold]{names['after']}[/] on {report['source']}", soft_wrap=True)
    for line in summary(report):
        console.print(line, soft_wrap=True, markup=False)
    console.print(parameters(report))
    console.print(counts("Outcomes", report["outcomes"]))
    console.print(money(report))
    console.print(counts("Liable side, where it was ruled", report["liable"]))
    console.print(pace(report))
    for dimension, title in (("cause", "By cause"), ("lane", "By lane"), ("seller", "By seller")):
        console.print(breakdown(title, report["by"][dimension]))
    console.print(most_changed(report))
    console.print(report["assumption"]["sentence"], style="dim", soft_wrap=True, markup=False)


def summary(report: Mapping[str, Any]) -> Iterable[str]:
    changed, assumed = report["changed"], report["assumption"]
    ends = f" up to {report['history_ends_at']}" if report["history_ends_at"] else ""
    yield (
        f"{report['orders']:,} orders, {report['disputes']:,} disputes, {report['events']:,} events{ends}; "
        f"{report['seconds']:.1f} s."
    )
    bounds = ((word, report[name]) for word, name in (("from", "from"), ("before", "until")) if report[name])
    if span := " and ".join(f"{word} {at}" for word, at in bounds):
        yield f"Only orders placed {span}."
    what = ", ".join(f"{count:,} in {name}" for name, count in sorted(changed["in"].items(), key=lambda one: -one[1]))
    yield f"{changed['disputes']:,} disputes ({percent(changed['share'])}) end otherwise{f': {what}' if what else ''}."
    yield (
        f"The assumption touches {assumed['disputes_touched']:,} disputes ({percent(assumed['share_touched'])}): "
        f"{assumed['dropped_after_only']:,} messages are dropped under the new policy alone, "
        f"{assumed['dropped_before_only']:,} under the old one alone; "
        f"{assumed['rulings_later_than_recorded']:,} rulings come later than recorded."
    )
    if report["bad_lines_in_all"]:
        yield f"{report['bad_lines_in_all']:,} lines are no events and were left out."
    if report["faults"]:
        yield f"{len(report['faults'])} subjects failed, which is an error of ours: {report['faults'][0]}"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def parameters(report: Mapping[str, Any]) -> Table:
    table = _table("What the policies differ in", "parameter", "before", "after")
    for one in report["parameters"]:
        table.add_row(one["name"], str(one["before"]), str(one["after"]))
    if not report["parameters"]:
        table.add_row("nothing", "", "")
    return table


def counts(title: str, rows: Iterable[Mapping[str, Any]]) -> Table:
    table = _table(title, "", "before", "after", "change")
    for row in rows:
        table.add_row(row["name"], f"{row['before']:,}", f"{row['after']:,}", difference(row["after"] - row["before"]))
    return table


def difference(change: int) -> str:
    return f"[bold yellow]{change:+,}[/]" if change else ""


def money(report: Mapping[str, Any]) -> Table:
    table = _table("Money", "account", "before", "after", "change")
    for row in report["money"]:
        change = row["after"] - row["before"]
        told = f"[bold yellow]{'+' if change > 0 else ''}{shown(change, row['currency'])}[/]" if change else ""
        amounts = (shown(row[side], row["currency"]) for side in ("before", "after"))
        table.add_row(ACCOUNTS.get(row["account"], row["account"]), *amounts, told)
    return table


def pace(report: Mapping[str, Any]) -> Table:
    table = _table("Pace", "", "before", "after", "change")
    before, after = report["escalated"]
    table.add_row("escalated to the platform", f"{before:,}", f"{after:,}", difference(after - before))
    for name, (one, other) in report["hours_to_close"].items():
        change = "" if one is None or other is None or one == other else f"[bold yellow]{(other - one) / 24:+.1f} d[/]"
        table.add_row(f"days to close, {name}", days(one), days(other), change)
    return table


def days(hours: int | None) -> str:
    return "" if hours is None else f"{hours / 24:.1f}"


def breakdown(title: str, rows: list[Mapping[str, Any]]) -> Table:
    table = _table(title, "", "disputes", "changed", "escalated", "seller liable", "median days")
    for row in rows[:ROWS]:
        table.add_row(
            row["name"],
            f"{row['disputes']:,}",
            f"{row['changed']:,}",
            arrow(*(f"{count:,}" for count in row["escalated"])),
            arrow(*(f"{count:,}" for count in row["liable_seller"])),
            arrow(*(days(hours) for hours in row["median_hours"])),
        )
    if len(rows) > ROWS:
        table.caption = f"{len(rows) - ROWS:,} more in --json and --html"
    return table


def arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} [bold yellow]-> {after}[/]"


def most_changed(report: Mapping[str, Any]) -> Table:
    table = _table("Changed most (--json and --html tell why)", "dispute", "before", "after", "to the buyer")
    for one in report["most_changed"]:
        got = (shown(to_buyer(one[side]), one["currency"]) for side in ("before", "after"))
        table.add_row(one["dispute"], why(one["before"]), why(one["after"]), arrow(*got))
    return table


def to_buyer(side: Mapping[str, Any]) -> int:
    return sum(side["money"].get(name, 0) for name in ("refund", "compensation", "freight"))


def why(side: Mapping[str, Any]) -> str:
    return f"{side['outcome']} ({side['rule']})" if side.get("rule") else str(side["outcome"])


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", caption_justify="left")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table
