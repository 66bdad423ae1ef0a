"""Strict reading of a JSON file: every key known, every value of its kind, and one sentence naming the place if not."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from aftersales.contracts.envelope import ISO_INSTANT, YEARS
from aftersales.errors import Failure

Value = TypeVar("Value")
LONGEST_SHOWN: Final = 60
# A story nests six deep, and what goes further would exhaust whoever walks it.
DEEPEST: Final = 20
TOO_DEEP: Final = "this is nested too deeply"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file: `S01.json: steps[3].status`."""

    file: str
    path: str = ""

    def at(self, key: str | int) -> "Place":
        if isinstance(key, int):
            return Place(self.file, f"{self.path}[{key}]")
        return Place(self.file, f"{self.path}.{key}" if self.path else key)

    def wrong(self, problem: str) -> Failure:
        """The failure to raise; `problem` continues "the value at this place ..."."""
        where = f"{self.file}: {self.path}" if self.path else self.file
        return Failure(f"{where}: {problem}.")


Read = Callable[[Any, Place], Any]


def shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def text(value: Any, place: Place) -> str:
    if not isinstance(value, str) or not value.strip():
        raise place.wrong(f"{shown(value)} is no text; expected a text that is not empty")
    return value


def flag(value: Any, place: Place) -> bool:
    if not isinstance(value, bool):
        raise place.wrong(f"{shown(value)} is neither true nor false")
    return value


def whole(value: Any, place: Place) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise place.wrong(f"{shown(value)} is no whole number")
    return value


def anything(value: Any, _place: Place) -> Any:
    """For what the system itself must judge, such as amounts that a story wants refused."""
    return value


def number(value: Any, place: Place) -> Any:
    """A number of any kind: whether it is money is for the system to judge."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise place.wrong(f"{shown(value)} is no number; expected minor units")
    return value


def instant(value: Any, place: Place) -> datetime:
    if isinstance(value, str) and ISO_INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:
            pass
        except OverflowError:
            raise place.wrong(f"{shown(value)} is out of range in UTC") from None
    raise place.wrong(f"{shown(value)} is no instant; expected one such as 2025-05-06T09:00:00Z")


def happening(value: Any, place: Place) -> datetime:
    """The instant of something that happens: deadlines are counted from it, which needs room on both sides."""
    at = instant(value, place)
    if at.year not in YEARS:
        raise place.wrong(f"{shown(value)} is out of range; expected an instant between {YEARS[0]} and {YEARS[-1]}")
    return at


def one_of(*words: str) -> Read:
    def read(value: Any, place: Place) -> str:
        if value not in words:
            raise place.wrong(f"{shown(value)} is not known; expected {listed(words)}")
        return str(value)

    return read


def list_of(read: Callable[[Any, Place], Value]) -> Callable[[Any, Place], tuple[Value, ...]]:
    def read_all(value: Any, place: Place) -> tuple[Value, ...]:
        if not isinstance(value, list):
            raise place.wrong(f"{shown(value)} is no list")
        return tuple(read(entry, place.at(position)) for position, entry in enumerate(value))

    return read_all


def mapping(value: Any, place: Place) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise place.wrong(f"{shown(value)} is no object; expected one in braces")
    return value


def or_null(read: Callable[[Any, Place], Value]) -> Callable[[Any, Place], Value | None]:
    def read_it(value: Any, place: Place) -> Value | None:
        return None if value is None else read(value, place)

    return read_it


def listed(words: Sequence[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys of an object and how each is read."""

    required: Mapping[str, Read]
    optional: Mapping[str, Read] = field(default_factory=dict)

    def read(self, value: Any, place: Place) -> dict[str, Any]:
        """The values by key; an optional key that is not there is not in it."""
        entries = mapping(value, place)
        known = {**self.required, **self.optional}
        for key in entries:
            if key not in known:
                raise place.at(key).wrong(f"this key is not known; expected {listed(tuple(known))}")
        for key in self.required:
            if key not in entries:
                raise place.wrong(f"the key {key} is missing; expected {listed(tuple(self.required), 'and')}")
        return {key: known[key](entry, place.at(key)) for key, entry in entries.items()}


def load(path: Path) -> Any:
    """The JSON of a file. Failure where it cannot be read, is no JSON, or names a key twice."""
    place = Place(path.name)
    value = _json(path, place)
    _sound(value, place, DEEPEST)
    return value


def _json(path: Path, place: Place) -> Any:
    try:
        # Editors of some systems begin a file with a byte order mark, which says nothing in UTF-8.
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, place))
    except OSError as problem:
        raise Failure(f"{path}: it cannot be read ({problem.strerror}). Name a story file.") from problem
    except UnicodeDecodeError as problem:
        raise place.wrong("this is no UTF-8") from problem
    except json.JSONDecodeError as problem:
        raise place.wrong(f"line {problem.lineno}: this is no JSON: {problem.msg}") from problem
    except ValueError as problem:
        raise place.wrong("this holds a number with more digits than can be read") from problem
    except RecursionError as problem:
        raise place.wrong(TOO_DEEP) from problem


def _sound(value: Any, place: Place, deeper: int) -> None:
    """Raises Failure where JSON allows what nothing here could walk, print or send."""
    if deeper == 0:
        raise place.wrong(TOO_DEEP)
    if isinstance(value, str):
        _whole_characters(value, place)
    elif isinstance(value, list):
        for position, entry in enumerate(value):
            _sound(entry, place.at(position), deeper - 1)
    elif isinstance(value, dict):
        for key, entry in value.items():
            _whole_characters(key, place)
            _sound(entry, place.at(key), deeper - 1)


def _whole_characters(said: str, place: Place) -> None:
    try:
        said.encode()
    except UnicodeEncodeError as problem:
        half = f"\\u{ord(said[problem.start]):04x}"
        raise place.wrong(f"{half} is half of a character; expected whole ones") from None


def _once(pairs: list[tuple[str, Any]], place: Place) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for position, (key, _) in enumerate(pairs) if key in dict(pairs[:position]))
        raise place.wrong(f"the key {twice} is given twice in one object")
    return found
