"""What happened, for a person: instant, who, what, new state, deadlines armed, money moved, rule and facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aftersales.contracts.appeal import BurdenReversed
from aftersales.contracts.dispute import RefundOrdered
from aftersales.contracts.envelope import Event
from aftersales.money import shown
from aftersales_local.stories.cast import Cast
from aftersales_local.stories.expectations import as_text, stamp

MOST_FACT = 160


@dataclass(frozen=True, slots=True)
class Entry:
    """moves: (thing, before, after). armed: kind of deadline to its instant. rule, facts, policy: why."""

    at: datetime
    who: str
    what: str
    moves: tuple[tuple[str, str | None, str], ...] = ()
    armed: Mapping[str, datetime] = field(default_factory=dict)
    money: tuple[str, ...] = ()
    rule: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    refused: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Without what is empty."""
        values = {
            "at": stamp(self.at),
            "who": self.who,
            "what": self.what,
            "moves": [{"thing": thing, "from": before, "to": after} for thing, before, after in self.moves],
            "armed": {kind: stamp(due) for kind, due in self.armed.items()},
            "money": list(self.money),
            "rule": self.rule,
            "facts": dict(self.facts),
            "policy": dict(self.policy),
            "refused": self.refused,
        }
        return {key: value for key, value in values.items() if value or key in ("at", "who", "what")}


def lines(entry: Entry) -> Iterable[str]:
    """One line, and one more for each thing worth knowing about it."""
    yield f"{stamp(entry.at)}  {entry.who:<14} {entry.what}"
    for thing, before, after in entry.moves:
        yield f"{'':<22}{thing}: {f'{before} -> ' if before else ''}{after}"
    for kind, due in entry.armed.items():
        yield f"{'':<22}deadline {kind} {stamp(due)}"
    for moved in entry.money:
        yield f"{'':<22}money {moved}"
    if entry.refused:
        yield f"{'':<22}refused: {entry.refused}"
    if entry.rule and (entry.moves or entry.money):
        facts = as_text({**entry.facts, **entry.policy})
        yield f"{'':<22}because {entry.rule} {facts if len(facts) <= MOST_FACT else f'{facts[:MOST_FACT]}...'}"


def money_of(events: Iterable[Event]) -> tuple[str, ...]:
    """What settlements among the events move, account by account."""
    return tuple(
        moved(entry.account, entry.amount, event.currency)
        for event in events
        if isinstance(event, BurdenReversed) or (isinstance(event, RefundOrdered) and event.attempt == 1)
        for entry in event.entries
    )


def brief(timeline: Iterable[Entry]) -> Iterable[str]:
    """One short line for each move of a dispute, with the money that went with it."""
    for entry in timeline:
        moves = [f"{thing}: {before or 'opened'} -> {after}" for thing, before, after in entry.moves]
        said = [move for move in moves if not move.startswith(("parcel ", "case"))]
        if said or entry.refused:
            what = "; ".join(said) or f"{entry.what} refused ({(entry.refused or '').partition(':')[0]})"
            money = f"  [{', '.join(entry.money)}]" if entry.money else ""
            yield f"{entry.at:%m-%d %H:%M}  {what}{money}"


def moved(account: str, amount: int, currency: str) -> str:
    return f"{account} {'+' if amount > 0 else ''}{shown(amount, currency)}"


def in_own_words(entry: Entry, cast: Cast) -> Entry:
    """The entry with the story's own names and instants."""
    return Entry(
        at=cast.when(entry.at),
        who=cast.told(entry.who),
        what=cast.told(entry.what),
        moves=tuple((cast.told(thing), before, after) for thing, before, after in entry.moves),
        armed={kind: cast.when(due) for kind, due in entry.armed.items()},
        money=entry.money,
        rule=entry.rule,
        facts=_own(entry.facts, cast),
        policy=_own(entry.policy, cast),
        refused=cast.told(entry.refused) if entry.refused else None,
    )


def _own(value: Any, cast: Cast) -> Any:
    if isinstance(value, str):
        return _instant(value, cast) or cast.told(value)
    if isinstance(value, Mapping):
        return {cast.told(str(key)): _own(entry, cast) for key, entry in value.items()}
    if isinstance(value, Sequence):
        return [_own(entry, cast) for entry in value]
    return value


def _instant(value: str, cast: Cast) -> str | None:
    if not cast.shift or len(value) < len("2025-05-06T09:00:00") or value[4:5] != "-":
        return None
    try:
        return stamp(cast.when(datetime.fromisoformat(value)))
    except (ValueError, TypeError):
        return None
