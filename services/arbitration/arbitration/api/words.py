"""The parties' words stay in dispute; the desk reads them there with the agent's own token."""

import asyncio
from typing import Any, Final

import httpx2
import orjson
import structlog
from fastapi import APIRouter, Request, Response

from aftersales.contracts.envelope import Id
from aftersales.errors import Refused
from aftersales.runtime.http import Ours, Paged
from arbitration.api.desk import Agent, the_case

router = APIRouter(tags=["words"])
log = structlog.stdlib.get_logger(__name__)

PATIENCE: Final = 5.0  # seconds for each step
IN_ALL: Final = 10.0
MOST_BYTES: Final = 1024 * 1024
# What dispute says of the agent's token or of the dispute is the agent's to know; anything else is our trouble.
PASSED_ON: Final = frozenset({401, 403, 404, 422, 429})


@router.get("/cases/{case}/statements")
async def statements(case: Id, agent: Agent, parts: Ours, page: Paged, request: Request) -> Response:
    """What the parties said and showed, in pages, as dispute tells it."""
    await the_case(parts, case, agent)
    if parts.settings.dispute_url is None:
        raise Refused("statements-unavailable", "Dispute's address is not set here. Set AFTERSALES_DISPUTE_URL.", 503)
    address = f"{parts.settings.dispute_url}/disputes/{case}/statements"
    query: dict[str, Any] = {"limit": page.limit, **({} if page.cursor is None else {"cursor": page.cursor})}
    status, body = await _ask(address, query, request.headers["authorization"])
    if status == 200:
        return Response(body, media_type="application/json")
    raise _not_told(status, body)


async def _ask(address: str, query: dict[str, Any], authorization: str) -> tuple[int, bytes]:
    """Dispute's answer, whole; Refused 503 when none comes in time, 502 when it is no answer of a service of ours."""
    try:
        async with (
            asyncio.timeout(IN_ALL),
            # Its own environment's proxies and redirects have no say in where an agent's token goes.
            httpx2.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", address, params=query, headers={"Authorization": authorization}) as answer,
        ):
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    raise Refused(
                        "statements-too-large", "Dispute's answer is over 1 MiB. Ask for a smaller page.", 502
                    )
            return answer.status_code, body
    except (httpx2.HTTPError, TimeoutError) as problem:
        await log.awarning("dispute could not be asked", problem=repr(problem))
        raise Refused(
            "statements-unavailable", "Dispute does not answer. Try again in a moment.", 503, retry_after=2
        ) from problem


def _not_told(status: int, body: bytes) -> Refused:
    if status not in PASSED_ON:
        return Refused("statements-unavailable", f"Dispute could not say ({status}). Try again in a moment.", 502)
    try:
        said = orjson.loads(body)
        return Refused(str(said["slug"]), str(said["detail"]), status)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Refused("statements-unavailable", f"Dispute did not grant this ({status}).", status)
