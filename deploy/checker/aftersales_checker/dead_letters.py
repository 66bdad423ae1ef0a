"""I8: dead letters are exactly the planted records, each once in every service that could have judged it."""

from collections import Counter
from typing import Final

from aftersales_checker.found import LISTENS, Found, Place, Record, Verdict

# A service that has no rule for a record's type does not look into it.
NOT_LOOKED_AT: Final = ("ignored", "unknown_type")


def only_planted(found: Found) -> Verdict:
    verdict = Verdict("I8")
    planted = {record.place: record for record in found.records if (record.topic, record.id) in found.run.poison}
    there = {(record.topic, record.id) for record in planted.values()}
    for topic, name in sorted(found.run.poison - there):
        verdict.wrong(f"The planted record {name} is not in {topic}.")
    kept: set[Place] = set()
    for service in found.databases:
        kept |= _of_service(found, service, planted, verdict)
    heard = {topic for service in found.databases for topic in LISTENS[service]}
    for place, record in planted.items():
        if place not in kept and record.topic in heard:
            verdict.wrong(f"The planted {record} is nobody's dead letter.", order=record.key or None)
    letters = sum(len(found.rows(service, "dead_letter")) for service in found.databases)
    verdict.figures.update(planted=len(planted), dead_letters=letters)
    return verdict


def _of_service(found: Found, service: str, planted: dict[Place, Record], verdict: Verdict) -> set[Place]:
    times: Counter[Place] = Counter()
    for row in found.rows(service, "dead_letter"):
        place: Place = (row["topic"], row["partition"], row["record_offset"])
        times[place] += 1
        if place not in planted:
            at = f"{place[0]}/{place[1]}@{place[2]}"
            verdict.wrong(f"{at} is a dead letter of {service} and was not planted: {row['reason']}.")
    passed = {row["cause_id"] for row in found.rows(service, "inbox") if row["outcome"] in NOT_LOOKED_AT}
    for place, record in planted.items():
        if record.topic not in LISTENS[service]:
            continue
        if times[place] > 1:
            verdict.wrong(f"The planted {record} is a dead letter of {service} {times[place]} times.")
        elif not times[place] and record.cause_id not in passed:
            verdict.wrong(f"The planted {record} is no dead letter of {service}.")
    return set(times)
