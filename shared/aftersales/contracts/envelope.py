"""What every event has: strict on what we say, tolerant of unknown fields on what we hear."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from aftersales.money import EXPONENTS

ISO_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
INVISIBLE: Final = ("Cc", "Cf", "Zs", "Zl", "Zp")
MAX_AMOUNT: Final = 10**15


def _iso(value: Any) -> Any:
    # Lax parsers guess seconds or milliseconds from digits; an instant is written out, with its zone (dangers 6, 14-15).
    if isinstance(value, datetime) or (isinstance(value, str) and ISO_INSTANT.fullmatch(value)):
        return value
    raise ValueError("an instant is written as 2025-05-06T09:00:00Z, with its zone")


def _currency(value: str) -> str:
    if value not in EXPONENTS:
        raise ValueError("not a currency this system settles in (ISO 4217, upper case)")
    return value


def _words(value: str) -> str:
    if any(ord(c) < 32 and c not in "\n\r\t" for c in value) or "\x7f" in value:
        raise ValueError("control characters are not allowed")
    if all(unicodedata.category(c) in INVISIBLE for c in value):
        raise ValueError("says nothing: only blanks and invisible characters")
    return value


# Parsed with zone, kept as given; validated before pydantic's own parsing.
Instant = Annotated[AwareDatetime, BeforeValidator(_iso, json_schema_input_type=str), Field(strict=False)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_currency)]
Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT, description="minor units")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$", strict=True)]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,40}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_words)]
Sentence = Annotated[str, StringConstraints(max_length=2000)]


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

    @classmethod
    def name(cls) -> str:
        """The wire name without its version: `dispute.opened`."""
        return cls.TYPE.rpartition(".v")[0]
