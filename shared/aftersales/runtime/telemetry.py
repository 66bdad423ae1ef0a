"""Logs as data, and the trace that runs from a cause to its effects.

Traces are W3C trace context carried by hand: in over HTTP or a record's header, through the unit, out with every event.
FastAPI records spans by itself once an OpenTelemetry provider is configured (`opentelemetry-instrument python -m
dispute.main`). No exporter is chosen here; without one the ids still link logs, problem documents and events.
"""

import logging
import secrets
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final

import structlog
from opentelemetry import context, propagate, trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

HEADER: Final = "traceparent"
# Libraries whose information is for their own developers; their warnings are for ours.
QUIET: Final = ("aiokafka", "alembic", "asyncio", "httpx2", "httpcore2", "uvicorn", "uvicorn.access", "uvicorn.error")


def configure_logging(kind: str, service: str) -> None:
    """Everything logged here, by whichever library, goes to stderr: one JSON object a line, or text for people."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_trace,
        structlog.processors.StackInfoRenderer(),
    ]
    # Tracebacks without local variables: passwords, tokens and people's words lie there.
    last: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if kind == "text"
        else [
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[_of(service), structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _of(service: str) -> structlog.typing.Processor:
    def add(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {**event, "service": service}

    return add


def _with_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if (found := trace_id()) is not None:
        event["trace"] = found
    return event


@contextmanager
def traced(traceparent: str | None) -> Iterator[None]:
    """Inside, work belongs to the trace of `traceparent`, or to a new one when that is None or malformed."""
    inherited = propagate.extract({HEADER: traceparent}) if traceparent else context.Context()
    span = trace.get_current_span(inherited).get_span_context()
    if not span.is_valid:
        span = SpanContext(
            secrets.randbits(128) | 1, secrets.randbits(64) | 1, is_remote=True, trace_flags=TraceFlags(1)
        )
    token = context.attach(trace.set_span_in_context(NonRecordingSpan(span)))
    try:
        yield
    finally:
        context.detach(token)


def traceparent() -> str | None:
    """The W3C header of the work in hand, for what it causes; None outside any trace."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get(HEADER)


def trace_id() -> str | None:
    span = trace.get_current_span().get_span_context()
    return trace.format_trace_id(span.trace_id) if span.is_valid else None
