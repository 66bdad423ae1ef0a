"""A policy version never changes once it was used, whatever its file says later."""

from pathlib import Path

import asyncpg
import pytest

from aftersales.errors import Failure
from aftersales.policy.book import PolicyBook
from aftersales.policy.parse import load_book
from aftersales.runtime.policy_versions import remember

SPRING = 'name = "spring"\nversion = 1\n[with]\nreopen.max = {}\n'


def book(folder: Path, most: int) -> PolicyBook:
    (folder / "spring.toml").write_text(SPRING.format(most))
    return load_book(folder)


async def test_a_version_that_says_something_else_than_before_is_refused(toy_database: str, tmp_path: Path) -> None:
    connection = await asyncpg.connect(toy_database)
    try:
        await remember(connection, book(tmp_path, 3))
        await remember(connection, book(tmp_path, 3))
        with pytest.raises(Failure, match=r"The policy spring version 1 has been used as spring@1#\w+ and is now"):
            await remember(connection, book(tmp_path, 4))
        (tmp_path / "spring.toml").unlink()
        await remember(connection, load_book(tmp_path))
    finally:
        await connection.close()
