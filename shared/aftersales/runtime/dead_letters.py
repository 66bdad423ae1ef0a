"""Dead letters: records that nobody can judge, kept whole, for `replay` and for operators to look at."""

import base64
from datetime import datetime
from typing import Final

import orjson

from aftersales.runtime import metrics
from aftersales.runtime.causes import DeadLetter, Values

LONGEST_SENTENCE: Final = 500


def dead_letter_row(dead: DeadLetter, now: datetime) -> Values:
    metrics.DEAD_LETTERS.labels(dead.reason).inc()
    record, place = dead.record, dead.place
    return (
        *(place.topic, place.partition, place.offset, place.appended_at or now, record.key),
        *(written_headers(record.headers), record.body, dead.reason),
        *(dead.sentence.replace("\0", "")[:LONGEST_SENTENCE], now),
    )


def written_headers(headers: tuple[tuple[str, bytes], ...]) -> bytes:
    """As JSON: [name, "text" or "base64", value]; a stranger's header may be any bytes, a NUL included."""
    return orjson.dumps([_header(name, value) for name, value in headers])


def _header(name: str, value: bytes) -> list[str]:
    name = name.replace("\0", "\\0").encode(errors="replace").decode()
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    return [name, "base64", base64.b64encode(value).decode()] if "\0" in text else [name, "text", text]


def read_headers(written: bytes) -> tuple[tuple[str, bytes], ...]:
    return tuple(
        (name, value.encode() if form == "text" else base64.b64decode(value))
        for name, form, value in orjson.loads(written)
    )
