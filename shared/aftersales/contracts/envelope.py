"""What every event has: strict on what we say, tolerant of unknown fields on what we hear."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from aftersales.money import EXPONENTS

ISO_INSTANT: Final = re.compile(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
)
# Deadlines are counted from instants: what lies so far out is a slip, and near year 1 or 9999 counting overflows.
YEARS: Final = range(1970, 3000)
MAX_AMOUNT: Final = 10**15
# C0 and C1 controls and DEL, but not tab and line ends: Postgres takes no NUL, and terminals obey the others.
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
BIDI: Final = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Letters and symbols by category, yet blank to the eye: Hangul fillers and the empty Braille pattern.
BLANK: Final = "\u115f\u1160\u3164\uffa0\u2800"
MAX_MARKS: Final = 8


class _Instant:
    """The whole check in pydantic's own core: an event has up to eight instants, and each is checked at least twice."""

    @staticmethod
    def __get_pydantic_core_schema__(_source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        first, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (YEARS.start, YEARS.stop))
        bounds: dict[str, Any] = {"tz_constraint": "aware", "ge": first, "lt": end}
        # Lax parsers guess seconds or milliseconds from digits: an instant is written out, with its zone.
        written = core_schema.chain_schema(
            [
                core_schema.str_schema(pattern=ISO_INSTANT.pattern, strict=True),
                core_schema.datetime_schema(**bounds, strict=False),
            ]
        )
        said = core_schema.datetime_schema(**bounds, strict=True)
        return core_schema.custom_error_schema(
            core_schema.json_or_python_schema(
                json_schema=written,
                python_schema=core_schema.union_schema([said, written], mode="left_to_right"),
            ),
            custom_error_type="instant",
            custom_error_message="an instant is written as 2025-05-06T09:00:00Z, with its zone, and lies between "
            f"{YEARS[0]} and {YEARS[-1]}",
        )


def _currency(value: str) -> str:
    if value not in EXPONENTS:
        raise ValueError(f"not a currency this system settles in; expected one of {', '.join(sorted(EXPONENTS))}")
    return value


def _legible(value: str) -> str:
    """Text that any store and any screen can bear, kept exactly; emoji, joiners and right-to-left text are legible."""
    if value.isascii() and value.isprintable():
        return value  # nearly every one, and found in a fifth of the time
    if CONTROL.search(value):
        raise ValueError("control characters are not allowed")
    if not value.isascii() and _longest_pile(value) > MAX_MARKS:
        raise ValueError(f"more than {MAX_MARKS} combining marks in a row are not allowed")
    return value


def _longest_pile(value: str) -> int:
    """The most combining marks in a row: real scripts need four, a flood draws over its neighbours."""
    longest = here = 0
    for character in value:
        here = here + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        longest = max(longest, here)
    return longest


def _words(value: str) -> str:
    if not any(unicodedata.category(c)[0] in "LNPS" and c not in BLANK for c in value):
        raise ValueError("says nothing: only blanks and invisible characters")
    return value


def _one_line(value: str) -> str:
    if BIDI.search(value) or any(c in value for c in "\n\r\t\u2028\u2029"):
        raise ValueError("line breaks and direction marks are not allowed in a name")
    return value


# Parsed with zone, kept as given.
Instant = Annotated[datetime, _Instant, WithJsonSchema({"type": "string", "format": "date-time"})]
# Ids and tokens are ASCII, so that none looks like another.
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Currency = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{3}$"),
    AfterValidator(_currency),
    Field(description="ISO 4217, one this system settles in"),
]
Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT, description="minor units")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$", strict=True)]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,40}$")]
Words = Annotated[
    str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_legible), AfterValidator(_words)
]
"""What a person wrote; the length counts code points."""
Sentence = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_legible)]
Name = Annotated[str, StringConstraints(max_length=120), AfterValidator(_legible), AfterValidator(_one_line)]
"""A short name of a place or a thing, on one line."""


class Part(BaseModel):
    """A piece of an event."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Event(Part):
    """Something that happened, as it travels: one type, one topic, keyed by what it is about.

    TYPE is the CloudEvents type with its major version; a new meaning is a new type, never a changed one.
    """

    TYPE: ClassVar[str] = ""
    TOPIC: ClassVar[str] = ""
    vocabulary: ClassVar[dict[str, type["Event"]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.TYPE:
            Event.vocabulary[cls.TYPE] = cls

    @property
    def key(self) -> str:
        """The Kafka key: the order, unless the speaker's module says otherwise."""
        return str(self.order)  # type: ignore[attr-defined]

    def as_json(self) -> bytes:
        """As it travels."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def name(cls) -> str:
        """The wire name without its version: `dispute.opened`."""
        return cls.TYPE.rpartition(".v")[0]
