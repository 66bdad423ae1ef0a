"""Cursors come back from strangers."""

from datetime import datetime

import pytest

from aftersales.errors import Refused
from aftersales.runtime.paging import closed, opened


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2025-01-01T00:00:00"])
def test_refused_when_its_instant_leaves_the_calendar_or_has_no_zone(instant: str) -> None:
    with pytest.raises(Refused, match="cursor-not-valid"):
        opened(closed((instant, "x")), (datetime, str))
