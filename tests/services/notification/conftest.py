"""notification on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from notification.api import routers
from notification.handlers import SERVICE
from tests.support.served import Served, served


@pytest.fixture
async def notification(database: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(SERVICE, routers(), database, tmp_path) as service:
        yield service
