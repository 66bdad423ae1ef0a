"""`aftersales backtest`: what another policy would have made of a history."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from aftersales.errors import Failure
from aftersales.policy.parse import STANDARD, policy_of
from aftersales_local.whatif import report
from aftersales_local.whatif.page import page
from aftersales_local.whatif.progress import Progress
from aftersales_local.whatif.scan import Span
from aftersales_local.whatif.shown import show
from aftersales_local.whatif.work import Job, run

WHOLE: Final = 100


def backtest(
    source: Annotated[Path, typer.Argument(help="A history: a file or a folder of *.ndjson.")],
    policy: Annotated[str, typer.Option("--policy", help="The new policy: a file, or a shipped profile.")],
    against: Annotated[str, typer.Option("--against", help="The policy to compare it with, likewise.")] = STANDARD,
    since: Annotated[
        str | None, typer.Option("--from", help="Only orders placed at or after this instant or day.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Only orders placed before it.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Count lines that are no events and go on.")] = False,
    as_page: Annotated[
        Path | None, typer.Option("--html", help="Write the report as a page of its own, with plots.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole report as JSON, on the standard output.")] = False,
) -> None:
    """Replay a history under two policies and say what differs."""
    if as_page is not None and not as_page.parent.is_dir():
        raise Failure(f"{as_page.parent}: there is no such folder for the page. Make it first.")
    job = Job(source, policy_of(against), policy_of(policy), Span(instant(since), instant(until)), skip_bad=skip_bad)
    begun = time.monotonic()
    with Progress("reading", WHOLE) as progress:
        run(job, progress)
    found = report.written(job, time.monotonic() - begun)
    if as_page is not None:
        as_page.write_text(page(found), encoding="utf-8")
    if as_json:
        json.dump(found, sys.stdout, indent=2, ensure_ascii=False)
        print()
    else:
        show(found, Console(highlight=False))


def instant(said: str | None) -> datetime | None:
    """A day is its midnight UTC, as is an instant without a zone."""
    if said is None:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise Failure(f"{said} is no instant or day; write 2025-05-06 or 2025-05-06T09:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
