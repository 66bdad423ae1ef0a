"""Around every request: its trace, a bound on how many run at once, protective headers, figures, a line in the log."""

import asyncio
import time
from contextlib import ExitStack
from typing import Any, Final

import structlog
from opentelemetry import trace
from prometheus_client import Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aftersales.runtime import failpoints
from aftersales.runtime.problems import problem
from aftersales.runtime.telemetry import HEADER, traced

log = structlog.stdlib.get_logger(__name__)

REQUESTS: Final = Counter("aftersales_http_requests_total", "HTTP requests answered", ["method", "route", "status"])
SECONDS: Final = Histogram(
    "aftersales_http_seconds",
    "Time from a request to its answer",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15),
)
IN_FLIGHT: Final = Gauge("aftersales_http_in_flight", "HTTP requests being answered")

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MOST_AT_ONCE: Final = 2_000
NOT_LOGGED: Final = ("/health/", "/metrics")
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# The OpenAPI pages load their script from where FastAPI's own page says; they exist only where they are switched on.
DOCS_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net; "
    "style-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net; img-src 'self' data: https://fastapi.tiangolo.com; "
    "frame-ancestors 'none'"
)
DOCS: Final = ("/docs", "/redoc")
HALF_AN_ANSWER: Final = "H4"
# The loop writes out what it was given when it comes round next.
FLUSHED_WITHIN: Final = 0.01


class Door:
    """A pure ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, most_at_once: int = MOST_AT_ONCE) -> None:
        self._app = app
        self._most = most_at_once
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        self._inside += 1
        IN_FLIGHT.inc()
        with ExitStack() as until_answered:
            # Where a tracer is configured the framework has opened a span already; ours would hide it.
            if not trace.get_current_span().get_span_context().is_valid:
                until_answered.enter_context(traced(Headers(scope=scope).get(HEADER)))
            try:
                await self._let_in(scope, receive, answer)
            finally:
                self._inside -= 1
                IN_FLIGHT.dec()
                answer.note()

    async def _let_in(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        if self._inside > self._most:
            sentence = "Too many requests are being answered. Try again in a moment."
            await problem(503, "busy", sentence, instance=scope["path"])(scope, receive, answer)
            return
        try:
            await self._app(scope, receive, answer)
        except Exception:
            await log.aexception("request failed", method=scope["method"], path=scope["path"])
            if answer.status is not None:
                raise
            sentence = "Something went wrong on our side. Try again; if it stays, tell us the trace."
            await problem(500, "internal-error", sentence, instance=scope["path"])(scope, receive, answer)


class _Answer:
    """The way out of one request: adds the headers, remembers the status."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.status: int | None = None
        self._scope = scope
        self._send = send
        self._since = time.perf_counter()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self._scope["path"] in DOCS:
                headers["Content-Security-Policy"] = DOCS_POLICY
        elif failpoints.is_armed(HALF_AN_ANSWER) and self._scope["method"] == "POST":
            message = await self._second_half(message)
        await self._send(message)

    async def _second_half(self, message: Message) -> Message:
        """The first half of the body has left by then: what a client sees of a process that dies as it answers."""
        body = message.get("body", b"")
        await self._send({**message, "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(FLUSHED_WITHIN)
        await failpoints.reached(HALF_AN_ANSWER)
        return {**message, "body": body[len(body) // 2 :]}

    def note(self) -> None:
        seconds = time.perf_counter() - self._since
        # The template, never the path: a stranger must not be able to make labels.
        route: Any = self._scope.get("route")
        template = str(getattr(route, "path", "other"))
        method = self._scope["method"] if self._scope["method"] in METHODS else "other"
        REQUESTS.labels(method, template, str(self.status or 0)).inc()
        SECONDS.labels(template).observe(seconds)
        if not self._scope["path"].startswith(NOT_LOGGED):
            log.info("request", method=method, route=template, status=self.status, ms=round(seconds * 1000, 1))
