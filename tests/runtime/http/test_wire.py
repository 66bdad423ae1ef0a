"""What arrives below HTTP's good manners: ambiguous lengths, floods and dawdling, on a real socket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from tests.runtime.http.conftest import toy_api
from tests.runtime.toy import Toy
from tests.support.bad_input import HTTP, covers
from tests.support.tokens import Issuer

from aftersales.runtime import server
from aftersales.runtime.http import Parts, create_app
from aftersales.runtime.server import Server, bound

BODY = b'{"amount": 5}'
CHUNKED = b"d\r\n" + BODY + b"\r\n0\r\n\r\n"


@pytest.fixture
async def port(words: Toy, parts: Parts) -> AsyncIterator[int]:
    listener = bound("127.0.0.1", 0)
    running = Server(create_app(words.service, parts, [toy_api(words)]))
    serving = asyncio.create_task(running.serve([listener]))
    yield listener.getsockname()[1]
    running.should_exit = True
    await serving


async def answered(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        return await asyncio.wait_for(reader.read(4096), 5)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def post(issuer: Issuer, *headers: bytes, body: bytes = BODY) -> bytes:
    lines = (
        b"POST /accounts/a/deposits HTTP/1.1",
        b"Host: toy",
        b"Authorization: Bearer " + issuer.token().encode(),
        b"Content-Type: application/json",
        b"Idempotency-Key: k",
        *headers,
    )
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@covers(27, 42, over=[HTTP])
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ((b"Content-Length: 13", b"Content-Length: 14"), BODY),
        ((b"Content-Length: 13", b"Transfer-Encoding: chunked"), CHUNKED),
        ((b"Transfer-Encoding: chunked", b"Content-Length: 13"), CHUNKED),
        ((b"Content-Length: -1",), BODY),
        ((b"Content-Length: " + b"9" * 30,), BODY),
        ((b"Content-Length: 1_3",), BODY),
        ((b"Content-Length: 13", b"X-Bad: a\x00b"), BODY),
        ((b"Content-Length: 13", b"X-Flood: " + b"x" * 40_000), BODY),
        ((b"Content-Length: 13", *(b"X-%d: %d" % (n, n) for n in range(5_000))), BODY),
    ],
    ids=[
        "two lengths",
        "length and chunks",
        "chunks and length",
        "negative",
        "beyond any",
        "underscore",
        "NUL",
        "40 KB",
        "5000 headers",
    ],
)
async def test_refused_and_the_next_is_answered(
    port: int, issuer: Issuer, headers: tuple[bytes, ...], body: bytes
) -> None:
    answer = await answered(port, post(issuer, *headers, body=body))
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413", b"HTTP/1.1 431")), answer
    good = await answered(port, post(issuer, b"Content-Length: 13"))
    assert good.startswith(b"HTTP/1.1 201")


@covers(52, over=[HTTP])
async def test_a_head_that_never_ends_is_cut(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nX-Flood: ")
    with contextlib.suppress(ConnectionError):
        for _ in range(100):
            writer.write(b"x" * 10_000)
            await writer.drain()
    with contextlib.suppress(ConnectionError):
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    writer.close()


@covers(52, over=[HTTP])
@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: toy\r\n"])
async def test_a_head_that_is_not_sent_is_not_waited_for(
    port: int, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_WITHIN", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


async def test_many_requests_on_one_connection(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(50):
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: toy\r\nX-Long: " + b"x" * 2_000 + b"\r\n\r\n")
        assert b'{"status":"live"}' in await asyncio.wait_for(reader.readuntil(b"}"), 5)
    writer.close()


async def test_chunks_alone_are_fine(port: int, issuer: Issuer) -> None:
    answer = await answered(port, post(issuer, b"Transfer-Encoding: chunked", body=CHUNKED))
    assert answer.startswith(b"HTTP/1.1 201")


async def test_the_server_does_not_name_itself(port: int) -> None:
    answer = await answered(port, b"GET /health/live HTTP/1.1\r\nHost: toy\r\n\r\n")
    assert b"server:" not in answer.lower()
