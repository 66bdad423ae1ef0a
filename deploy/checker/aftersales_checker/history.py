"""I5: a legal history. Versions without gaps, every move a transition of the rulebook, the end final, order kept."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aftersales_checker import commands, rulebook
from aftersales_checker.found import Found, Row, Verdict, order_of

# Replayed by an operator or after waiting: those come when they come.
SET_ASIDE: Final = ("parked", "dead_letter")


@dataclass(frozen=True, slots=True)
class Move:
    thing: str
    before: str | None
    after: str
    number: str


def moves_of(found: Found) -> Iterator[tuple[Row, Move]]:
    """Every step of every dispute in the order of its subject's versions, with the row of history it stands in."""
    for row in found.rows("dispute", "history"):
        for thing, before, after, number in row["moves"]:
            yield row, Move(thing, before, after, str(number))


def legal_history(found: Found) -> Verdict:
    verdict = Verdict("I5")
    for service in found.databases:
        _contiguous(found, service, verdict)
        _in_order(found, service, verdict)
        _in_real_time(found, service, verdict)
    _legal(found, verdict)
    _cases(found, verdict)
    verdict.figures["illegal"] = len(verdict.violations)
    return verdict


def _contiguous(found: Found, service: str, verdict: Verdict) -> None:
    """Versions 1 to n of every subject, each once, and n is what its row says."""
    versions: dict[str, list[int]] = defaultdict(list)
    for row in found.rows(service, "history"):
        versions[row["subject"]].append(row["version"])
    now = {row["subject"]: row["version"] for row in found.rows(service, "subjects")}
    for subject in sorted(versions.keys() | now.keys()):
        has, last = sorted(versions[subject]), now.get(subject, 0)
        if has != list(range(1, last + 1)):
            verdict.wrong(
                f"{subject} in {service} is at version {last} and its history has {_ranges(has)}.",
                order=order_of(subject),
            )
    verdict.figures["decisions"] = verdict.figures.get("decisions", 0) + len(found.rows(service, "history"))


def _ranges(versions: list[int]) -> str:
    if not versions:
        return "none"
    twice = sorted({version for version in versions if versions.count(version) > 1})
    missing = sorted(set(range(1, versions[-1] + 1)) - set(versions))
    parts = [f"{len(versions)} rows up to {versions[-1]}"]
    parts += [f"{', '.join(map(str, missing[:5]))} missing"] if missing else []
    parts += [f"{', '.join(map(str, twice[:5]))} twice"] if twice else []
    return ", ".join(parts)


def _in_order(found: Found, service: str, verdict: Verdict) -> None:
    """A subject decides what came in one partition in the order in which it lies there."""
    place: dict[tuple[object, str], tuple[str, int, int]] = {}
    for row in found.rows(service, "inbox"):
        if row["topic"] is not None and row["outcome"] not in SET_ASIDE:
            place[(row["cause_id"], row["subject"])] = (row["topic"], row["partition"], row["record_offset"])
    last: dict[tuple[str, str, int], int] = {}
    for row in found.rows(service, "history"):
        at = place.get((row["cause_id"], row["subject"]))
        if at is None:
            continue
        topic, partition, offset = at
        before = last.get((row["subject"], topic, partition), -1)
        if offset < before:
            verdict.wrong(
                f"{row['subject']} in {service} decided {topic}/{partition}@{offset} after the record at {before}.",
                order=order_of(row["subject"]),
            )
        last[(row["subject"], topic, partition)] = max(offset, before)


def _in_real_time(found: Found, service: str, verdict: Verdict) -> None:
    """Of two commands to one subject, one of them answered before the other was sent, that one was decided first."""
    told = {
        commands.cause(actor, key): (began, ended, key)
        for (where, actor, key), began, ended in commands.acknowledged(found.run.operations)
        if where == service
    }
    # The earliest end among the decisions that come later in the subject's history.
    later: dict[str, tuple[float, str]] = {}
    for row in reversed(found.rows(service, "history")):
        if row["cause_id"] not in told:
            continue
        began, ended, key = told[row["cause_id"]]
        before, other = later.get(row["subject"], (float("inf"), ""))
        if before < began:
            sentence = (
                f"{row['subject']} in {service} decided the command {key} before {other}, which was answered first."
            )
            verdict.wrong(sentence, order=order_of(row["subject"]))
        later[row["subject"]] = min((before, other), (ended, key))
    verdict.figures["commands_in_order"] = verdict.figures.get("commands_in_order", 0) + len(told)


def _legal(found: Found, verdict: Verdict) -> None:
    last: dict[str, str] = {}
    count = 0
    for row, move in moves_of(found):
        count += 1
        about = {"order": order_of(row["subject"]), "dispute": move.thing}
        name = f"{move.thing} goes from {move.before} to {move.after} by {move.number} on {row['event_type']}"
        was = last.get(move.thing)
        if was != move.before:
            verdict.wrong(f"{name}, but it was {was}.", **about)
        elif move.before in rulebook.CLOSED and move.number not in rulebook.AFTER_THE_END:
            verdict.wrong(f"{name}; what is closed stays closed.", **about)
        elif not rulebook.allowed(move.number, row["event_type"], move.before, move.after):
            verdict.wrong(f"{name}, which is no step of the rulebook.", **about)
        last[move.thing] = move.after
    for row in found.rows("dispute", "disputes"):
        if last.get(row["dispute"]) != row["state"]:
            ends = last.get(row["dispute"])
            sentence = f"{row['dispute']} is {row['state']}; its history ends at {ends}."
            verdict.wrong(sentence, order=row["order_id"], dispute=row["dispute"])
    verdict.figures["moves"] = count


def _cases(found: Found, verdict: Verdict) -> None:
    """A case goes on where it stood."""
    last: dict[str, str] = {}
    for row in found.rows("arbitration", "history"):
        for _, before, after, number in row["moves"]:
            was = last.get(row["subject"])
            if before is not None and was != before:
                verdict.wrong(f"{row['subject']} goes from {before} to {after} by {number}, but it was {was}.")
            last[row["subject"]] = after
