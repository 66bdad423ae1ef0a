"""Plots as inline SVG: pairs of bars, and two curves. Numbers stand beside the bars: nothing hangs on colour."""

from collections.abc import Sequence
from html import escape
from itertools import accumulate
from typing import Final

WIDTH: Final = 720
LABELS: Final = 220
NUMBERS: Final = 110
BAR: Final = 11
ROW: Final = 34
PLOT: Final = 240


def bars(title: str, rows: Sequence[tuple[str, int, int, str, str]]) -> str:
    """Rows of (name, before, after, and both as they are written). Empty without rows."""
    most = max((max(abs(before), abs(after)) for _, before, after, _, _ in rows), default=0)
    if not most:
        return ""
    room = WIDTH - LABELS - NUMBERS
    drawn = []
    for place, (name, before, after, told_before, told_after) in enumerate(rows):
        top = place * ROW + 6
        drawn.append(f'<text x="{LABELS - 8}" y="{top + BAR + 5}" text-anchor="end">{escape(name)}</text>')
        for kind, value, told, offset in (("before", before, told_before, 0), ("after", after, told_after, BAR + 2)):
            long = max(1 if value else 0, room * abs(value) // most)
            drawn.append(f'<rect class="{kind}" x="{LABELS}" y="{top + offset}" width="{long}" height="{BAR}"/>')
            drawn.append(f'<text class="n" x="{LABELS + long + 5}" y="{top + offset + 10}">{escape(told)}</text>')
    return _svg(title, len(rows) * ROW + 8, "".join(drawn))


def curves(title: str, before: Sequence[int], after: Sequence[int], unit: str) -> str:
    """The share that was done by each step, of two histograms of equal length. Empty where nothing was."""
    if not sum(before) and not sum(after):
        return ""
    left, bottom = 46, PLOT - 30
    across, up = WIDTH - left - 20, bottom - 14
    drawn = [f'<path class="axis" d="M{left} 14V{bottom}H{WIDTH - 20}"/>']
    for share in (0, 25, 50, 75, 100):
        y = bottom - up * share // 100
        drawn.append(f'<path class="grid" d="M{left} {y}H{WIDTH - 20}"/>')
        drawn.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{share} %</text>')
    last = len(before) - 1
    drawn += [
        f'<text x="{left + across * step // last}" y="{PLOT - 10}" text-anchor="middle">{step}</text>'
        for step in range(0, last + 1, max(1, last // 6))
    ]
    drawn.append(f'<text x="{WIDTH - 20}" y="{bottom - 6}" text-anchor="end">{escape(unit)}</text>')
    for kind, counts in (("before", before), ("after", after)):
        whole = sum(counts) or 1
        points = (
            f"{left + across * step // last},{bottom - up * done // whole}"
            for step, done in enumerate(accumulate(counts))
        )
        drawn.append(f'<polyline class="{kind}" points="{" ".join(points)}"/>')
    return _svg(title, PLOT, "".join(drawn))


def _svg(title: str, height: int, inside: str) -> str:
    named = escape(title)
    return (
        f'<figure><figcaption>{named}</figcaption><svg role="img" aria-label="{named}" viewBox="0 0 {WIDTH} {height}">'
        f"{inside}</svg></figure>"
    )
