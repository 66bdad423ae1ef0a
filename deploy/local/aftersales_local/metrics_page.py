"""Writes docs/metrics.md: `python -m aftersales_local.metrics_page`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from prometheus_client import Counter, Gauge, Histogram

from aftersales.runtime import metrics, process
from aftersales_local.places import ROOT
from notification import sending

PAGE = ROOT / "docs" / "metrics.md"
MODULES = (metrics, process, sending)
HEAD = """\
# Metrics

Every service shows these under `/metrics`, beside those of Python and the process itself. Gauges that tables know
(unsent, parked, dead letters) are the whole service's, whichever process is asked; the others are one process's own.
The alerts are in `deploy/prometheus/alerts.yml`, what to do then is in the [runbook](../deploy/runbook.md). This page
is generated: `python -m aftersales_local.metrics_page`.

A duty is `units` (records through the engine), `timers`, `relay`, `outages` (the watch on our doors), `housekeeping`,
and in notification `sending`. Its rounds are `aftersales_duty_rounds_total`, by outcome, and its last good round is
`aftersales_duty_last_good_timestamp_seconds`.
"""
DUTIES = {
    "units": ("causes_total", "consumer_lag", "read_until_age_seconds", "unit_retries_total"),
    "timers": ("timers_fired_total", "timers_due", "timers_oldest_due_seconds", ""),
    "relay": ("relayed_total", "outbox_unsent", "outbox_oldest_unsent_seconds", "relay_failures_total"),
    "sending": ("notices_total", "notices_unsent", "notices_oldest_unsent_seconds", "notices_total"),
    "housekeeping": ("", "forgetting_behind", "", ""),
    "outages": ("", "outages_total", "", ""),
}
# Where a duty has no figure of its own: what every duty has.
OF_ALL = ("rounds", "", "last good round", "rounds that failed")


@dataclass(frozen=True)
class Told:
    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


def told() -> Iterator[Told]:
    """Every metric of ours."""
    found = [
        each for module in MODULES for each in vars(module).values() if isinstance(each, Counter | Gauge | Histogram)
    ]
    for metric in found:
        [about] = metric.describe()
        name = about.name + ("_total" if about.type == "counter" else "")
        yield Told(name, about.type, tuple(metric._labelnames), about.documentation)  # noqa: SLF001 - not shown elsewhere


def page() -> str:
    duties = [
        (duty, *(code(f"aftersales_{own}") if own else every for own, every in zip(owns, OF_ALL, strict=True)))
        for duty, owns in DUTIES.items()
    ]
    metrics_ = [
        (code(each.name), each.kind, ", ".join(map(code, each.labels)), each.meaning)
        for each in sorted(told(), key=attrgetter("name"))
    ]
    return "\n".join(
        (
            HEAD,
            table(("duty", "rate", "backlog", "age", "failures"), duties),
            table(("name", "kind", "labels", "meaning"), metrics_),
        )
    )


def code(word: str) -> str:
    return f"`{word}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *rows))


if __name__ == "__main__":
    PAGE.write_text(page())
