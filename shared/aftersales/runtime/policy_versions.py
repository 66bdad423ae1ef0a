"""A policy version never changes once it was used: the database remembers what each of them said (rulebook, 2)."""

from typing import Final

from aftersales.errors import Failure
from aftersales.policy.book import PolicyBook
from aftersales.runtime.postgres import Connection

REMEMBER: Final = (
    "insert into policy_version (name, version, identity) select * from unnest($1::text[], $2::int[], $3::text[]) "
    "on conflict do nothing"
)
CHANGED: Final = (
    "select known.name, known.version, known.identity as was, said.identity as now "
    "from unnest($1::text[], $2::int[], $3::text[]) as said (name, version, identity) "
    "join policy_version known using (name, version) where known.identity <> said.identity order by 1, 2 limit 1"
)


async def remember(connection: Connection, policies: PolicyBook) -> None:
    """Note the versions that this process judges by; Failure where one of them said something else before."""
    known = policies.policies
    columns = [p.name for p in known], [p.version for p in known], [p.identity for p in known]
    await connection.execute(REMEMBER, *columns)
    changed = await connection.fetchrow(CHANGED, *columns)
    if changed is not None:
        raise Failure(
            f"The policy {changed['name']} version {changed['version']} has been used as {changed['was']} and is now "
            f"{changed['now']}. A version never changes: restore its file, and give the changed one a new number."
        )
