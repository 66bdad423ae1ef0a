"""Is the process alive, has it started, may it be sent work; and its figures."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from aftersales.errors import Failure

# None when all is well, else one sentence.
Check = Callable[[], Awaitable[str | None]]
PATIENCE: Final = 2.0
NOT_YET: Final[dict[int | str, dict[str, Any]]] = {503: {"description": "not yet, or not any more"}}


class Health:
    """What is known of this process. `started` and `stopping` are set by the process itself."""

    def __init__(self) -> None:
        self.started = False
        self.stopping = False
        self._checks: dict[str, Check] = {}

    def watch(self, name: str, check: Check) -> None:
        self._checks[name] = check

    async def troubles(self) -> dict[str, str | None]:
        """Every check by its name; None is well."""
        found: dict[str, str | None] = {}
        if self.stopping or not self.started:
            found["process"] = "It is stopping." if self.stopping else "It is starting."
        answers = await asyncio.gather(*(_asked(check) for check in self._checks.values()))
        return found | dict(zip(self._checks, answers, strict=True))


async def _asked(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), PATIENCE)
    except TimeoutError:
        return f"No answer within {PATIENCE:.0f} s."
    except Failure as problem:
        return problem.sentence
    except Exception as problem:
        # Its kind only: the words of a driver may name hosts and users.
        return f"It failed ({type(problem).__name__})."


def routes(health: Health) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        """200 as long as the process answers at all; restart it when it does not."""
        return {"status": "live"}

    @router.get("/health/startup", responses=NOT_YET)
    async def startup() -> Response:
        """200 once everything has been started."""
        return JSONResponse({"status": "started" if health.started else "starting"}, 200 if health.started else 503)

    @router.get("/health/ready", responses=NOT_YET)
    async def ready() -> Response:
        """200 when it may be sent work; else 503, with what is not well."""
        troubles = await health.troubles()
        well = not any(troubles.values())
        checks = {name: trouble or "ok" for name, trouble in troubles.items()}
        return JSONResponse({"status": "ready" if well else "not ready", "checks": checks}, 200 if well else 503)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """The figures of this process, for Prometheus."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
