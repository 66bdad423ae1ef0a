"""order-tracking on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from order_tracking.api import routers
from order_tracking.handlers import SERVICE
from tests.support.served import Served, served


@pytest.fixture
async def tracking(database: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(SERVICE, routers(), database, tmp_path) as service:
        yield service
