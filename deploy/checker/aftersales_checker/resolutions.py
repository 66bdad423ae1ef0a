"""I2: one resolution. A settled dispute has exactly one, any other none, and at no instant were there two."""

from collections import Counter, defaultdict
from typing import Final

from aftersales_checker.found import Found, Verdict
from aftersales_checker.history import moves_of

SETTLED: Final = ("CLOSED_REFUNDED", "CLOSED_REJECTED", "REFUND_PENDING")
RESOLVING: Final = ("REFUND_PENDING", "CLOSED_REJECTED")
APPEAL: Final = "25"
IN_APPEAL: Final = "APPEAL_REVIEW"
REFUND_ORDERED: Final = "dispute.refund_ordered.v1"
COMPLAINT: Final = "marketplace.complaint_made.v1"
OPENING: Final = ("1", "26")


def one_resolution(found: Found) -> Verdict:
    verdict = Verdict("I2")
    count = Counter(row["dispute"] for row in found.rows("dispute", "resolution"))
    says = {row["dispute"]: row["agreement"] for row in found.rows("dispute", "resolution")}
    disputes = {row["dispute"]: row for row in found.rows("dispute", "disputes")}
    granted = {row["dispute"] for row in found.rows("dispute", "appeal_outcome") if row["outcome"] == "overturned"}
    for name, row in disputes.items():
        # One that never paid may have been appealed against, and one in appeal stands as it had been resolved.
        if row["state"] == IN_APPEAL or (name in granted and not count[name]):
            continue
        about = {"order": row["order_id"], "dispute": name}
        wanted = 1 if row["state"] in SETTLED else 0
        if count[name] != wanted:
            verdict.wrong(f"{name} is {row['state']} with {count[name]} resolutions.", **about)
        elif wanted and says[name] != row["agreement"]:
            verdict.wrong(f"{name} stands as {row['agreement']}, resolved as {says[name]}.", **about)
    for name in count.keys() - disputes.keys():
        verdict.wrong(f"{name} has a resolution and is no dispute.", dispute=name)
    _never_two(found, verdict)
    _one_open_a_line(found, verdict)
    verdict.figures.update(disputes=len(disputes), resolutions=count.total())
    return verdict


def _never_two(found: Found, verdict: Verdict) -> None:
    """In history: a dispute is resolved once; an appeal alone may lead to money once more."""
    steps = defaultdict(list)
    for row, move in moves_of(found):
        if move.after in RESOLVING and move.number != APPEAL:
            steps[move.thing].append((row["subject"], row["version"]))
    for name, places in steps.items():
        if len(places) > 1:
            at = ", ".join(f"{subject} version {version}" for subject, version in places)
            verdict.wrong(f"{name} was resolved {len(places)} times: at {at}.", dispute=name)
    orders = defaultdict(set)
    for record in found.on("dispute.settlements", REFUND_ORDERED):
        orders[record.says.get("dispute")].add(record.says.get("instruction"))
    appealed = {row["dispute"] for row in found.rows("dispute", "appeal_outcome") if row["refund"]}
    for dispute, instructions in orders.items():
        if len(instructions) > 1 + (dispute in appealed):
            verdict.wrong(f"{dispute} has {len(instructions)} payment instructions.", dispute=dispute)


def _one_open_a_line(found: Found, verdict: Verdict) -> None:
    """In history: while a dispute is open on a line no other is opened on it. The lines are the complaint's own."""
    lines = {
        (record.cause_id, record.says.get("dispute")): tuple(record.says.get("units", ()))
        for record in found.on("marketplace.complaints", COMPLAINT)
    }
    open_on: dict[tuple[str, str], str] = {}
    for row, move in moves_of(found):
        if move.number in OPENING:
            for line in lines.get((row["cause_id"], move.thing), ()):
                other = open_on.setdefault((row["subject"], line), move.thing)
                if other != move.thing:
                    verdict.wrong(
                        f"{move.thing} was opened on line {line}, on which {other} was open.", dispute=move.thing
                    )
        if move.after.startswith("CLOSED"):
            open_on = {place: thing for place, thing in open_on.items() if thing != move.thing}
