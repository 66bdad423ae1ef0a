"""The steps of a story: who may do what, with which keys. A new step is a new row of the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, get_args

from aftersales.contracts.carrier import ScanStatus
from aftersales.errors import Failure
from aftersales_local.stories import fields as read
from aftersales_local.stories.fields import Place, Read, Shape

# Of one line (contracts, `Quantity`).
MOST_UNITS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """`number` counts from 1; `given`: the keys beside those that every step may have, as the file says them."""

    number: int
    at: datetime
    by: str
    do: str
    given: Mapping[str, Any]
    refused: bool = False

    @property
    def title(self) -> str:
        about = self.given.get("dispute") or self.given.get("order") or self.given.get("parcel") or ""
        return f"step {self.number} ({self.by} {self.do}{f' {about}' if about else ''})"


def units(value: Any, place: Place) -> Mapping[str, tuple[Any, ...]]:
    """`{"L1": 2}` is the first two units of the line, `{"L1": [2]}` unit number 2."""
    found: dict[str, tuple[Any, ...]] = {}
    for line, said in read.mapping(value, place).items():
        if isinstance(said, list):
            found[line] = tuple(said)
        else:
            # More than any line has is refused like one too many.
            found[line] = tuple(range(1, min(read.whole(said, place.at(line)), MOST_UNITS + 1) + 1))
    return found


def address(value: Any, place: Place) -> str:
    if isinstance(value, dict) and value:
        return ", ".join(read.text(part, place.at(key)) for key, part in value.items())
    return read.text(value, place)


PLAN: Final = Shape({"remedy": read.one_of("refund", "return"), "amount": read.number}).read
DEPARTURE: Final = Shape(
    {"remedy": read.one_of("refund", "return"), "amount": read.number},
    {"compensation": read.number, "reason": read.text},
).read
LANE: Final = Shape({"carrier_service": read.text, "destination": read.text}).read
KINDS: Final = read.list_of(read.text)
STATUS: Final = read.one_of(*get_args(ScanStatus))

DISPUTE: Final[dict[str, Read]] = {"dispute": read.text}
ORDER: Final[dict[str, Read]] = {"order": read.text}
AGENT: Final[dict[str, Read]] = {"agent": read.text}
EVIDENCE: Final[dict[str, Read]] = {"evidence": KINDS}

SHIP: Final = Shape({**ORDER, "parcel": read.text}, {"units": units, "carrier": read.text, "number": read.text})
OPEN: Final = Shape({**DISPUTE, **ORDER, "units": units, "reason": read.text, "want": PLAN}, EVIDENCE)
RULE: Final = Shape({**DISPUTE, **AGENT}, {"second": read.text, "findings": read.mapping, "depart": DEPARTURE})
ANY_DISPUTE: Final = Shape(DISPUTE)
WITH_EVIDENCE: Final = Shape({**DISPUTE, **EVIDENCE})
SOME_EVIDENCE: Final = Shape(DISPUTE, EVIDENCE)
ACCEPT: Final = Shape(DISPUTE, {"return_address": address})
CHARGEBACK: Final = Shape(ORDER, {"amount": read.number})

SHAPES: Final[Mapping[tuple[str, str], Shape]] = {
    ("seller", "ship"): SHIP,
    ("carrier", "scan"): Shape({"parcel": read.text, "status": STATUS}, {"scanned_at": read.instant}),
    ("buyer", "confirm_receipt"): Shape(ORDER),
    ("buyer", "open"): OPEN,
    ("buyer", "change_plan"): Shape({**DISPUTE, "want": PLAN}, {"reason": read.text}),
    ("buyer", "accept"): ACCEPT,
    ("seller", "accept"): ACCEPT,
    ("buyer", "refuse"): ANY_DISPUTE,
    ("seller", "refuse"): Shape(DISPUTE, {"counter": PLAN}),
    ("buyer", "escalate"): ANY_DISPUTE,
    ("buyer", "cancel"): ANY_DISPUTE,
    ("buyer", "add_evidence"): WITH_EVIDENCE,
    ("seller", "add_evidence"): WITH_EVIDENCE,
    ("buyer", "evidence_done"): SOME_EVIDENCE,
    ("seller", "evidence_done"): SOME_EVIDENCE,
    ("buyer", "ship_return"): Shape({**DISPUTE, "carrier": read.text, "number": read.text}, {"freight": read.number}),
    ("carrier", "scan_return"): Shape({**DISPUTE, "status": STATUS}, {"scanned_at": read.instant}),
    ("seller", "confirm_return"): ANY_DISPUTE,
    ("seller", "contest_return"): SOME_EVIDENCE,
    ("platform", "propose"): Shape({**DISPUTE, "want": PLAN}, AGENT),
    ("platform", "rule"): RULE,
    ("platform", "settle_service"): Shape({**DISPUTE, "amount": read.number}, AGENT),
    ("platform", "reject_service"): Shape(DISPUTE, AGENT),
    ("platform", "hand_back"): Shape(DISPUTE, AGENT),
    ("buyer", "appeal"): SOME_EVIDENCE,
    ("seller", "appeal"): SOME_EVIDENCE,
    ("platform", "decide_appeal"): Shape(
        {**DISPUTE, **AGENT, "outcome": read.one_of("uphold", "overturn")}, {"amount": read.number}
    ),
    ("platform", "extend"): Shape({"days": read.whole}, {**DISPUTE, "lane": LANE}),
    ("payment", "refund_executed"): ANY_DISPUTE,
    ("payment", "refund_failed"): ANY_DISPUTE,
    ("payment", "chargeback_opened"): CHARGEBACK,
    ("payment", "chargeback_lost"): CHARGEBACK,
    ("payment", "chargeback_won"): CHARGEBACK,
}
WHO: Final = tuple(dict.fromkeys(by for by, _ in SHAPES))
COMMON: Final[dict[str, Read]] = {"at": read.happening, "by": read.text, "do": read.text}


def step(value: Any, place: Place, number: int) -> Step:
    entries = read.mapping(value, place)
    for key in ("at", "by", "do"):
        if key not in entries:
            raise place.wrong(f"the key {key} is missing; expected at, by and do in every step")
    by = read.one_of(*WHO)(entries["by"], place.at("by"))
    do = read.one_of(*(word for who, word in SHAPES if who == by))(entries["do"], place.at("do"))
    shape = SHAPES[by, do]
    whole = Shape({**COMMON, **shape.required}, {**shape.optional, "refused": read.flag, "note": read.text})
    values = whole.read(entries, place)
    if do == "extend" and ("dispute" in values) == ("lane" in values):
        raise place.wrong("expected either dispute or lane")
    given = {key: found for key, found in values.items() if key not in ("at", "by", "do", "refused", "note")}
    return Step(number, values["at"], by, do, given, values.get("refused", False))


def in_time_order(steps: tuple[Step, ...], place: Place) -> None:
    """Raises Failure at the first step that lies before the one above it."""
    for before, after in pairwise(steps):
        if after.at < before.at:
            raise _earlier(after, before, place)


def _earlier(after: Step, before: Step, place: Place) -> Failure:
    return (
        place.at(after.number - 1)
        .at("at")
        .wrong(
            f"{after.at.isoformat()} is before {before.at.isoformat()} of the step above; expected steps in time order"
        )
    )
