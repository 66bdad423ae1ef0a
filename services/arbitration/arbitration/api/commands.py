"""What agents do with a case. Every command carries an Idempotency-Key, a ruling also the version it was judged on."""

from typing import Any, Final

from fastapi import APIRouter, Response

from aftersales.contracts.envelope import Id
from aftersales.contracts.marketplace import Plan
from aftersales.identity import Actor, Owned
from aftersales.runtime.http import Asked, Key, Ours, Parts, SeenVersion
from arbitration.api.desk import DESK, Agent
from arbitration.api.models import (
    Changed,
    NewAppealDecision,
    NewNote,
    NewProposal,
    NewRuling,
    NewServiceDecision,
    Noted,
    Offered,
    Ruled,
)
from arbitration.domain.case import Case
from arbitration.domain.commands import (
    AppealJudged,
    CaseHandedBack,
    CaseTaken,
    Departure,
    DeskCommand,
    NoteAdded,
    ProposalMade,
    RulingMade,
    RulingSeconded,
    ServiceDecisionMade,
)
from arbitration.rules.guards import is_party

router = APIRouter(tags=["commands"])
CHANGED: Final[dict[str, Any]] = {"response_model": Changed}


@router.post("/cases/{case}/take", **CHANGED)
async def take(case: Id, agent: Agent, key: Key, parts: Ours) -> Response:
    """Take the case into one's hands; a supervisor also out of another's."""
    return await _command(parts, CaseTaken(**_by(case, agent)), agent, key, "take")


@router.post("/cases/{case}/hand-back", **CHANGED)
async def hand_back(case: Id, agent: Agent, key: Key, parts: Ours) -> Response:
    """Back to the queue."""
    return await _command(parts, CaseHandedBack(**_by(case, agent)), agent, key, "hand-back")


@router.post("/cases/{case}/notes", status_code=201, response_model=Noted)
async def add_note(case: Id, said: Asked[NewNote], agent: Agent, key: Key, parts: Ours) -> Response:
    """Write an internal note, which no party ever reads."""
    event = NoteAdded(**_by(case, agent), words=said.words)
    return await _command(parts, event, agent, key, "note", created=True)


@router.post("/cases/{case}/proposals", status_code=201, response_model=Offered)
async def propose(
    case: Id, said: Asked[NewProposal], agent: Agent, seen: SeenVersion, key: Key, parts: Ours
) -> Response:
    """Propose a plan to both parties, once an arbitration; silence accepts it."""
    event = ProposalMade(**_by(case, agent), seen=seen, want=Plan(**said.want.model_dump()))
    return await _command(parts, event, agent, key, "propose", created=True)


@router.post("/cases/{case}/service", status_code=201, response_model=Offered)
async def decide_service(
    case: Id, said: Asked[NewServiceDecision], agent: Agent, seen: SeenVersion, key: Key, parts: Ours
) -> Response:
    """Settle, reject or hand back what the platform's own service has taken over."""
    event = ServiceDecisionMade(**_by(case, agent), seen=seen, outcome=said.outcome, amount=said.amount)
    return await _command(parts, event, agent, key, "service", created=True)


@router.post("/cases/{case}/appeal", status_code=201, response_model=Offered)
async def decide_appeal(
    case: Id, said: Asked[NewAppealDecision], agent: Agent, seen: SeenVersion, key: Key, parts: Ours
) -> Response:
    """Uphold what was decided, or overturn it; not for whoever ruled, seconded or settled the dispute."""
    event = AppealJudged(**_by(case, agent), seen=seen, outcome=said.outcome, amount=said.amount)
    return await _command(parts, event, agent, key, "appeal", created=True)


@router.post("/cases/{case}/rulings", status_code=201, response_model=Ruled)
async def rule(case: Id, said: Asked[NewRuling], agent: Agent, seen: SeenVersion, key: Key, parts: Ours) -> Response:
    """Rule. The ruling is *sent*, or awaits a second agent above the limit; the case tells what became of it."""
    depart = None if said.depart is None else Departure(**said.depart.model_dump())
    event = RulingMade(**_by(case, agent), seen=seen, findings=said.findings, depart=depart)
    return await _command(parts, event, agent, key, "rule", created=True)


@router.post("/cases/{case}/rulings/{ruling}/second", response_model=Ruled)
async def second(case: Id, ruling: Id, agent: Agent, key: Key, parts: Ours) -> Response:
    """Confirm another agent's ruling above the limit; it is sent then."""
    return await _command(parts, RulingSeconded(**_by(case, agent), ruling=ruling), agent, key, "second")


def _by(case: str, agent: Actor) -> dict[str, Any]:
    return {"case": case, "agent": agent.sub, "role": agent.role.value}


async def _command(
    parts: Parts, event: DeskCommand, agent: Actor, key: str, route: str, *, created: bool = False
) -> Response:
    def owned(case: Case | None) -> Owned | None:
        # To an agent who is a party there is no case here, as there is none to read.
        return None if case is None or is_party(case, agent.sub) else case

    return await parts.command(event, actor=agent, key=key, may=DESK, route=route, owner=owned, created=created)
