"""The closing checks: what must be true when everything has come to rest, read from the tables and topics themselves.

Nothing here uses the services' or the engine's code: their mistakes must not be repeated here. What is written by hand
twice (names of tables, the rulebook's transitions, how a cause's id is derived) is written twice on purpose.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack

import asyncpg

from aftersales_local.checks import delivery, history, money, rest, topics
from aftersales_local.checks.report import Check

__all__ = ["Check", "run"]


async def run(databases: Mapping[str, str], bootstrap: str) -> list[Check]:
    """Every check, in the order in which a person reads them.

    databases: the DSN of each service by its name, with hyphen or underscore.
    """
    async with AsyncExitStack() as opened:
        connections: dict[str, asyncpg.Connection] = {}
        for name, dsn in databases.items():
            service = name.replace("-", "_")
            connections[service] = await asyncpg.connect(dsn)
            opened.push_async_callback(connections[service].close)
        # The outbox first, the logs of causes last: what happens meanwhile must not look like a loss.
        sent = await delivery.outgoing(connections)
        records = await topics.read(bootstrap, delivery.EVERY_TOPIC)
        return [
            await delivery.every_record_known(connections, records),
            await rest.nothing_unsent(connections),
            delivery.every_event_published(sent, records),
            await rest.nothing_due(connections),
            await rest.nothing_parked(connections),
            await money.journals_balanced(connections),
            await money.refunds_within_paid(connections),
            await money.one_resolution(connections),
            await rest.one_notice(connections),
            await history.without_gaps(connections),
            await history.moves_legal(connections),
            await rest.no_deadline_passed(connections),
        ]
