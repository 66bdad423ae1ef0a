"""The main job while it runs: a live display on a terminal, plain lines otherwise."""

import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from aftersales.money import shown
from aftersales_local.demo.run import Figures

LINE_EVERY: Final = 5.0
OUTCOMES: Final = {
    "CLOSED_REFUNDED": "refunded",
    "CLOSED_REJECTED": "rejected",
    "CLOSED_CANCELLED": "cancelled",
    "CLOSED_NO_RETURN": "closed without return",
    "CLOSED_EXTERNAL": "closed by chargeback",
}


class Display:
    """`with Display(console) as display: ... display.show(figures)`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=40),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._progress.add_task("days", total=None)
        self._live = Live(console=console, refresh_per_second=8, transient=True) if console.is_terminal else None
        self._said = time.monotonic()

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, trace)

    def show(self, figures: Figures) -> None:
        if self._live is not None:
            day = f"{figures.now:%Y-%m-%d}" if figures.now else ""
            self._progress.update(self._task, description=day, completed=figures.done, total=figures.whole)
            self._live.update(self._whole(figures))
        elif time.monotonic() - self._said > LINE_EVERY or figures.done == figures.whole:
            self._said = time.monotonic()
            self._console.print(line(figures), soft_wrap=True)

    def _whole(self, figures: Figures) -> Table:
        whole = Table.grid(padding=(0, 1))
        whole.add_row(self._progress)
        counts = Table.grid(padding=(0, 3))
        for name, value in now(figures).items():
            counts.add_row(name, f"[bold]{value}")
        whole.add_row(counts)
        return whole


def now(figures: Figures) -> dict[str, str]:
    closed = ", ".join(f"{count} {OUTCOMES.get(state, state)}" for state, count in figures.closed.most_common())
    return {
        "orders": f"{figures.handed_in['orders']:,}",
        "parcels": f"{figures.handed_in['parcels']:,} with {figures.handed_in['scans']:,} scans",
        "disputes": f"{figures.opened:,} opened, {figures.open:,} open{f'; {closed}' if closed else ''}",
        "agents": f"{figures.rulings['made']:,} rulings",
        "paid out": ", ".join(shown(amount, currency) for currency, amount in figures.paid_out.items())
        or "nothing yet",
    }


def line(figures: Figures) -> str:
    day = f"{figures.now:%Y-%m-%d}" if figures.now else ""
    told = "; ".join(f"{name}: {value}" for name, value in now(figures).items())
    return f"{day} ({100 * figures.done // max(1, figures.whole)} %)  {told}"
