"""I4: notices. One intent for each (dispute, step, party, channel), none missing, none of what never happened."""

from collections import Counter
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from aftersales_checker.found import Found, Record, Row, Verdict

Owed = tuple[str, str | None, str | None, str, str, str]  # order, dispute, parcel, step, party, channel
CHANNELS: Final = ("inbox", "file")
PARTIES: Final = ("buyer", "seller")
REFUSED: Final = "dispute.refused"
REMINDER: Final = "reminder/"
BROKEN: Final = "tracking.promise_broken"
# What a buyer is told of a parcel, once each; of an anomaly the last scan tells which.
OF_PARCELS: Final = {
    "tracking.parcel_tracked": "tracked",
    "tracking.parcel_delivered": "delivered",
    "tracking.parcel_returned": "returned",
    BROKEN: "promise_broken",
    "tracking.parcel_anomalous": None,
}


def notices_once(found: Found) -> Verdict:
    verdict = Verdict("I4")
    if "notification" not in found.databases:
        return verdict
    intents = Counter(_intent(row) for row in found.rows("notification", "notice"))
    owed = set(_owed(found))
    perhaps = set(_refusals(found))
    for intent, times in intents.items():
        if times > 1:
            _wrong(verdict, intent, f"was decided {times} times")
        if intent not in owed and intent not in perhaps and not intent[3].startswith(REMINDER):
            _wrong(verdict, intent, "tells of what never happened")
    missing = owed - intents.keys()
    for intent in sorted(missing, key=str):
        _wrong(verdict, intent, "was never decided")
    _sink(found, verdict)
    verdict.figures.update(intents=intents.total(), missing=len(missing))
    return verdict


def _wrong(verdict: Verdict, intent: Owed, what: str) -> None:
    order, dispute, parcel, step, party, channel = intent
    sentence = f"The notice {step} of {dispute or parcel} to the {party} over {channel} {what}."
    verdict.wrong(sentence, order=order, dispute=dispute)


def _intent(row: Row) -> Owed:
    return row["order_id"], row["dispute"], row["parcel"], row["step"], row["party"], row["channel"]


def _owed(found: Found) -> Iterator[Owed]:
    """A step is told to both parties, news of a parcel to the buyer, a refusal to who spoke.

    Who has heard of the delivery is not told that none is known.
    """
    for record in found.on("dispute.disputes"):
        says = record.says
        if "step" in says:
            for party in PARTIES:
                yield from _over_all(says["order"], says["dispute"], None, f"{record.name}/{says['step']}", party)
        elif record.name == REFUSED and says.get("party") in PARTIES:
            yield from _refusal(record, says["party"])
    for record in found.on("tracking.parcels"):
        says = record.says
        if record.name in OF_PARCELS and not (record.name == BROKEN and says["delivered_at"] is not None):
            thing = OF_PARCELS[record.name] or says["status"]
            step = f"{record.name}/{says['parcel']}/{thing}"
            yield from _over_all(says["order"], None, says["parcel"], step, "buyer")


def _refusals(found: Found) -> Iterator[Owed]:
    """Where a refusal does not say who spoke, notification may know it."""
    for record in found.on("dispute.disputes"):
        if record.name == REFUSED:
            for party in PARTIES:
                yield from _refusal(record, party)


def _refusal(record: Record, party: str) -> Iterator[Owed]:
    says = record.says
    return _over_all(says["order"], says["dispute"], None, f"{record.name}/{says['cause']}", party)


def _over_all(order: str, dispute: str | None, parcel: str | None, step: str, party: str) -> Iterator[Owed]:
    return ((order, dispute, parcel, step, party, channel) for channel in CHANNELS)


def _sink(found: Found, verdict: Verdict) -> None:
    """What left the house: every intent of the file's channel under its own key, at least once; repeats are counted."""
    waiting = {row["notice"] for row in found.rows("notification", "to_send")}
    verdict.figures["to_send"] = len(waiting)
    for notice in sorted(waiting):
        verdict.wrong(f"The notice {notice} still waits for its sender.")
    if found.run.sink is None:
        return
    intents = {row["id"]: row for row in found.rows("notification", "notice") if row["channel"] == "file"}
    lines = Counter(UUID(line["notice"]) for line in found.run.sink)
    given_up = {row["notice"] for row in found.rows("notification", "delivery") if row["failure"] is not None}
    for notice, row in intents.items():
        if notice not in lines and notice not in waiting | given_up:
            verdict.wrong(f"The notice {notice} counts as sent and is not in the file.", order=row["order_id"])
    for notice in lines.keys() - intents.keys():
        verdict.wrong(f"The file has a notice {notice} that nobody decided.")
    verdict.figures.update(delivered=len(lines), delivered_again=lines.total() - len(lines))
