"""The fullest file that dispute's own row can hold is judged to the end: a stalled row would stall the case."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import msgspec
import pytest

from aftersales.contracts import appeal
from aftersales.contracts import dispute as said
from aftersales.contracts.envelope import Event
from aftersales.service import MAX_STATE
from arbitration.domain.case import CaseStatus
from arbitration.domain.commands import AppealJudged, Departure, RulingMade, RulingSeconded
from arbitration.handlers import SERVICE
from arbitration.store.kinds import CASES
from tests.rules.arbitration.world import case
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, SHIPPED
from tests.rules.dispute.world import World, slug
from tests.support.in_memory import InMemory

# Room for longer offers and rounds.
FULL: Final = CASES.most * 7 // 8
OPENED: Final = SHIPPED + 41 * DAY
PIECES: Final = ("c" * 40,) * 10
UNITS: Final = (1, 2, 3, 4, 5)


@cache
def review(name: int, parcels: int) -> said.DisputeReviewStarted:
    """A hundred lines of five units, each unit in another parcel, no two alike; all the evidence there may be."""
    lines = [f"L{n}".ljust(name, "x") for n in range(100)]
    world = World(now=SHIPPED)
    placed = tuple(say.a_line(line, 5, 10**9 + n) for n, line in enumerate(lines))
    uneven: dict[str, Any] = {"shipping": 123_457, "discount": 12_311, "tax": 77_777}
    world.hear(say.an_order(lines=placed, list_currency="EUR", rate="1.123456789012", **uneven))
    for n in range(parcels):
        mine: dict[str, tuple[int, ...]] = {}
        for at, (line, unit) in enumerate((line, unit) for line in lines for unit in UNITS):
            if at % parcels == n:
                mine[line] = (*mine.get(line, ()), unit)
        parcel = f"P{n}".ljust(64, "y")
        world.hear(say.shipped(parcel, units=mine, number=f"N{n}"))
        world.hear(say.delivered(SHIPPED + 40 * DAY, parcel, number=f"N{n}"))
    evidence = {"evidence": PIECES * 2}
    complaint = say.a_complaint(reason="SNAD_DAMAGED", units=dict.fromkeys(lines, UNITS), **evidence)
    for event, days in ((complaint, 0), (say.a_refusal(), 2), (say.escalation(), 4), *_shown()):
        assert slug(world.hear(event, OPENED + days * DAY)) is None
    world.until(OPENED + 7 * DAY)
    assert len(msgspec.json.encode(world.order)) > MAX_STATE, "dispute's row has room for more"
    [begun] = world.told(said.DisputeReviewStarted)
    assert isinstance(begun, said.DisputeReviewStarted)
    return begun


def _shown() -> Iterator[tuple[Event, int]]:
    for party, pieces in (("anna", 2), ("anna", 1), ("shop", 2), ("shop", 2), ("shop", 1)):
        yield say.evidence(party, *PIECES * pieces), 5


class Desk(InMemory):
    """Measures the case after everything it hears."""

    largest = 0

    def hear(self, event: Event, at: Any, **more: Any) -> Any:
        decisions = super().hear(event, at, **more)
        self.largest = max(self.largest, len(msgspec.json.encode(case(self))))
        return decisions


@pytest.mark.parametrize(("name", "parcels"), [(3, 40), (36, 1)])
def test_ruled_by_nobody_by_two_agents_and_on_appeal_within_its_row(name: int, parcels: int) -> None:
    begun = review(name, parcels)
    told = {each: getattr(begun, each) for each in type(begun).model_fields} | {"deadline": begun.at + 30 * DAY}
    desk, now = Desk(SERVICE, source="dispute"), begun.at
    desk.hear(said.DisputeEscalated(**told | {"step": begun.step - 1, "how": "by_hand"}), now)
    desk.hear(begun, now)
    missing = {"missing": {unit.line: list(UNITS) for unit in begun.file.units}}
    depart = Departure(remedy="refund", amount=begun.file.cap, reason="\U0001f4a9" * 1000)
    for _ in range(2):
        seen = case(desk).version
        desk.hear(RulingMade(case="D1", agent="kim", seen=seen, findings=missing, depart=depart), now + DAY)
    waiting = case(desk).waiting_ruling
    assert waiting is not None
    desk.hear(RulingSeconded(case="D1", agent="lee", ruling=waiting.id), now + DAY)
    past: dict[str, Any] = {"order": "O1", "dispute": "D1", "slug": "wrong-state", "state": "ARBITRATION_REVIEW"}
    past |= {"at": now + DAY, "ruling": waiting.id, "sentence": "\u5047" * 1900}
    desk.hear(said.RulingOvertaken(**past), now + DAY)
    desk.until(now + 15 * DAY)
    assert case(desk).status is CaseStatus.RULING_SENT
    amounts: dict[str, Any] = {"liable": "nobody", "refund": 1, "compensation": 0, "freight": 0}
    ruled = {**amounts, "rule": "R15", "remedy": "refund", "ruling": case(desk).rulings[-1].id}
    desk.hear(said.DisputeRuled(**told | ruled | {"step": begun.step + 1}), now + 15 * DAY)
    against = {**amounts, "party": "seller", "evidence": PIECES, "kept_off": ("kim", "lee"), "rule": "R15"}
    against |= {"agreement": "arbitration", "step": begun.step + 2}
    desk.hear(appeal.DisputeAppealed(**told | against), now + 15 * DAY)
    desk.hear(AppealJudged(case="D1", agent="mia", seen=case(desk).version, outcome="overturn"), now + 15 * DAY)
    assert case(desk).status is CaseStatus.APPEAL_SENT
    assert MAX_STATE < desk.largest < FULL
