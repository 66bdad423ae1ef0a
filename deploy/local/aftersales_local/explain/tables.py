"""What the services' tables say of one dispute, in time order: decisions with their reasons, money, words, notices."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from aftersales.errors import Failure
from aftersales.explanation import english, happening
from aftersales.runtime.reach import plain
from aftersales_local.stories.timeline import moved

# 2,000 rows of each table: a dispute with more is no longer something to read.
DISPUTE: Final = "select * from disputes where dispute = $1"
HISTORY: Final = """
    select subject, version, cause_id, event_type, outcome, at, arrived_at, moves, explanation from history
    where subject = any($1) order by at, subject, version limit 2000
"""
JOURNAL: Final = "select cause, account, currency, amount from journal where dispute = $1 order by id limit 2000"
SAID: Final = "select cause, party, words from statement where dispute = $1 and words <> '' order by id limit 2000"
NOTICES: Final = """
    select at, party, channel, type, title, words from notice
    where dispute = $1 or (dispute is null and order_id = $2) order by at, number limit 2000
"""
PARCELS: Final = "select distinct parcel_id from shipment where order_id = $1"

Fetch = Callable[..., Awaitable[Sequence[Mapping[str, Any]]]]
"""(service, query, arguments) to rows; none where the service's database is not named."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One entry. what: the event or deadline that was decided about, or the notice's type. words: why, in English."""

    at: datetime
    who: str
    what: str
    outcome: str | None = None
    moves: tuple[tuple[str, str | None, str], ...] = ()
    money: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    explanation: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Without what is empty."""
        moves = [{"thing": thing, "from": before, "to": after} for thing, before, after in self.moves]
        values = {
            "at": self.at.isoformat(),
            "who": self.who,
            "what": self.what,
            "outcome": self.outcome,
            "moves": moves,
            "money": list(self.money),
            "said": list(self.said),
            "words": list(self.words),
            "explanation": dict(self.explanation),
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Story:
    """A dispute as it stands, and everything that led there."""

    dispute: Mapping[str, Any]
    timeline: tuple[Happened, ...]


async def story_of(dispute: str, fetch: Fetch) -> Story:
    """Raises Failure where there is no such dispute."""
    found = await fetch("dispute", DISPUTE, dispute)
    if not found:
        raise Failure(f"There is no dispute {dispute} here. Check its name, and whether this is the right database.")
    row = {name: plain(value) if isinstance(value, bytes) else value for name, value in found[0].items()}
    order, currency = row["order_id"], row["currency"]
    decided = [each for each in await fetch("dispute", HISTORY, [f"order/{order}"]) if _is_about(each, dispute)]
    entries = [_decision(each, "dispute", currency) for each in decided]
    journal = await fetch("dispute", JOURNAL, dispute)
    said = await fetch("dispute", SAID, dispute)
    entries = [_with(entry, each["cause_id"], journal, said) for entry, each in zip(entries, decided, strict=True)]
    cases = await fetch("arbitration", HISTORY, [f"case/{dispute}"])
    parcels = [f"parcel/{each['parcel_id']}" for each in await fetch("order-tracking", PARCELS, order)]
    scans = await fetch("order-tracking", HISTORY, parcels)
    entries += [_decision(each, "arbitration", currency) for each in cases]
    entries += [_decision(each, "order-tracking", currency) for each in scans if plain(each["moves"])]
    entries += [_notice(each) for each in await fetch("notification", NOTICES, dispute, order)]
    return Story(row, tuple(sorted(entries, key=lambda entry: entry.at)))


def _is_about(row: Mapping[str, Any], dispute: str) -> bool:
    """A decision about the order is about all its disputes, unless it names another."""
    things = {move[0] for move in plain(row["moves"])}
    named = plain(row["explanation"]).get("facts", {}).get("dispute")
    return dispute in things or (not things and named in (None, dispute))


def _decision(row: Mapping[str, Any], service: str, currency: str) -> Happened:
    explanation = plain(row["explanation"])
    words = english(explanation, currency=currency, what=row["event_type"], arrived_at=row["arrived_at"])
    moves = tuple((thing, before, after) for thing, before, after, _ in plain(row["moves"]))
    what = happening(row["event_type"])
    return Happened(row["at"], service, what, row["outcome"], moves, (), (), tuple(words), explanation)


def _with(
    entry: Happened, cause: Any, journal: Sequence[Mapping[str, Any]], said: Sequence[Mapping[str, Any]]
) -> Happened:
    """With the money that the decision moved, account by account, and what the party said along with it."""
    money = (moved(row["account"], row["amount"], row["currency"]) for row in journal if row["cause"] == cause)
    words = (f'the {row["party"]}: "{row["words"]}"' for row in said if row["cause"] == cause)
    return replace(entry, money=tuple(money), said=tuple(words))


def _notice(row: Mapping[str, Any]) -> Happened:
    told = f"to the {row['party']} ({row['channel']}): {row['title']}. {row['words']}"
    return Happened(row["at"], "notification", str(row["type"]), said=(told,))
