"""Cursors come back from strangers."""

from datetime import UTC, datetime

import pytest

from aftersales.errors import Refused
from aftersales.runtime.paging import closed, opened


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T00:00:00+00:00", "2025-01-01T00:00:00"])
def test_refused_when_its_instant_leaves_the_calendar_or_has_no_zone(instant: str) -> None:
    with pytest.raises(Refused, match="cursor-not-valid"):
        opened(closed((instant, "x")), (datetime, str))


@pytest.mark.parametrize("instant", ["0001-01-02T00:00:00+23:59", "9999-12-30T23:59:59-23:59"])
def test_taken_when_no_zone_moves_it_out_of_the_calendar(instant: str) -> None:
    [read] = opened(closed((instant,)), (datetime,))
    assert read.astimezone(UTC)
