"""More time for a dispute or a lane: a supervisor grants it, agents may read what became of it."""

from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, model_validator

from aftersales.contracts.envelope import Country, Id, Token
from aftersales.contracts.tracking import MOST_DAYS
from aftersales.identity import Role, cause_id, not_found
from aftersales.runtime.http import Asked, Key, Ours, RequestModel
from arbitration.api.desk import Agent
from arbitration.domain.commands import ExtensionGranted
from arbitration.store import reads

router = APIRouter(tags=["extensions"])
SUPERVISORS: Final = frozenset({Role.SUPERVISOR})


class Lane(RequestModel):
    """A carrier service to a country."""

    carrier_service: Token
    destination: Country


class NewExtension(RequestModel):
    """Days of 24 h, for one dispute of an order or for every promise that runs on a lane."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS)]
    order: Id | None = None
    dispute: Id | None = None
    lane: Lane | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        of_dispute = self.order is not None and self.dispute is not None
        if of_dispute == (self.lane is not None) or (self.order is None) != (self.dispute is None):
            raise ValueError("name either a lane, or a dispute and its order")
        return self


class Granted(BaseModel):
    """status: `published` of a lane; of a dispute `sent` until dispute has answered."""

    extension: str
    status: str


class ExtensionRead(BaseModel):
    """why: of a refused one, what dispute said."""

    id: str
    days: int
    agent: str
    granted_at: datetime
    status: str
    order: str | None
    dispute: str | None
    carrier_service: str | None
    destination: str | None
    why: str | None


@router.post("/extensions", status_code=201, response_model=Granted)
async def grant(said: Asked[NewExtension], agent: Agent, key: Key, parts: Ours) -> Response:
    """Grant more time for force majeure. Dispute may refuse: read the extension for what became of it."""
    lane = said.lane
    command = ExtensionGranted(
        extension=str(cause_id(agent.source, key)),
        agent=agent.sub,
        days=said.days,
        order=said.order,
        dispute=said.dispute,
        carrier_service=lane.carrier_service if lane else None,
        destination=lane.destination if lane else None,
    )
    return await parts.command(command, actor=agent, key=key, may=SUPERVISORS, route="extensions", created=True)


@router.get("/extensions/{extension}")
async def one(extension: Id, _agent: Agent, parts: Ours) -> ExtensionRead:
    """An extension, and what became of it."""
    found = await reads.find_extension(parts.reads, extension)
    if found is None:
        raise not_found()
    return ExtensionRead(**{name: getattr(found, name) for name in ExtensionRead.model_fields})
