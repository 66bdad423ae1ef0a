"""The tables that reads see are those that the migrations make."""

import asyncpg

from arbitration.store.tables import METADATA


async def test_as_migrated(desk_database: str) -> None:
    connection = await asyncpg.connect(desk_database)
    for table in METADATA.sorted_tables:
        columns = await connection.fetch(
            "select column_name, is_nullable from information_schema.columns where table_name = $1", table.name
        )
        made = {row["column_name"]: row["is_nullable"] == "YES" for row in columns}
        assert made == {column.name: bool(column.nullable) for column in table.columns}, table.name
    await connection.close()
