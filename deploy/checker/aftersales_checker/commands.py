"""What the clients noted of their HTTP commands: attempts by key, how each ended, and when."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from aftersales_checker.found import Row, cause_of

# An attempt is its begin and, where it had one, its end; a command all attempts under one key.
Attempt = list[Row]
Command = tuple[str, str, str]  # service, actor, key
CHANGING: Final = ("POST ", "PUT ", "PATCH ", "DELETE ")


def by_key(operations: Sequence[Row]) -> dict[Command, list[Attempt]]:
    attempts: dict[Any, Attempt] = defaultdict(list)
    for line in operations:
        attempts[(line.get("process"), line["op"])].append(line)
    found: dict[Command, list[Attempt]] = defaultdict(list)
    for attempt in attempts.values():
        begin = attempt[0]
        if begin.get("key") and str(begin.get("f", "")).startswith(CHANGING):
            found[(begin["service"].replace("-", "_"), begin["actor"], begin["key"])].append(attempt)
    return found


def end(attempt: Attempt) -> str:
    """`ok`, `fail`, or `info` where nobody knows; what never ended stays open for ever."""
    ends = [str(line["type"]) for line in attempt if line["type"] != "invoke"]
    return ends[-1] if ends else "info"


def cause(actor: str, key: str) -> UUID:
    """A service speaks as itself, a person by role."""
    return cause_of(actor.removeprefix("service:"), key)


def acknowledged(operations: Sequence[Row]) -> Iterator[tuple[Command, float, float]]:
    """Of every command that was acknowledged: the monotonic seconds of its first begin and of its first good end."""
    for command, attempts in by_key(operations).items():
        lines = [line for attempt in attempts for line in attempt if "mono" in line]
        begins = [line["mono"] for line in lines if line["type"] == "invoke"]
        ends = [line["mono"] for line in lines if line["type"] == "ok"]
        if begins and ends:
            yield command, min(begins), min(ends)
