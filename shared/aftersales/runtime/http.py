"""The HTTP door of every service: one gate, one kind of problem, one health, and inside the service's own routes."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, get_origin

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from aftersales.errors import Refused
from aftersales.runtime import health, openapi, problems
from aftersales.runtime.auth import Caller
from aftersales.runtime.bodies import Gate, sayable
from aftersales.runtime.commands import Asked, Key, Ours, Parts, RequestModel, SeenVersion, etag, respond
from aftersales.runtime.door import Door
from aftersales.runtime.paging import Page, Paged
from aftersales.service import Service

__all__ = [
    "Asked",
    "Caller",
    "Key",
    "Ours",
    "Page",
    "Paged",
    "Parts",
    "RequestModel",
    "SeenVersion",
    "create_app",
    "etag",
    "respond",
]

VERSION: Final = "1"
REPEATED: Final = (list, tuple, set, frozenset)
# What a client may meet at any route; each names its own beside them.
ANYWHERE: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": problems.Problem, "description": description}
    for status, description in {
        400: "malformed",
        401: "no token, or one that is not accepted",
        403: "not open to this role",
        404: "no such thing, or not yours",
        409: "not possible now",
        413: "the body is too large",
        415: "not JSON in UTF-8",
        422: "not valid",
        428: "If-Match is missing",
        429: "too many requests",
        503: "not now; see Retry-After",
    }.items()
}


def create_app(service: Service, parts: Parts, routers: Iterable[APIRouter] = ()) -> FastAPI:
    """The application of a service. `routers` are its own; they ask for `Ours`, `Caller`, `Key`, `Asked[...]`."""
    docs = parts.settings.http_docs
    app = FastAPI(
        title=f"Aftersales: {service.name.replace('_', ' ')}",
        version=VERSION,
        docs_url="/docs" if docs else None,
        redoc_url="/redoc" if docs else None,
        openapi_url="/openapi.json" if docs else None,
        redirect_slashes=False,
    )
    app.state.parts = parts
    app.include_router(health.routes(parts.health))
    for router in routers:
        app.include_router(router, dependencies=[Depends(only_known_parameters)], responses=ANYWHERE)
    problems.install(app)
    openapi.describe(app)
    app.add_middleware(Gate)
    app.add_middleware(Door)
    return app


def only_known_parameters(request: Request) -> None:
    """Refused 422 for a query parameter that the route does not know, or one given twice: two readers, two meanings."""
    for value in request.path_params.values():
        sayable(str(value))
    known = dict(query_parameters(request.scope["route"].dependant))
    for name in request.query_params:
        values = request.query_params.getlist(name)
        if name not in known:
            raise not_valid(name, "it is not a parameter of this address")
        if len(values) > 1 and not known[name]:
            raise not_valid(name, "it is given more than once")
        for value in values:
            sayable(value)


def query_parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """The names a route and its dependencies know, and whether each may be repeated."""
    for field in dependant.query_params:
        annotation: Any = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, inner in annotation.model_fields.items():
                yield inner.alias or name, get_origin(inner.annotation) in REPEATED
        else:
            yield field.alias, get_origin(annotation) in REPEATED
    for further in dependant.dependencies:
        yield from query_parameters(further)


def not_valid(name: str, why: str) -> Refused:
    at = f"query/{name}"[: problems.LONGEST_PLACE]
    return Refused("not-valid", f"1 place is not valid: {at}: {why}.", 422, places=[{"at": at, "why": why}])
