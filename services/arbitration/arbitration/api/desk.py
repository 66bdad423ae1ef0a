"""Who may come to the desk."""

from typing import Annotated, Final

from fastapi import Depends

from aftersales.contracts.envelope import Id
from aftersales.identity import Actor, Role, not_found
from aftersales.runtime.http import Caller, Parts
from arbitration.domain.case import Case
from arbitration.store import reads

DESK: Final = frozenset({Role.AGENT, Role.SUPERVISOR})


async def agent(caller: Caller) -> Actor:
    """An agent or a supervisor; a party is told that there is no such thing."""
    if caller.role not in DESK:
        raise not_found()
    return caller


# `agent: Agent`
Agent = Annotated[Actor, Depends(agent)]


async def the_case(parts: Parts, case: Id, agent: Actor) -> Case:
    """The case, or Refused 404."""
    found = await reads.find(parts.reads, case, agent.sub)
    if found is None:
        raise not_found()
    return found[0]
