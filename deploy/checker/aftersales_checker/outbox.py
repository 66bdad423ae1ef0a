"""I6: the outbox. Nothing unsent, every event in its topic, first occurrences of a subject in `ce_sequence` order."""

from collections import defaultdict
from typing import Final

from aftersales_checker.found import SPEAKS, Found, Record, Verdict, order_of, repeated

STEPS: Final = "dispute.disputes"


def outbox_sent(found: Found) -> Verdict:
    verdict = Verdict("I6")
    first: dict[tuple[str, str], Record] = {}
    for record in found.records:
        first.setdefault((record.source, record.id), record)
    unsent = 0
    for service in found.databases:
        rows = found.rows(service, "outbox")
        unsent += sum(1 for row in rows if row["sent_at"] is None)
        _published(found, service, first, verdict)
        _nothing_else(found, service, verdict)
    _steps_contiguous(found, verdict)
    ours = [record for topics in SPEAKS.values() for record in found.records if record.topic in topics]
    verdict.figures.update(
        events=sum(len(found.rows(service, "outbox")) for service in found.databases),
        unsent=unsent,
        published_twice=repeated((record.source, record.id) for record in ours),
    )
    return verdict


def _published(found: Found, service: str, first: dict[tuple[str, str], Record], verdict: Verdict) -> None:
    last: dict[tuple[str, str, str], Record] = {}
    for row in found.rows(service, "outbox"):
        event = f"{row['type']} {row['event_id']} of {service}"
        about = {"order": order_of(row["subject"])}
        if row["sent_at"] is None:
            verdict.wrong(f"{event} is not sent.", **about)
            continue
        there = first.get((service, str(row["event_id"])))
        if there is None or there.topic != row["topic"]:
            verdict.wrong(f"{event} counts as sent and is not in {row['topic']}.", **about)
            continue
        if there.sequence != str(row["id"]):
            verdict.wrong(f"{event} has the sequence {there.sequence or 'none'} and not {row['id']}.", **about)
        stream = (row["topic"], row["key"], row["subject"])
        before = last.get(stream)
        if before is not None and (before.partition, before.offset) >= (there.partition, there.offset):
            verdict.wrong(f"{event} stands before an earlier event of {row['subject']}.", **about)
        last[stream] = there


def _nothing_else(found: Found, service: str, verdict: Verdict) -> None:
    """What a service has said it has decided: an event in a topic that no outbox knows was never committed."""
    decided = {str(row["event_id"]) for row in found.rows(service, "outbox")}
    for topic in SPEAKS[service]:
        for record in found.on(topic):
            if record.source == service and record.id not in decided:
                verdict.wrong(f"{record} is in the topic, and {service} has never decided it.", order=record.key)


def _steps_contiguous(found: Found, verdict: Verdict) -> None:
    """The steps of a dispute are told from 1 on without gaps, up to the one its row is at."""
    told: dict[str, list[int]] = defaultdict(list)
    for record in found.on(STEPS):
        if "step" in record.says:
            told[str(record.says["dispute"])].append(record.says["step"])
    for row in found.rows("dispute", "disputes"):
        steps = told[row["dispute"]]
        if steps != list(range(1, row["step"] + 1)):
            verdict.wrong(
                f"{row['dispute']} is at step {row['step']}; {STEPS} tells the steps {steps}.",
                order=row["order_id"],
                dispute=row["dispute"],
            )
