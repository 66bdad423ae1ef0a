"""What every decision of every story leaves behind, whatever it was about: rows, refunds, timers and reasons."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import Table

from aftersales.contracts.dispute import RefundOrdered
from aftersales.decision import Append, Outcome
from aftersales_local.places import ROOT
from aftersales_local.stories.kernel import Happened
from aftersales_local.stories.memory import MemoryTheatre
from aftersales_local.stories.player import play
from aftersales_local.stories.story import load
from arbitration.store import tables as arbitration
from dispute.domain import transitions
from dispute.store import tables as dispute
from notification.store import tables as notification
from order_tracking.store import tables as order_tracking
from tests.stories.test_in_memory import KEPT
from tests.support.written import is_written_well

TABLES: Final[Mapping[str, Mapping[str, Table]]] = {
    "arbitration": arbitration.METADATA.tables,
    "dispute": dispute.METADATA.tables,
    "notification": notification.METADATA.tables,
    "order_tracking": order_tracking.METADATA.tables,
}
# By the database.
DRAWN: Final = {"id", "number", "attempts", "leased_until"}
NUMBERS: Final = {row.number for row in transitions.TRANSITIONS}
JUDGES: Final = ("dispute", "arbitration")
OF_PAYMENTS: Final = {transitions.REFUND_ALARM, transitions.REFUND_AGAIN, transitions.DEBT_COLLECTED}
LARGEST_ROW: Final = 64 * 1024


@pytest.fixture(scope="module")
def happened() -> list[Happened]:
    return [one for path in KEPT for one in _played(path)]


IN_EVERY_STORY: Final = pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)


def _played(path: Path) -> list[Happened]:
    story = load(path)
    theatre = MemoryTheatre(story)
    asyncio.run(play(story, theatre))
    return theatre.world.log


@IN_EVERY_STORY
def test_rows_fit_their_tables(path: Path) -> None:
    for one in _played(path):
        for row in one.decision.appends:
            table = TABLES[one.service][row.table]
            assert not _unfit(row, table), (row, _unfit(row, table))


def test_the_stories_write_into_the_tables_that_matter(happened: list[Happened]) -> None:
    written = {row.table for one in happened for row in one.decision.appends}
    assert written >= {"journal", "resolution", "statement", "notice"}


def _unfit(row: Append, table: Table) -> list[str]:
    """Columns that the table has not, and those that it needs and the row leaves empty."""
    needed = {column.name for column in table.columns if not column.nullable} - DRAWN
    given = {name for name, value in row.row.items() if value is not None}
    return [*sorted(row.row.keys() - table.columns.keys()), *sorted(needed - given)]


def test_a_refund_is_ordered_under_a_name_of_its_own_that_a_replay_gives_again(happened: list[Happened]) -> None:
    ordered = [event for one in happened for event in one.decision.events if isinstance(event, RefundOrdered)]
    first = [event for event in ordered if event.attempt == 1]
    of_disputes = Counter((event.order, event.dispute, event.at, event.instruction) for event in first)
    assert len(first) > 50
    assert all(UUID(event.instruction).version == 5 for event in first)
    path = ROOT / "docs" / "stories" / "S01-counterfeit-both-units.json"
    again = [event for one in _played(path) for event in one.decision.events if isinstance(event, RefundOrdered)]
    assert all((event.order, event.dispute, event.at, event.instruction) in of_disputes for event in again)


@IN_EVERY_STORY
def test_parties_wait_for_every_deadline_and_payments_for_none(path: Path) -> None:
    for one in _played(path):
        for timer in one.decision.timers:
            if one.service == "dispute":
                assert timer.party is (timer.kind not in OF_PAYMENTS), timer


def test_states_fit_their_rows(happened: list[Happened]) -> None:
    states = [state for one in happened for state in (one.decision.state, *one.decision.others.values())]
    assert max(len(msgspec.json.encode(state)) for state in states if state is not None) < LARGEST_ROW


@IN_EVERY_STORY
def test_every_decision_that_moved_something_says_why(path: Path) -> None:
    for one in _played(path):
        if one.service in JUDGES and one.decision.outcome is Outcome.APPLIED and one.decision.moves:
            because = one.decision.because
            assert because is not None, one
            assert because.rule, one
            if one.service == "dispute":
                assert because.policy_version, one
                assert because.rule.removeprefix("transition ") in NUMBERS, one


@IN_EVERY_STORY
def test_every_decision_is_written_well(path: Path) -> None:
    assert all(is_written_well(one.decision) for one in _played(path))
