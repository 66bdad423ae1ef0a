"""I9: deadlines. None fired early or twice, none is left, and what a party said in time was never judged as late."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from aftersales_checker.found import Found, Row, Verdict, order_of

TIMER: Final = "timer:"
COMMANDS: Final = "marketplace.complaints"
LONGEST_OUTAGE: Final = timedelta(days=7)
REVIEW_ENDS_AFTER: Final = timedelta(days=14)
# Deadlines for which a party is waited for.
OF_PARTIES: Final = frozenset(
    f"timer:{kind}"
    for kind in ("answer_due", "escalation_due", "confirm_due", "evidence_due", "ship_return_due", "confirm_return_due")
)
# They wait for nobody; a person looks at them.
PATIENT: Final = ("REFUND_PENDING",)
DEADLINES: Final = ("deadline", "promise_ends_at")
# Its facts say until when a party is asked, and how long before that it is reminded: "48 hours".
REMINDER: Final = "timer:reminder"


def deadlines_kept(found: Found) -> Verdict:
    verdict = Verdict("I9")
    early = twice = fired = 0
    for service, database in found.databases.items():
        outages = database.rows("outage")
        rows = [row for row in database.rows("history") if row["event_type"].startswith(TIMER)]
        fired += len(rows)
        early += _early(service, rows, outages, verdict)
        twice += _twice(service, rows, verdict)
        for row in database.rows("timers"):
            if row["is_due"]:
                sentence = f"{row['kind']} of {row['subject']} in {service} was due at {row['due']} and has not fired."
                verdict.wrong(sentence, order=order_of(row["subject"]))
    late = _overtaken(found, verdict)
    _unheeded(found, verdict)
    verdict.figures.update(fired=fired, early=early, twice=twice, in_time_judged_late=late)
    return verdict


def deadline_of(row: Row) -> datetime | None:
    """The instant that a fired timer was armed for, None where its decision does not say."""
    facts: Mapping[str, Any] = row["facts"] or {}
    for name in DEADLINES:
        if facts.get(name):
            return datetime.fromisoformat(facts[name])
    if row["event_type"] == REMINDER and "until" in facts:
        hours = int(str(facts["before"]).partition(" ")[0])
        return datetime.fromisoformat(facts["until"]) - timedelta(hours=hours)
    return None


def extended(due: datetime, outages: Sequence[Row]) -> datetime:
    """A deadline that fell into an outage moves by its length."""
    for outage in outages:
        if outage["since"] <= due < outage["until"]:
            due += min(outage["until"] - outage["since"], LONGEST_OUTAGE)
    return due


def _early(service: str, rows: Sequence[Row], outages: Sequence[Row], verdict: Verdict) -> int:
    count = 0
    for row in rows:
        due = deadline_of(row)
        if due is not None and row["outcome"] == "applied" and row["at"] < extended(due, outages):
            count += 1
            sentence = f"{row['event_type']} of {row['subject']} in {service} fired at {row['at']}, due at {due}."
            verdict.wrong(sentence, order=order_of(row["subject"]))
    return count


def _twice(service: str, rows: Sequence[Row], verdict: Verdict) -> int:
    causes = Counter((row["subject"], row["cause_id"]) for row in rows)
    effects = Counter(
        (row["subject"], row["event_type"], str(row["facts"]), str(row["moves"]))
        for row in rows
        if row["outcome"] == "applied" and row["facts"]
    )
    found = [
        *(
            f"The timer {cause} of {subject} fired {times} times"
            for (subject, cause), times in causes.items()
            if times > 1
        ),
        *(f"{key[1]} of {key[0]} took effect {times} times" for key, times in effects.items() if times > 1),
    ]
    for sentence in found:
        verdict.wrong(f"{sentence} in {service}.")
    return len(found)


def _overtaken(found: Found, verdict: Verdict) -> int:
    """A deadline took effect, and only then a command was decided that had reached us before it."""
    if "dispute" not in found.databases:
        return 0
    database = found.databases["dispute"]
    arrivals = _arrivals(found)
    passed: dict[tuple[str, str], tuple[datetime, str]] = {}
    count = 0
    for row in database.rows("history"):
        arrival = arrivals.get((row["cause_id"], row["subject"]))
        if arrival is not None:
            dispute, at = arrival
            due, kind = passed.get((row["subject"], dispute), (None, ""))
            if due is not None and at < due:
                count += 1
                verdict.wrong(
                    f"{row['event_type']} about {dispute} came at {at}, before the deadline {due}, and was decided "
                    f"after {kind} had taken effect.",
                    order=order_of(row["subject"]),
                    dispute=dispute,
                )
        due_ = deadline_of(row)
        if row["event_type"] in OF_PARTIES and row["moves"] and due_ is not None:
            passed[(row["subject"], row["moves"][0][0])] = (extended(due_, database.rows("outage")), row["event_type"])
    return count


def _arrivals(found: Found) -> dict[tuple[Any, str], tuple[str, datetime]]:
    """The dispute and the arrival of every command. Kafka's own word for it, where the clock is the real one."""
    database = found.databases["dispute"]
    appended = {record.place: record.appended_at for record in found.records if record.topic == COMMANDS}
    arrivals = {}
    for row in database.rows("inbox"):
        if row["dispute"] is None or row["outcome"] == "parked":
            continue
        at = row["received_at"]
        if row["topic"] == COMMANDS and not database.simulated:
            at = appended.get((row["topic"], row["partition"], row["record_offset"])) or at
        arrivals[(row["cause_id"], row["subject"])] = (row["dispute"], at)
    return arrivals


def _unheeded(found: Found, verdict: Verdict) -> None:
    """A dispute that still waits although its deadline has passed, and no chargeback stops it: its timer was lost."""
    frozen = {row["id"] for row in found.rows("dispute", "orders") if row.get("frozen_at") is not None}
    for row in found.rows("dispute", "disputes"):
        if row["order_id"] in frozen:
            continue
        due = _waits_until(row)
        database = found.databases["dispute"]
        if due is not None and extended(due, database.rows("outage")) <= database.now:
            sentence = f"{row['dispute']} is {row['state']} although its deadline passed at {due}."
            verdict.wrong(sentence, order=row["order_id"], dispute=row["dispute"])


def _waits_until(row: Row) -> datetime | None:
    if row["state"].startswith("CLOSED") or row["state"] in PATIENT:
        return None
    if row["state"] == "ARBITRATION_REVIEW":
        since: datetime = row["since"]
        return since + REVIEW_ENDS_AFTER
    return min((due for due in (row["deadline"], row["escalates_at"]) if due is not None), default=None)
