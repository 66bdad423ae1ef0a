"""I1: nothing lost. Every record and every acknowledged command is in the log of causes of everyone it concerns."""

from uuid import UUID

from aftersales_checker import commands
from aftersales_checker.found import INPUT_TOPICS, LISTENS, Found, Place, Record, Row, Verdict, repeated


def nothing_lost(found: Found) -> Verdict:
    verdict = Verdict("I1")
    known = {service: _causes(found, service) for service in found.databases}
    _records_known(found, known, verdict)
    _everything_read(found, verdict)
    _acknowledged_is_there(found, verdict)
    _commands_known(found, known, verdict)
    verdict.figures["parked"] = sum(len(database.rows("parked")) for database in found.databases.values())
    inputs = [record for record in found.records if record.topic in INPUT_TOPICS]
    verdict.figures["repeats_seen"] = repeated((record.topic, record.source, record.id) for record in inputs)
    verdict.figures["missing"] = len(verdict.violations)
    return verdict


def _causes(found: Found, service: str) -> frozenset[UUID]:
    tables = ("inbox", "parked_cause")
    return frozenset(row["cause_id"] for table in tables for row in found.rows(service, table))


def _records_known(found: Found, known: dict[str, frozenset[UUID]], verdict: Verdict) -> None:
    count = 0
    for service, causes in known.items():
        dead: set[Place] = {_place(row) for row in found.rows(service, "dead_letter")}
        for record in found.records:
            if record.topic not in LISTENS[service]:
                continue
            count += 1
            if record.cause_id not in causes and record.place not in dead:
                verdict.wrong(f"{service} knows nothing of {record}.", order=record.key or None)
    verdict.figures["records_heard"] = count


def _everything_read(found: Found, verdict: Verdict) -> None:
    """A partition that nobody reads to its end has not lost anything yet, and yet nothing comes of what lies there."""
    last: dict[tuple[str, int], Record] = {(record.topic, record.partition): record for record in found.records}
    for service in found.databases:
        read = {(row["topic"], row["partition"]): row["next_offset"] for row in found.rows(service, "consumer_fence")}
        for partition, record in last.items():
            if record.topic in LISTENS[service] and read.get(partition, 0) <= record.offset:
                where = f"{record.topic}/{record.partition}"
                verdict.wrong(
                    f"{service} has read {where} up to {read.get(partition, 0)}; it goes on to {record.offset}."
                )


def _acknowledged_is_there(found: Found, verdict: Verdict) -> None:
    """What Kafka acknowledged to the drivers is still in Kafka. Of a retry it may not have said where."""
    there = {record.place: record for record in found.records}
    anywhere = {(record.topic, record.source, record.id) for record in found.records}
    for row in found.run.produced:
        named = (row["ce_source"], row["ce_id"])
        record = there.get((row["topic"], row["partition"], row["offset"]))
        if row["offset"] is None:
            kept = (row["topic"], *named) in anywhere
        else:
            kept = record is not None and (record.source, record.id) == named
        if not kept:
            place = f"{row['topic']}/{row['partition']}@{row['offset']}"
            verdict.wrong(f"Kafka acknowledged {row['ce_id']} at {place} and has {record or 'nothing'} there.")
    verdict.figures["records_acknowledged"] = len(found.run.produced)


def _commands_known(found: Found, known: dict[str, frozenset[UUID]], verdict: Verdict) -> None:
    """What was acknowledged is in the log; what was refused under every attempt has had no effect."""
    counts = dict.fromkeys(("commands_ok", "commands_failed", "commands_unknown"), 0)
    applied = {
        service: {row["cause_id"] for row in database.rows("inbox") if row["outcome"] == "applied"}
        for service, database in found.databases.items()
    }
    for (service, actor, key), attempts in commands.by_key(found.run.operations).items():
        if service not in known:
            continue
        cause, ends = commands.cause(actor, key), [commands.end(attempt) for attempt in attempts]
        who = f"The command {key} of {actor} ({attempts[0][0].get('f')})"
        counts["commands_ok"] += ends.count("ok")
        counts["commands_failed"] += ends.count("fail")
        counts["commands_unknown"] += ends.count("info")
        if "ok" in ends and cause not in known[service]:
            verdict.wrong(f"{who} was acknowledged, and {service} knows nothing of it.")
        if set(ends) == {"fail"} and cause in applied[service]:
            verdict.wrong(f"{who} was refused at every attempt, and {service} has applied it.")
    verdict.figures.update(counts)


def _place(row: Row) -> Place:
    return row["topic"], row["partition"], row["record_offset"]
