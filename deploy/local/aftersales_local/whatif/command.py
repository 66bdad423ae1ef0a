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
# A file or a pipe gets whole names; a terminal its own width.
WIDE: Final = 250


def backtest(
    source: Annotated[Path, typer.Argument(help="A history: a file or a folder of *.ndjson.")],
    policy: Annotated[str, typer.Option("--policy", help="The new policy: a file, or a shipped profile.")],
    against: Annotated[str, typer.Option("--against", help="The policy to compare it with, likewise.")] = STANDARD,
    since: Annotated[
        str | None,
        typer.Option(
            "--from", help="Only orders placed at or after this instant or day, in UTC unless a zone is given."
        ),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Only orders placed before it, likewise.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Count lines that are no events and go on.")] = False,
    as_page: Annotated[
        Path | None, typer.Option("--html", help="Write the report as a page of its own, with plots.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole report as JSON, on the standard output.")] = False,
) -> None:
    """Replay a history under two policies and say what differs."""
    if as_page is not None and not as_page.parent.is_dir():
        raise Failure(f"{as_page.parent}: there is no such folder for the page. Make it first.")
    job = Job(source, policy_of(against), policy_of(policy), spanned(since, until), skip_bad=skip_bad)
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
        show(found, Console(highlight=False, width=None if sys.stdout.isatty() else WIDE))


def spanned(since: str | None, until: str | None) -> Span:
    span = Span(instant("--from", since), instant("--until", until))
    if span.since is not None and span.until is not None and span.since >= span.until:
        raise Failure(f"No order is placed from {since} and before {until}. Name a --from that lies before --until.")
    return span


def instant(option: str, said: str | None) -> datetime | None:
    """A day is its midnight UTC; an instant without a zone is in UTC."""
    if said is None:
        return None
    try:
        found = datetime.fromisoformat(said)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        raise Failure(f"{option}: {said} is no instant or day; write 2025-05-06 or 2025-05-06T09:00:00Z.") from None
    except OverflowError:
        raise Failure(f"{option}: {said} lies outside the years 1 to 9999 in UTC. Name an instant inside.") from None
