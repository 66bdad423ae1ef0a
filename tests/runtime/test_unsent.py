"""What waits to be sent is counted in a moment, whatever the statistics of the table are of."""

import pytest

from aftersales.runtime.housekeeping import FIGURES
from aftersales.runtime.postgres import Pool
from aftersales.runtime.unsent import UNSENT

BACKLOG = """
    insert into outbox (event_id, topic, key, type, subject, headers, body)
    select gen_random_uuid(), 'toy.balances', 'a', 'toy.said.v1', 'account/a', '{}', '{}' from generate_series(1, 20000)
"""


@pytest.mark.parametrize("query", [UNSENT, FIGURES])
async def test_after_a_backlog_nothing_looks_through_what_was_sent(pool: Pool, query: str) -> None:
    """Analyzed in the midst of it, the table seems to be unsent by half: it was read as a whole, every second."""
    await pool.execute(BACKLOG)
    await pool.execute("analyze outbox")
    await pool.execute("update outbox set sent_at = clock_timestamp()")
    plan = [row[0] for row in await pool.fetch("explain " + query.replace("$1", "20001"))]
    assert [line for line in plan if "Seq Scan on outbox" in line] == []
