"""What a running stack's databases say of one story: outcomes, decisions, deadlines, journals, by its own names."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from aftersales_local.conductor import json_of
from aftersales_local.stories.cast import Cast
from aftersales_local.stories.player import ACCEPTED, AFTER_THE_END, UNHEARD, WAITS, Reply
from aftersales_local.stories.timeline import Entry, moved

OUTCOMES: Final = "select outcome, slug, answer from inbox where cause_id = $1"
DECISIONS: Final = """
    select h.subject, h.version, h.cause_id, h.event_type, h.rule, h.outcome, h.at, h.moves, h.explanation,
           (select coalesce(jsonb_object_agg(t.kind, t.due), '{}') from timers t where t.armed_by = h.cause_id) as armed
    from history h where h.subject like '%' || $1 || '%' order by h.at, h.subject, h.version
"""
JOURNAL: Final = "select account, currency, amount from journal where cause = $1 order by id"
PARKED: Final = "select subject, reason from parked where subject like '%' || $1 || '%'"
# Their notices would drown everything else.
TOLD: Final = ("order-tracking", "dispute", "arbitration")
REFUSING: Final = ("refused", "dead_letter", "parked")


class Records:
    def __init__(self, databases: Mapping[str, asyncpg.Connection], cast: Cast) -> None:
        self._databases = databases
        self._cast = cast
        self._seen: set[tuple[str, str, int]] = set()

    async def outcome(self, cause: str, *, strict: bool) -> Reply:
        """What was decided on a message. strict: "nothing to do" refuses it."""
        heard = waits = False
        for connection in self._databases.values():
            for row in await connection.fetch(OUTCOMES, UUID(cause)):
                idle = row["outcome"] == "nothing" and row["slug"] != AFTER_THE_END
                if row["outcome"] in REFUSING or (strict and idle):
                    return Reply(accepted=False, why=row["slug"] or row["outcome"])
                heard = heard or row["outcome"] not in ("ignored", "unknown_type")
                waits = waits or row["outcome"] == "waiting"
        return WAITS if waits else ACCEPTED if heard else UNHEARD

    async def faults(self) -> list[str]:
        found = []
        for service, connection in self._databases.items():
            rows = await connection.fetch(PARKED, self._cast.suffix)
            found += [f"{service} {row['subject']} decided, was parked: {row['reason']}" for row in rows]
        return [self._cast.told(each) for each in found]

    async def news(self) -> list[Entry]:
        """Decisions since it was asked last, in order."""
        entries: list[Entry] = []
        for service in TOLD:
            for row in await self._databases[service].fetch(DECISIONS, self._cast.suffix):
                name = (service, row["subject"], row["version"])
                if name not in self._seen:
                    self._seen.add(name)
                    entries.append(await self._entry(service, row))
        return sorted((entry for entry in entries if worth_telling(entry)), key=lambda entry: entry.at)

    async def _entry(self, service: str, row: Any) -> Entry:
        explanation = json_of(row["explanation"])
        # A decision on two subjects has a row for each; its money is the order's.
        of_order = service == "dispute" and row["subject"].startswith("order/")
        journal = await self._databases["dispute"].fetch(JOURNAL, row["cause_id"]) if of_order else []
        timer = row["event_type"].removeprefix("timer:")
        fired = timer != row["event_type"]
        refused = row["outcome"] in REFUSING or (
            row["outcome"] == "nothing" and "command" in explanation.get("facts", {})
        )
        return Entry(
            at=row["at"],
            who=service.replace("-", "_"),
            what=f"{timer} falls due" if fired else row["event_type"].rpartition(".v")[0],
            moves=tuple((thing, before, after) for thing, before, after, _ in json_of(row["moves"])),
            armed={kind: datetime.fromisoformat(due) for kind, due in json_of(row["armed"]).items()},
            money=tuple(moved(each["account"], each["amount"], each["currency"]) for each in journal),
            rule=explanation.get("rule"),
            facts=explanation.get("facts", {}),
            policy=explanation.get("policy", {}),
            refused=f"{explanation.get('slug')}: {explanation.get('sentence')}" if refused else None,
        )


def worth_telling(entry: Entry) -> bool:
    return bool(entry.moves or entry.money or entry.refused)
