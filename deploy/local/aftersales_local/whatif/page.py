"""The report as one HTML page that needs nothing else: tables, plots, and why the disputes that changed most did."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from aftersales.money import shown
from aftersales_local.stories.expectations import as_text
from aftersales_local.whatif.plots import bars, curves
from aftersales_local.whatif.shown import ACCOUNTS, days, summary, to_buyer, why

STYLE: Final = """
:root { color-scheme: light dark; --before: #7a869a; --after: #c2570c; --line: #8884; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1080px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, td:first-child { text-align: left; } td.changed { font-weight: 600; color: var(--after); }
figure { margin: 1rem 0; } figcaption { font-weight: 600; } svg { width: 100%; max-width: 760px; font-size: 12px; }
svg text { fill: currentColor; } svg rect.before { fill: var(--before); } svg rect.after { fill: var(--after); }
svg polyline { fill: none; stroke-width: 2.5; } svg polyline.before { stroke: var(--before); stroke-dasharray: 6 4; }
svg polyline.after { stroke: var(--after); } svg .axis { stroke: currentColor; fill: none; }
svg .grid { stroke: var(--line); fill: none; }
.key b { display: inline-block; width: 1em; height: .8em; } .key .before { background: var(--before); }
.key .after { background: var(--after); } .note { border-left: 3px solid var(--after); padding-left: 1rem; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; } .sides > * { min-width: 0; }
details { margin: .6rem 0; } summary { cursor: pointer; } ol { padding-left: 1.2rem; }
small { overflow-wrap: anywhere; opacity: .8; }
"""


def page(report: Mapping[str, Any]) -> str:
    names = report["policies"]
    title = f"{names['before']} against {names['after']}"
    body = "\n".join(section for section in _sections(report) if section)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n'
        f"<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def _sections(report: Mapping[str, Any]) -> Iterable[str]:
    yield f"<p>{escape(report['source'])}</p>"
    yield "".join(f"<p>{escape(line)}</p>" for line in summary(report))
    yield f'<p class="note">{escape(report["assumption"]["sentence"])}</p>'
    yield '<p class="key"><b class="before"></b> before &nbsp; <b class="after"></b> after</p>'
    yield "<h2>What the policies differ in</h2>" + _table(
        ("parameter", "before", "after"),
        ((one["name"], as_text(one["before"]), as_text(one["after"])) for one in report["parameters"]),
    )
    yield "<h2>Outcomes</h2>" + _bars_of("Disputes by outcome", report["outcomes"]) + _counts(report["outcomes"])
    yield _moves(report["moves"])
    yield "<h2>Money</h2>" + _money(report["money"])
    yield "<h2>Liable side and rules</h2>" + _counts(report["liable"]) + _counts(report["rules"])
    yield "<h2>Pace</h2>" + _curves(*report["hours"]) + _pace(report)
    for dimension in ("cause", "lane", "seller"):
        rows = report["by"][dimension]
        drawn = [_bar(row["name"], *row["escalated"]) for row in rows[:12]]
        yield f"<h2>By {dimension}</h2>" + bars(f"Escalated, by {dimension}", drawn) + _breakdown(rows)
    yield "<h2>Changed most</h2>" + "".join(map(_dispute, report["most_changed"]))


def _bar(name: str, before: int, after: int) -> tuple[str, int, int, str, str]:
    return name, before, after, f"{before:,}", f"{after:,}"


def _bars_of(title: str, rows: Iterable[Mapping[str, Any]]) -> str:
    return bars(title, [_bar(row["name"], row["before"], row["after"]) for row in rows])


def _counts(rows: Iterable[Mapping[str, Any]]) -> str:
    said = ((row["name"], *_three(row["before"], row["after"])) for row in rows)
    return _table(("", "before", "after", "change"), said)


def _three(before: int, after: int) -> tuple[str, str, str]:
    return f"{before:,}", f"{after:,}", f"{after - before:+,}" if after != before else ""


def _moves(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    said = ((row["from"], row["to"], f"{row['disputes']:,}") for row in rows)
    return "<h2>From which outcome to which</h2>" + _table(("before", "after", "disputes"), said)


def _money(rows: Sequence[Mapping[str, Any]]) -> str:
    found = []
    for currency in dict.fromkeys(row["currency"] for row in rows):
        drawn = [
            (
                ACCOUNTS.get(row["account"], row["account"]),
                row["before"],
                row["after"],
                shown(row["before"], currency),
                shown(row["after"], currency),
            )
            for row in rows
            if row["currency"] == currency
        ]
        found.append(bars(currency, drawn))
        told = ((name, one, other, _moved(b, a, currency)) for name, b, a, one, other in drawn)
        found.append(_table(("account", "before", "after", "change"), told))
    return "".join(found)


def _moved(before: int, after: int, currency: str) -> str:
    return "" if before == after else f"{'+' if after > before else ''}{shown(after - before, currency)}"


def _curves(before: Sequence[int], after: Sequence[int]) -> str:
    return curves("Closed by the day after opening", before, after, "days")


def _pace(report: Mapping[str, Any]) -> str:
    rows = [("escalated to the platform", *_three(*report["escalated"]))]
    rows += [
        (f"days to close, {name}", days(one), days(other), "")
        for name, (one, other) in report["hours_to_close"].items()
    ]
    return _table(("", "before", "after", "change"), rows)


def _breakdown(rows: Sequence[Mapping[str, Any]]) -> str:
    head = ("", "orders", "disputes", "changed", "escalated", "seller liable", "median days", "to buyers")
    return _table(head, map(_row, rows))


def _row(row: Mapping[str, Any]) -> Sequence[str]:
    return (
        row["name"],
        f"{row['orders']:,}" if "orders" in row else "",
        f"{row['disputes']:,}",
        f"{row['changed']:,}",
        _arrow(*(f"{count:,}" for count in row["escalated"])),
        _arrow(*(f"{count:,}" for count in row["liable_seller"])),
        _arrow(*(days(hours) for hours in row["median_hours"])),
        "; ".join(_arrow(*(shown(sum_, currency) for sum_ in both)) for currency, both in row["to_buyers"].items()),
    )


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _dispute(one: Mapping[str, Any]) -> str:
    got = _arrow(*(shown(to_buyer(one[side]), one["currency"]) for side in ("before", "after")))
    told = _arrow(why(one["before"]), why(one["after"]))
    head = f"{one['dispute']} ({one['reason']}, {one['lane']}, {one['seller']}): {told}; to the buyer {got}"
    sides = "".join(f"<div><h3>{side}</h3><ol>{_timeline(one[side])}</ol></div>" for side in ("before", "after"))
    return f'<details><summary>{escape(head)}</summary><div class="sides">{sides}</div></details>'


def _timeline(side: Mapping[str, Any]) -> str:
    return "".join(map(_entry, side["timeline"]))


def _entry(entry: Mapping[str, Any]) -> str:
    told = [f"{entry['at']} <b>{escape(entry['what'])}</b>"]
    told += [escape(f"{move['thing']}: {move['from'] or 'opened'} → {move['to']}") for move in entry.get("moves", ())]
    told += [escape(moved) for moved in entry.get("money", ())]
    if "refused" in entry:
        told.append(escape(f"refused: {entry['refused']}"))
    told += [f"<small>{escape(sentence)}</small>" for sentence in entry["words"]]
    return f"<li>{'<br>'.join(told)}</li>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    said = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    if not said:
        return "<p>Nothing.</p>"
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{said}</tbody></table>"
