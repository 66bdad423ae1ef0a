"""The tables that reads see are the tables that the migrations make."""

from aftersales.runtime.postgres import Pool
from dispute.store.tables import METADATA


async def test_every_column_is_as_the_reads_see_it(pool: Pool) -> None:
    for table in METADATA.sorted_tables:
        rows = await pool.fetch(
            "select column_name, is_nullable from information_schema.columns where table_name = $1", table.name
        )
        there = {row["column_name"]: row["is_nullable"] == "YES" for row in rows}
        assert there == {column.name: bool(column.nullable) for column in table.columns}, table.name
