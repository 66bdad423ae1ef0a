"""The parties' words are read at dispute with the agent's own token; its absence and its nonsense are told as such."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from aftersales_local.ports import any_free_ports
from tests.services.arbitration.conftest import Desk

PROBLEM = b'{"slug": "role-not-allowed", "detail": "This is not open to you."}'


@dataclass
class Neighbour:
    """What answers at dispute's address."""

    status: int = 200
    body: bytes = b'{"items": [{"words": "It is broken."}], "next": null}'
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def neighbour() -> Neighbour:
    return Neighbour()


@pytest.fixture
def dispute_url(neighbour: Neighbour) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            neighbour.asked.append((self.path, self.headers["Authorization"]))
            self.send_response(neighbour.status)
            self.send_header("Location", "http://elsewhere.invalid/")
            self.send_header("Content-Length", str(len(neighbour.body)))
            self.end_headers()
            self.wfile.write(neighbour.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing worth a line."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


async def test_read_with_the_agents_token_page_by_page(desk: Desk, neighbour: Neighbour) -> None:
    await desk.has_in_review()
    answer = await desk.get("/cases/D1/statements", limit=7, cursor="abc")
    assert (answer.status_code, answer.json()["items"][0]["words"]) == (200, "It is broken.")
    [(path, token)] = neighbour.asked
    assert path == "/disputes/D1/statements?limit=7&cursor=abc"
    assert token is not None
    assert token.startswith("Bearer ")


async def test_not_asked_for_a_case_that_is_none_of_the_callers(desk: Desk, neighbour: Neighbour) -> None:
    await desk.has_in_review()
    assert (await desk.get("/cases/D1/statements", role="buyer", sub="anna")).status_code == 404
    assert (await desk.get("/cases/D9/statements")).status_code == 404
    assert neighbour.asked == []


@pytest.mark.parametrize(
    ("status", "body", "told", "slug"),
    [
        (403, PROBLEM, 403, "role-not-allowed"),
        (404, b"<html>", 404, "statements-unavailable"),
        (302, b"", 502, "statements-unavailable"),
        (500, b"Traceback", 502, "statements-unavailable"),
        (200, b"x" * (1024 * 1024 + 1), 502, "statements-too-large"),
    ],
)
async def test_refused_as_dispute_refuses_and_never_with_its_insides(
    desk: Desk, neighbour: Neighbour, status: int, body: bytes, told: int, slug: str
) -> None:
    await desk.has_in_review()
    neighbour.status, neighbour.body = status, body
    answer = await desk.get("/cases/D1/statements")
    assert (answer.status_code, answer.json()["slug"]) == (told, slug)
    assert "Traceback" not in answer.text
    assert len(neighbour.asked) == 1


class TestNobody:
    @pytest.fixture
    def dispute_url(self) -> str:
        [port] = any_free_ports(1)
        return f"http://127.0.0.1:{port}"

    async def test_unavailable_where_nothing_answers(self, desk: Desk) -> None:
        await desk.has_in_review()
        answer = await desk.get("/cases/D1/statements")
        assert (answer.status_code, answer.json()["slug"]) == (503, "statements-unavailable")
        assert answer.headers["Retry-After"] == "2"


class TestNotSet:
    @pytest.fixture
    def dispute_url(self) -> None:
        return None

    async def test_unavailable_and_the_setting_named(self, desk: Desk) -> None:
        await desk.has_in_review()
        answer = await desk.get("/cases/D1/statements")
        assert answer.status_code == 503
        assert "AFTERSALES_DISPUTE_URL" in answer.json()["detail"]
