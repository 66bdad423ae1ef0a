"""The report of a backtest as JSON-ready values. The terminal and the page show these and nothing else."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from aftersales.contracts.envelope import Event
from aftersales.explanation import english
from aftersales.policy.book import PolicyBook
from aftersales.policy.model import Policy
from aftersales.policy.parse import values
from aftersales_local.stories.kernel import Happened
from aftersales_local.stories.memory import entry, worth_telling
from aftersales_local.whatif.judge import decoded
from aftersales_local.whatif.lines import stamp
from aftersales_local.whatif.replay import play
from aftersales_local.whatif.standing import BORNE_BY, NOT_OPENED, TO_BUYER, Pair, Standing
from aftersales_local.whatif.tally import DIMENSIONS, Both, Figures, Tally
from aftersales_local.whatif.work import NOTHING_SAID, Job

# A page and a person have room for so many rows of a breakdown; the JSON has as many.
MOST_ROWS: Final = 200
ASSUMPTION: Final = (
    "What people would have done under other rules is not knowable. Both replays hand in the same messages at the same "
    "instants; those that are no longer allowed are dropped and counted. Where an agent ruled, the recorded findings "
    "are ruled anew by the table, at the recorded instant or, where the case comes into review later, then; a second "
    "agent confirms where the policy asks for one. Refunds are paid at once. Time ends with the history's last "
    "message: what is open then is reported as open."
)

Values = dict[str, Any]


def written(job: Job, seconds: float) -> Values:
    tally, whole = job.answer.tally, job.answer.tally.whole
    return {
        "source": str(job.source),
        "policies": {"before": job.before.identity, "after": job.after.identity},
        "parameters": parameters(job.before, job.after),
        "from": job.span.since and stamp(job.span.since),
        "until": job.span.until and stamp(job.span.until),
        "history_ends_at": None if job.until == NOTHING_SAID else stamp(job.until),
        "orders": job.orders,
        "events": job.events,
        "orders_with_complaints": job.complained,
        "disputes": whole.disputes,
        "assumption": assumption(tally),
        "changed": {
            "disputes": whole.changed,
            "share": share(whole.changed, whole.disputes),
            "in": dict(tally.changes),
        },
        "outcomes": table(whole.before.outcomes, whole.after.outcomes),
        "moves": [{"from": one, "to": other, "disputes": count} for (one, other), count in tally.moves.most_common()],
        "liable": table(whole.before.liable, whole.after.liable),
        "rules": table(whole.before.rules, whole.after.rules),
        "money": money(whole),
        "escalated": [whole.before.escalated, whole.after.escalated],
        "hours_to_close": {f"p{percent}": hours(whole, percent) for percent in (50, 90)},
        "hours": [histogram(whole.before), histogram(whole.after)],
        "by": {dimension: breakdown(job, dimension) for dimension in DIMENSIONS},
        "most_changed": list(explained(job)),
        "bad_lines": [{"file": str(bad.path), "line": bad.number, "why": bad.why} for bad in job.bad[:MOST_ROWS]],
        "bad_lines_in_all": len(job.bad),
        "faults": job.answer.faults[:MOST_ROWS],
        "seconds": round(seconds, 2),
    }


def parameters(before: Policy, after: Policy) -> list[Values]:
    """What the policies differ in, calendar overrides by their number."""
    one, other = values(before), values(after)
    found = [{"name": name, "before": one[name], "after": other[name]} for name in one if one[name] != other[name]]
    if before.overrides != after.overrides:
        found.append({"name": "overrides", "before": len(before.overrides), "after": len(after.overrides)})
    return found


def assumption(tally: Tally) -> Values:
    disputes = tally.whole.disputes
    return {
        "sentence": ASSUMPTION,
        "disputes_touched": tally.touched,
        "share_touched": share(tally.touched, disputes),
        "dropped_under_both": tally.dropped_both,
        "dropped_before_only": tally.dropped_before,
        "dropped_after_only": tally.dropped_after,
        "rulings_later_than_recorded": tally.waited,
    }


def share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def table(before: Counter[str], after: Counter[str]) -> list[Values]:
    names = sorted(before | after, key=lambda name: (-before[name] - after[name], name))
    return [{"name": name, "before": before[name], "after": after[name]} for name in names]


def money(both: Both) -> list[Values]:
    """Minor units by account and currency, in the order of the rulebook's accounts."""
    found = both.before.money.keys() | both.after.money.keys()
    order = {name: place for place, name in enumerate((*TO_BUYER, *BORNE_BY))}
    return [
        {
            "account": name,
            "currency": currency,
            "before": both.before.money[name, currency],
            "after": both.after.money[name, currency],
        }
        for name, currency in sorted(found, key=lambda one: (one[1], order.get(one[0], len(order))))
    ]


def hours(both: Both, percent: int) -> list[int | None]:
    return [both.before.share_of_hours(percent), both.after.share_of_hours(percent)]


def histogram(figures: Figures) -> list[int]:
    """How many were closed on each day after their opening; the last entry is day 60 and later."""
    days = [0] * 61
    for hour, count in figures.hours.items():
        days[min(60, hour // 24)] += count
    return days


def breakdown(job: Job, dimension: str) -> list[Values]:
    orders = {"seller": job.by_seller, "lane": job.by_lane}.get(dimension)
    rows = []
    for name, both in job.answer.tally.of(dimension):
        row: Values = {
            "name": name,
            "disputes": both.disputes,
            "changed": both.changed,
            "escalated": [both.before.escalated, both.after.escalated],
            "liable_seller": [both.before.liable["seller"], both.after.liable["seller"]],
            "median_hours": hours(both, 50),
            "to_buyers": to_buyers(both),
        }
        if orders is not None:
            row["orders"] = orders[name]
        rows.append(row)
    return sorted(rows, key=lambda row: -row["changed"])[:MOST_ROWS]


def to_buyers(both: Both) -> dict[str, list[int]]:
    currencies = sorted({currency for _, currency in both.before.money.keys() | both.after.money.keys()})
    return {
        currency: [sum(figures.money[name, currency] for name in TO_BUYER) for figures in (both.before, both.after)]
        for currency in currencies
    }


# -- the disputes that changed most ------------------------------------------------------------------------------------


def explained(job: Job) -> Iterator[Values]:
    """Each with both explanations: its seller's orders are replayed once more, and every decision is told."""
    logs: dict[str, tuple[Sequence[Happened], Sequence[Happened]]] = {}
    for group, pair in job.answer.most:
        if group not in logs:
            history = decoded(job.groups[group].lines, [], skip_bad=True)
            before, after = (play(history, PolicyBook([policy]), job.until) for policy in (job.before, job.after))
            logs[group] = (before.world.log, after.world.log)
        yield {**named(pair), "before": side(pair.before, logs[group][0]), "after": side(pair.after, logs[group][1])}


def named(pair: Pair) -> Values:
    either = pair.either
    return {
        "order": either.order,
        "dispute": either.dispute,
        "seller": either.seller,
        "lane": either.lane,
        "cause": either.cause,
        "reason": either.reason,
        "currency": either.currency,
        "paid": either.paid,
        "changed": list(pair.changed),
    }


def side(standing: Standing | None, log: Sequence[Happened]) -> Values:
    if standing is None:
        return {"outcome": NOT_OPENED, "money": {}, "timeline": []}
    return {
        "outcome": standing.outcome,
        "rule": standing.rule,
        "liable": standing.liable,
        "closed_at": standing.closed_at and stamp(standing.closed_at),
        "money": {name: amount for name, amount in standing.money.items() if amount},
        "timeline": [
            {**entry(happened).as_json(), "words": words(happened, standing.currency)}
            for happened in log
            if happened.subject.id in (standing.order, standing.dispute) and worth_telling(happened)
        ],
    }


def words(happened: Happened, currency: str) -> list[str]:
    """Why, in English; empty where a decision says nothing of it."""
    because = happened.decision.because
    if because is None:
        return []
    what = happened.event.name() if isinstance(happened.event, Event) else happened.event.kind
    said = {**msgspec.to_builtins(because), "sentence": happened.decision.sentence}
    return english(said, currency=currency, what=what, arrived_at=happened.at)
