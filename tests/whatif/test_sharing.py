"""What one replay lends the other: the same as two replays that know nothing of each other, for any two policies."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aftersales.policy.book import PolicyBook
from aftersales.policy.model import Policy
from aftersales_local.whatif import generate
from aftersales_local.whatif.lines import Told, read
from aftersales_local.whatif.replay import Played, play, play_both
from aftersales_local.whatif.sharing import OnePolicy, Reads, Shared, watched
from aftersales_local.whatif.sketch import Market
from aftersales_local.whatif.standing import standings
from tests.whatif.histories import DAY, OPENED, STANDARD, complaint, order, policy, says

END = datetime(2026, 1, 1, tzinfo=UTC)
SUMMER = {
    "from": "2024-03-01T00:00:00Z",
    "until": "2024-09-01T00:00:00Z",
    "parameter": "seller.response",
    "add_days": 5,
}


@pytest.fixture(scope="module")
def history() -> Sequence[Told]:
    made = b"".join(generate.lines(generate.Part(Market(40, 4), 1, 40, 100, 5, Path("unused")))).splitlines()
    return sorted((told for line in made if (told := read(line))), key=lambda told: told.at)


@pytest.mark.parametrize(
    "changes",
    [
        {"seller.response": "P3D"},
        {"open.latest": "P4D", "escalate.auto_at": "P5D"},
        {"promise.default": {"EMS": "P9D", "*": "P12D"}},
        {"quality.table": {"minor": 5, "medium": 60, "severe": 90}},
        {"counterfeit.multiple": 3},
        {"arbitration.evidence_window": "P5D", "held.confirm": "P1D"},
        {"open.in_transit": "refuse"},
        {},
    ],
    ids=str,
)
def test_sharing_changes_nothing(history: Sequence[Told], changes: dict[str, Any]) -> None:
    compare(history, policy(**{name.replace(".", "__"): value for name, value in changes.items()}))


def test_sharing_changes_nothing_where_overrides_differ(history: Sequence[Told]) -> None:
    compare(history, policy(overrides=[SUMMER]))


def test_a_dispute_that_stands_alike_again_is_decided_once_again() -> None:
    """The seller's answer was due at another instant, and came in time; then the buyer gives up."""
    answered = says("plan_refused", OPENED + DAY, by="S1")
    lines = [*order(), complaint(), answered, says("complaint_cancelled", OPENED + 2 * DAY)]
    history = [told for line in lines if (told := read(line))]
    first, second, _ = both(history, policy(seller__response="P3D"))
    assert second.orders["O1"] is first.orders["O1"]


def both(history: Sequence[Told], new: Policy) -> tuple[Played, Played, Shared]:
    reads = Reads()
    shared = Shared(reads)
    before, after = OnePolicy(watched(STANDARD, new, reads)), OnePolicy(new)
    return *play_both(history, before, after, END, shared, logs=True), shared


def compare(history: Sequence[Told], new: Policy) -> None:
    first, second, shared = both(history, new)
    for played, judged_by in ((first, STANDARD), (second, new)):
        alone = play(history, PolicyBook([judged_by]), END)
        assert found(played) == found(alone)
        assert (played.dropped, played.waited) == (alone.dropped, alone.waited)
        assert [happened.decision.outcome for happened in played.world.log] == [
            happened.decision.outcome for happened in alone.world.log
        ]
    assert shared.again > 0


def found(played: Played) -> dict[str, Any]:
    return {one.dispute: one for order in played.orders.values() for one in standings(order)}
