"""What an HTTP caller is told when a request is not granted: RFC 9457 problem documents, and nothing of our insides."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from aftersales.errors import Refused
from aftersales.runtime.telemetry import trace_id

MEDIA_TYPE: Final = "application/problem+json"
MOST_PLACES: Final = 20
LONGEST_PLACE: Final = 120
# Seconds after which another attempt makes sense, where nobody knew better.
RETRY_AFTER: Final = {429: 1, 503: 5}
METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
SLUGS: Final = {
    400: "malformed-request",
    401: "token-missing",
    403: "role-not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
    422: "not-valid",
    503: "unavailable",
}
# The validator's own words for these name classes of ours.
NO_OBJECT: Final = ("model_type", "model_attributes_type", "dict_type")
SENTENCES: Final = {
    404: "There is nothing at this address.",
    405: "This address does not know this method.",
}


class Place(BaseModel):
    """Where a request is wrong, and why."""

    at: str
    why: str


class Problem(BaseModel):
    """A problem document. `slug` names the kind of problem for programs, `detail` says it to a person."""

    type: str = Field(description="`/problems/` and the slug")
    title: str
    status: int
    detail: str
    slug: str
    instance: str | None = None
    trace: str | None = None
    places: list[Place] | None = None


def problem(
    status: int,
    slug: str,
    sentence: str,
    *,
    instance: str | None = None,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """more: further members; `retry_after` among them (seconds) becomes the header, which 429 and 503 always have."""
    further = dict(more or {})
    retry_after = further.pop("retry_after", RETRY_AFTER.get(status))
    all_headers = dict(headers or {})
    if retry_after is not None:
        all_headers["Retry-After"] = str(retry_after)
    content: dict[str, Any] = {
        **further,
        "type": f"/problems/{slug}",
        "title": slug.replace("-", " ").capitalize(),
        "status": status,
        "detail": sentence,
        "slug": slug,
    }
    if instance is not None:
        content["instance"] = instance
    if (trace := trace_id()) is not None:
        content["trace"] = trace
    return JSONResponse(content, status, headers=all_headers, media_type=MEDIA_TYPE)


def of_refusal(refusal: Refused, instance: str | None = None) -> JSONResponse:
    details = dict(refusal.details)
    headers = details.pop("headers", None)
    return problem(
        refusal.status,
        refusal.slug,
        refusal.sentence,
        instance=instance,
        more=details,
        headers=headers if isinstance(headers, Mapping) else None,
    )


def install(app: FastAPI) -> None:
    """Every refusal of the app, its framework's own included, becomes a problem document."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _framework)


async def _refused(request: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refused)
    return of_refusal(refusal, request.url.path)


async def _framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = {"Allow": _allowed(request)} if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else error.headers
    slug = SLUGS.get(error.status_code, "refused")
    sentence = SENTENCES.get(error.status_code) or HTTPStatus(error.status_code).description or "It was refused."
    return problem(error.status_code, slug, sentence, instance=request.url.path, headers=headers)


def _allowed(request: Request) -> str:
    """Every method of the address; the framework names those of one of its routes."""
    routes, scope = request.app.routes, request.scope
    return ", ".join(
        method
        for method in METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    )


async def _not_valid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    if any(tuple(each["loc"]) == ("body",) and each["type"] == "missing" for each in errors):
        return problem(400, "malformed-json", "The body is empty; it must be a JSON object.", instance=request.url.path)
    found = places(errors)
    count = "1 place is" if len(errors) == 1 else f"{len(errors)} places are"
    sentence = f"{count} not valid: {found[0]['at']}: {found[0]['why']}."
    return problem(422, "not-valid", sentence, instance=request.url.path, more={"places": found})


def places(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Where and why, at most 20; never what was sent, which may be long, secret or hostile."""
    return [{"at": _path(error["loc"]), "why": _why(error)} for error in errors[:MOST_PLACES]]


def _path(location: Iterable[Any]) -> str:
    return "/".join(str(step) for step in location)[:LONGEST_PLACE]


def _why(error: Mapping[str, Any]) -> str:
    if error["type"] in NO_OBJECT:
        return "it must be a JSON object"
    plain = str(error["msg"]).removeprefix("Value error, ")
    return (plain[:1].lower() + plain[1:]).rstrip(".")
