"""The queue, a case, its notes, and what the table would recommend: reads that change nothing."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from aftersales.contracts.envelope import Id, Token
from aftersales.errors import Refused
from aftersales.identity import not_found
from aftersales.rulebook.reasons import unknown
from aftersales.runtime.decisions import History, decided, list_history
from aftersales.runtime.http import Asked, Ours, Paged, etag
from arbitration.api.desk import Agent, the_case
from arbitration.api.models import Listed, Note, Notes, Question, Queue, Read, Recommended, read
from arbitration.domain.case import CaseStatus
from arbitration.rules.recommend import recommend
from arbitration.rules.ruling import above_limit
from arbitration.store import reads
from arbitration.store.kinds import case_ref

router = APIRouter(tags=["cases"])

# Findings that could never be judged by are the caller's mistake; the others are a matter of time.
NOT_NOW: Final = frozenset({"promise-runs", "no-contested-return"})


@router.get("/cases")
async def queue(
    agent: Agent,
    parts: Ours,
    page: Paged,
    status: Annotated[list[CaseStatus], Query(default_factory=list, description="one or more; all where left out")],
    agent_is: Annotated[Id | None, Query(alias="agent", description="in this agent's hands")] = None,
    taken: Annotated[bool | None, Query(description="false: in nobody's hands")] = None,
    reason: Annotated[Token | None, Query()] = None,
    search: Annotated[
        Id | None, Query(description="a dispute, order, buyer, seller or tracking number, exactly")
    ] = None,
) -> Queue:
    """The queue, the most urgent first; cases that are over come last."""
    if reason is not None and (problem := unknown(reason)) is not None:
        raise Refused("unknown-reason", problem, 422)
    wanted = reads.Wanted(status, agent_is, taken, reason, search)
    rows, further = await reads.list_cases(parts.reads, wanted, page, agent.sub)
    return Queue(items=[_listed(row) for row in rows], next=further)


@router.get("/cases/{case}")
async def one(case: Id, agent: Agent, parts: Ours, response: Response) -> Read:
    """The case with its file, rulings and what the caller may do. The ETag goes into a ruling's If-Match."""
    found = await the_case(parts, case, agent)
    response.headers.update(etag(found.version))
    return read(found, agent)


@router.get("/cases/{case}/notes")
async def notes(case: Id, agent: Agent, parts: Ours, page: Paged) -> Notes:
    """The agents' notes, the newest first."""
    await the_case(parts, case, agent)
    rows, further = await reads.list_notes(parts.reads, case, page)
    items = [Note(note=row.note, agent=row.agent, words=row.words, written_at=row.written_at) for row in rows]
    return Notes(items=items, next=further)


@router.get("/cases/{case}/history")
async def history(case: Id, agent: Agent, parts: Ours, page: Paged) -> History:
    """Every decision about the case, with the rule, the facts and the policy it rests on."""
    found = await the_case(parts, case, agent)
    rows, further = await list_history(parts.reads, case_ref(case), page)
    return History(items=[decided(row, row.explanation, found.currency) for row in rows], next=further)


@router.post("/cases/{case}/recommendation")
async def recommendation(case: Id, said: Asked[Question], agent: Agent, parts: Ours) -> Recommended:
    """What the table recommends on the facts on file and these findings. Nothing is written."""
    found = await reads.find(parts.reads, case, agent.sub)
    if found is None:
        raise not_found()
    known, now = found
    policy = parts.policies.named(known.policy)
    recommended = recommend(known.file, known.reason, said.findings, policy, now)
    if recommended.refused is not None:
        status = 409 if recommended.refused in NOT_NOW else 422
        raise Refused(recommended.refused, recommended.sentence or recommended.refused, status)
    return Recommended(
        **{name: getattr(recommended, name) for name in RECOMMENDED},
        policy=policy.identity,
        second_needed=above_limit(recommended, known.currency, policy),
        version=known.version,
    )


RECOMMENDED: Final = tuple(
    name for name in Recommended.model_fields if name not in ("policy", "second_needed", "version")
)


def _listed(row: Any) -> Listed:
    names = [name for name in Listed.model_fields if name not in ("case", "order")]
    return Listed(case=row.id, order=row.order_id, **{name: getattr(row, name) for name in names})
