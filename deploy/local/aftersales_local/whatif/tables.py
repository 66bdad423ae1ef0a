"""A history out of the databases of a running stack: what came from outside, order by order, as `lines` writes it."""

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import asyncpg
import msgspec

from aftersales.contracts import marketplace as said
from aftersales.errors import Failure
from aftersales.service import Kind
from aftersales_local.state import Stack
from aftersales_local.whatif.lines import HEARD, Told, line, written
from aftersales_local.whatif.rebuilt import facts_told, scans_told, seller_told
from aftersales_local.whatif.sketch import MARKETPLACE
from dispute.store.kinds import ORDERS, SELLERS
from order_tracking.store.kinds import PARCELS

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
AT_ONCE: Final = 500
STATES: Final = "select id, state::text as state from {} where state is not null order by id"
# Commands are kept as they were said, repeats once; of chargebacks that one came, and when.
COMMANDS: Final = """
    select distinct on (cause_id) type, source, name, received_at, body::text as body from inbox
    where body is not null order by cause_id
"""
CHARGEBACKS: Final = """
    select type, source, name, received_at, split_part(subject, '/', 2) as order_id from inbox
    where type like 'marketplace.chargeback%' order by received_at
"""


async def export(stack: Stack, path: Path) -> None:
    """Write the history of a stack's orders. Failure where a database does not answer."""
    with path.open("wb") as file:
        for service, write in (("dispute", _dispute), ("order-tracking", _parcels), ("arbitration", _commands)):
            try:
                connection = await asyncpg.connect(stack.databases[service], timeout=10)
            except (KeyError, OSError, TimeoutError, asyncpg.PostgresError) as problem:
                raise Failure(f"The database of {service} does not answer ({problem}). Run `aftersales up`.") from None
            try:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    await write(connection, file)
            finally:
                await connection.close()


async def _dispute(connection: asyncpg.Connection, file: BinaryIO) -> None:
    async for _, seller in _states(connection, SELLERS):
        file.write(written(seller_told(seller, BEGINNING)))
    async for _, order in _states(connection, ORDERS):
        file.writelines(map(written, facts_told(order)))
    async for row in connection.cursor(CHARGEBACKS, prefetch=AT_ONCE):
        file.write(written(_chargeback(row)))
    await _commands(connection, file)


async def _parcels(connection: asyncpg.Connection, file: BinaryIO) -> None:
    async for name, parcel in _states(connection, PARCELS):
        file.writelines(map(written, scans_told(name, parcel)))


async def _commands(connection: asyncpg.Connection, file: BinaryIO) -> None:
    async for row in connection.cursor(COMMANDS, prefetch=AT_ONCE):
        if row["type"] in HEARD:
            file.write(line(row["type"], row["source"], row["name"], row["received_at"], row["body"].encode()))


async def _states(connection: asyncpg.Connection, kind: Kind) -> AsyncIterator[tuple[str, Any]]:
    decode: Callable[[str], Any] = msgspec.json.Decoder(kind.state).decode
    async for row in connection.cursor(STATES.format(kind.table), prefetch=AT_ONCE):
        yield row["id"], decode(row["state"])


def _chargeback(row: asyncpg.Record) -> Told:
    kind: Any = next(each for each in _CHARGEBACKS if row["type"] == each.TYPE)
    opened = kind is said.ChargebackOpened
    instants = {"opened_at": row["received_at"], "amount": 0} if opened else {"ended_at": row["received_at"]}
    return Told(row["received_at"], row["source"] or MARKETPLACE, row["name"], kind(order=row["order_id"], **instants))


_CHARGEBACKS: Final[Iterable[type[said.PaymentEvent]]] = (
    said.ChargebackOpened,
    said.ChargebackWon,
    said.ChargebackLost,
)
