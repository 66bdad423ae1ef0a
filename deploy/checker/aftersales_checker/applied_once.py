"""I7: applied once. Causes with an effect are the distinct (event, subject) pairs that were admitted."""

from collections import Counter, defaultdict
from typing import Final
from uuid import UUID, uuid5

from aftersales_checker.found import Found, Verdict, cause_of, order_of

DECIDED: Final = ("applied", "nothing", "refused", "waiting")
TIMER: Final = "timer"
# No decision says more than this at once.
MOST_EVENTS: Final = 200


def applied_once(found: Found) -> Verdict:
    verdict = Verdict("I7")
    totals: Counter[str] = Counter()
    for service in found.databases:
        totals.update(_effects(found, service, verdict))
        _names(found, service, verdict)
        _derived(found, service, verdict)
    _money_admitted(found, verdict)
    verdict.figures.update(totals)
    return verdict


def _effects(found: Found, service: str, verdict: Verdict) -> dict[str, int]:
    admitted = Counter((row["cause_id"], row["subject"]) for row in found.rows(service, "inbox"))
    decided = {
        (row["cause_id"], row["subject"]): row for row in found.rows(service, "inbox") if row["outcome"] in DECIDED
    }
    effects = Counter((row["cause_id"], row["subject"]) for row in found.rows(service, "history"))
    causes = {cause for cause, _ in admitted}
    for counted, what in ((admitted, "admitted"), (effects, "applied")):
        for (cause, subject), times in counted.items():
            if times > 1:
                sentence = f"The cause {cause} was {what} {times} times to {subject} in {service}."
                verdict.wrong(sentence, order=order_of(subject))
    for (cause, subject), row in decided.items():
        if (cause, subject) not in effects:
            sentence = f"{row['type']} {row['name']} is {row['outcome']} in {service}'s log and in no history."
            verdict.wrong(sentence, order=order_of(subject))
    for cause, subject in effects:
        if cause not in causes:
            verdict.wrong(f"{subject} in {service} decided {cause}, which it never admitted.", order=order_of(subject))
    own = sum(times for key, times in effects.items() if key in admitted)
    return {"causes_with_effect": own, "distinct_admitted": len(decided)}


def _money_admitted(found: Found, verdict: Verdict) -> None:
    """Money moves for a cause that was admitted, and for no other."""
    admitted = {row["cause_id"] for row in found.rows("dispute", "inbox")}
    for table in ("resolution", "journal"):
        for row in found.rows("dispute", table):
            if row["cause"] not in admitted:
                sentence = f"The {table} of {row['dispute']} names the cause {row['cause']}, which was never admitted."
                verdict.wrong(sentence, order=row["order_id"], dispute=row["dispute"])


def _names(found: Found, service: str, verdict: Verdict) -> None:
    """One id for one (source, name), derived from them: else a repeat would be another cause."""
    ids: dict[tuple[str, str, str], set[UUID]] = defaultdict(set)
    for row in found.rows(service, "inbox"):
        if row["source"] != TIMER:
            ids[(row["source"], row["name"], row["subject"])].add(row["cause_id"])
    for (source, name, subject), found_ids in ids.items():
        if len(found_ids) > 1:
            sentence = f"{name} of {source} was admitted to {subject} in {service} under {len(found_ids)} ids."
            verdict.wrong(sentence, order=order_of(subject))
        elif found_ids != {cause_of(source, name)}:
            sentence = f"The id of {name} of {source} in {service} is not derived from them."
            verdict.wrong(sentence, order=order_of(subject))


def _derived(found: Found, service: str, verdict: Verdict) -> None:
    """The ids of what is said come from the cause: a replay would say the same words with the same ids."""
    cause = {record.id: record.cause for record in found.records if record.source == service}
    for row in found.rows(service, "outbox"):
        told = cause.get(str(row["event_id"]))
        if told and not _is_effect(row["event_id"], told, row["subject"], row["type"].rpartition(".v")[0]):
            sentence = f"The id of {row['type']} {row['event_id']} of {service} is not derived from its cause {told}."
            verdict.wrong(sentence, order=order_of(row["subject"]))


def _is_effect(event: UUID, cause: str, subject: str, name: str) -> bool:
    try:
        space = UUID(cause)
    except ValueError:
        return False
    return any(uuid5(space, f"{subject}\n{ordinal}:{name}") == event for ordinal in range(MOST_EVENTS))
