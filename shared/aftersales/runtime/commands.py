"""What a commanding route is made of: a strict body, the Idempotency-Key, the version seen, the way into the unit.

@router.post("/disputes/{dispute}/cancellation")
async def cancel(dispute: Id, said: Asked[Cancellation], caller: Caller, key: Key, parts: Ours) -> Response:
    event = DisputeCancelled(dispute=dispute, ...)
    return await parts.command(event, actor=caller, key=key, may=BUYERS, route="cancel", owner=parties)
"""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from aftersales.contracts.envelope import Event
from aftersales.errors import Refused
from aftersales.identity import Actor, Owned, Role
from aftersales.policy.book import PolicyBook
from aftersales.runtime.auth import Verifier
from aftersales.runtime.health import Health
from aftersales.runtime.limits import Rates
from aftersales.runtime.problems import problem
from aftersales.runtime.reads import Reads
from aftersales.runtime.settings import Settings
from aftersales.runtime.telemetry import traceparent
from aftersales.runtime.unit import Answer, Unit
from aftersales.service import Service

LONGEST_KEY: Final = 200
VERSION: Final = re.compile(r'(?:W/)?"(\d{1,18})"', re.ASCII)

Model = TypeVar("Model", bound=BaseModel)

# For the OpenAPI page alone; what they must be is looked at below, where repeated ones are seen too.
KeyHeader = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description="drawn anew for each command; repeats keep it",
        json_schema_extra={"pattern": r"^[!-~]([ -~]{0,198}[!-~])?$"},
    ),
]
SeenHeader = Annotated[
    str,
    Header(
        alias="If-Match",
        description="the ETag of what was read",
        json_schema_extra={"pattern": r'^(W/)?"[0-9]{1,18}"$'},
    ),
]


class RequestModel(BaseModel):
    """A body as an outside party sends it: exact types, no unknown fields."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class _AsJson:
    """Validates a body as the JSON it was. The framework hands over parsed values, and strict Python values are another
    language: there a list is no tuple and text is no instant."""

    def __get_pydantic_core_schema__(self, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        def from_parsed(value: Any) -> BaseModel:
            return source.model_validate_json(json.dumps(value))

        return core_schema.json_or_python_schema(
            json_schema=handler(source),
            python_schema=core_schema.no_info_plain_validator_function(from_parsed),
        )


# `said: Asked[Cancellation]`
Asked = Annotated[Model, _AsJson()]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes of a service work with. `reads` is for queries; what changes anything goes through `command`."""

    service: Service
    settings: Settings
    unit: Unit
    reads: Reads
    policies: PolicyBook
    verifier: Verifier
    rates: Rates
    health: Health

    async def command(
        self,
        event: Event,
        *,
        actor: Actor,
        key: str,
        may: frozenset[Role],
        route: str,
        owner: Callable[[Any], Owned | None] | None = None,
        fingerprint: bytes | None = None,
        created: bool = False,
    ) -> Response:
        """`Unit.command` as an HTTP answer. created: success is 201. Raises Refused, as the unit does."""
        work = self.unit.command(
            event,
            actor=actor,
            key=key,
            may=may,
            route=route,
            owner=owner,
            fingerprint=fingerprint,
            trace=traceparent(),
        )
        # Shielded: cancelling a commit leaves a connection, and a caller, that know nothing of how it ended.
        return respond(await asyncio.shield(asyncio.ensure_future(work)), created=created)


def respond(answer: Answer, *, created: bool = False) -> Response:
    """An answer of the unit over HTTP: the body as it is, or a problem document from status 400 on."""
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    if answer.status >= 400:
        further = {name: value for name, value in answer.body.items() if name not in ("slug", "sentence")}
        slug, sentence = (
            str(answer.body.get("slug") or "refused"),
            str(answer.body.get("sentence") or "It was refused."),
        )
        return problem(answer.status, slug, sentence, more=further, headers=headers)
    status = 201 if created and answer.status == 200 else answer.status
    return JSONResponse(answer.body, status, headers=headers)


def ours(request: Request) -> Parts:
    found: Parts = request.app.state.parts
    return found


# `parts: Ours`
Ours = Annotated[Parts, Depends(ours)]


def idempotency_key(request: Request, _shown: KeyHeader = "") -> str:
    """The header Idempotency-Key: Refused 400 when missing or twice, 422 when not 1 to 200 printable ASCII."""
    given = request.headers.getlist("idempotency-key")
    if len(given) != 1 or not given[0]:
        raise Refused(
            "idempotency-key-missing",
            "Send one header Idempotency-Key, drawn anew for each command; repeats keep it.",
            400,
        )
    [key] = given
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Refused(
            "idempotency-key-not-valid",
            f"The Idempotency-Key is at most {LONGEST_KEY} printable ASCII characters.",
            422,
        )
    return key


# `key: Key`
Key = Annotated[str, Depends(idempotency_key)]


def seen_version(request: Request, _shown: SeenHeader = "") -> int:
    """The version named by If-Match: Refused 428 without it, 422 when it is not an ETag of ours."""
    given = request.headers.getlist("if-match")
    if not given:
        raise Refused("if-match-missing", "Send If-Match with the ETag of what you have read.", 428)
    found = VERSION.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        raise Refused("if-match-not-valid", 'If-Match is one ETag as it was read, such as "7".', 422)
    return int(found[1])


# `seen: SeenVersion`; the rule compares it under the lock and refuses `version-changed`.
SeenVersion = Annotated[int, Depends(seen_version)]


def etag(version: int) -> dict[str, str]:
    """The header that goes with a representation of this version."""
    return {"ETag": f'"{version}"'}
