"""The figures for a person and for a program."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from aftersales_local.bench.figures import Spread, Verdict, ratio
from aftersales_local.bench.plan import LIMITS


def show(console: Console, figures: Mapping[str, Spread], verdicts: Sequence[Verdict]) -> None:
    table = Table("figure", *(_right(name) for name in ("least", "median", "most")), "unit")
    for name, spread in figures.items():
        table.add_row(name, *_numbers(spread), spread.unit)
    for name, spread in beside(figures).items():
        table.add_row(name, *_numbers(spread), spread.unit)
    console.print(table)
    judged = Table("target", _right("asked"), *(_right(name) for name in ("least", "median", "most")), "")
    for verdict in verdicts:
        if verdict.measured is not None:
            asked = f"{verdict.target.bound} {verdict.target.value:g}"
            word = "[green]kept[/]" if verdict.kept else "[red]missed[/]"
            judged.add_row(verdict.target.name, asked, *_numbers(verdict.measured), word)
    console.print(judged)


def as_json(figures: Mapping[str, Spread], verdicts: Sequence[Verdict], **more: Any) -> dict[str, Any]:
    return {
        **more,
        "figures": {name: _spread(spread) for name, spread in figures.items()},
        "limits": {name: _spread(spread) for name, spread in beside(figures).items()},
        "targets": [_verdict(verdict) for verdict in verdicts],
    }


def beside(figures: Mapping[str, Spread]) -> dict[str, Spread]:
    """Ratios of which nothing is asked."""
    return {
        f"{one} / {other}": ratio(figures[one], figures[other])
        for one, other in LIMITS
        if one in figures and other in figures
    }


def _right(name: str) -> Any:
    return Column(name, justify="right")


def _numbers(spread: Spread) -> tuple[str, str, str]:
    return _number(spread.least), _number(spread.median), _number(spread.most)


def _number(value: float) -> str:
    """Three digits that say something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def _spread(spread: Spread) -> dict[str, Any]:
    values = [round(value, 4) for value in spread.values]
    return {
        "unit": spread.unit,
        "min": round(spread.least, 4),
        "median": round(spread.median, 4),
        "max": round(spread.most, 4),
        "values": values,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "target": verdict.target.name,
        "bound": verdict.target.bound,
        "value": verdict.target.value,
        "judged_by": "every value" if verdict.target.always else "the median",
        "measured": _spread(verdict.measured) if verdict.measured is not None else None,
        "kept": verdict.kept,
    }
