"""The gate before every route: a body that is not small, plain, unambiguous JSON in UTF-8 goes no further.

A pure ASGI middleware: it reads the body whole, within bounds of size and time, looks at it and hands it on as it is.
"""

import asyncio
import codecs
import json
import math
from collections.abc import Iterable
from email.message import Message as MimeHeaders
from typing import Any, Final, NoReturn

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aftersales.errors import Refused
from aftersales.runtime.problems import of_refusal

MOST_BYTES: Final = 64 * 1024
DEEPEST: Final = 20
PATIENCE: Final = 10.0
# The rest of the body is on its way and nobody will read it.
CLOSE: Final = {"Connection": "close"}
WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Gone(Exception):
    """The caller left before the body was complete."""


class Gate:
    """`patience`: seconds a body may take to arrive."""

    def __init__(self, app: ASGIApp, patience: float = PATIENCE) -> None:
        self._app = app
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in WITH_BODY:
            await self._app(scope, receive, send)
            return
        try:
            body = await self._read(Headers(scope=scope), receive)
        except Refused as refusal:
            await of_refusal(refusal, scope["path"])(scope, receive, send)
            return
        except Gone:
            return
        await self._app(scope, again(body, receive), send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        declared_length(headers)
        try:
            body = await asyncio.wait_for(gather(receive), self._patience)
        except TimeoutError:
            sentence = f"The body took longer than {self._patience:.0f} s."
            raise Refused("too-slow", sentence, 408, headers=CLOSE) from None
        if headers.getlist("content-encoding") not in ([], ["identity"]):
            raise Refused("encoding-refused", "Content-Encoding is not supported; send the body as it is.", 415)
        if body:
            media_type(headers)
            well_formed(body)
        return body


def declared_length(headers: Headers) -> None:
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise Refused("malformed-request", "Content-Length is not a number.", 400)
    if len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES:
        raise too_large()


async def gather(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BYTES:
            raise too_large()
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def too_large() -> Refused:
    return Refused("body-too-large", f"The body is over {MOST_BYTES} bytes.", 413, headers=CLOSE)


def media_type(headers: Headers) -> None:
    given = headers.getlist("content-type")
    content = MimeHeaders()
    content["content-type"] = given[0] if given else ""
    charset = content.get_param("charset", "utf-8")
    if len(given) != 1 or content.get_content_type() != "application/json" or str(charset).lower() != "utf-8":
        raise Refused("unsupported-media-type", "Send application/json in UTF-8.", 415)


def well_formed(body: bytes) -> Any:
    """The parsed document; Refused 400 when it is not JSON as we take it, 422 for text or numbers nobody may say."""
    if body.startswith(codecs.BOM_UTF8):
        raise malformed("it begins with a byte order mark")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise malformed("it is not UTF-8") from None
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise too_deep() from None
    except json.JSONDecodeError as error:
        raise malformed(f"{error.msg[0].lower()}{error.msg[1:]} at character {error.pos}") from None
    except ValueError:
        raise malformed("a number has too many digits") from None
    look_through(document, 1)
    return document


def look_through(value: Any, depth: int) -> None:
    if isinstance(value, str):
        sayable(value)
    elif isinstance(value, (dict, list)):
        if depth > DEEPEST:
            raise too_deep()
        inside: Iterable[Any] = value if isinstance(value, list) else [*value, *value.values()]
        for each in inside:
            look_through(each, depth + 1)


def sayable(text: str) -> None:
    """Refused 422 for what Postgres cannot keep: NUL, and halves of a character."""
    if "\x00" in text:
        raise Refused("not-valid", "The character NUL is not allowed.", 422)
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused("not-valid", "A lone surrogate (\\ud800 to \\udfff) is not a character.", 422)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # A proxy may read the first and we the last: two readers, two amounts.
        raise malformed("a name occurs twice in one object")
    return found


def _finite(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else _no_number(digits)


def _no_number(constant: str) -> NoReturn:
    raise Refused("not-valid", f"{constant[:20]} is not a number this system takes.", 422)


def malformed(why: str) -> Refused:
    return Refused("malformed-json", f"The body is not a JSON document as this system takes it: {why}.", 400)


def too_deep() -> Refused:
    return malformed(f"it is nested deeper than {DEEPEST}")


def again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once, and then what really comes."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay
