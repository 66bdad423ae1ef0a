"""Cases go from the queue into hands and back, and collect notes."""

from aftersales.contracts.arbitration import CaseAssigned
from aftersales.decision import Append, Because, Decision, Given, nothing, refused
from aftersales.identity import effect_id, not_found
from arbitration.domain.case import Case
from arbitration.domain.commands import CaseHandedBack, CaseTaken, NoteAdded
from arbitration.rules.guards import conflict, of_another, over
from arbitration.rules.moves import changed

NOTES = "case_notes"


def take(case: Case | None, event: CaseTaken, given: Given) -> Decision:
    """An agent takes a case out of the queue; a supervisor also out of another's hands."""
    if case is None:
        return no_case()
    refusal = conflict(case, event) or over(case) or of_another(case, event)
    if refusal is not None:
        return refusal
    if case.agent == event.agent:
        return nothing("already-yours", f"Case {case.id} is in your hands already.")
    state = changed(case, agent=event.agent)
    return Decision(
        state=state,
        events=(assigned(state, event.agent, "taken", given),),
        because=Because("assignment", facts={"agent": event.agent, "before": case.agent}),
        answer=told(state),
    )


def hand_back(case: Case | None, event: CaseHandedBack, given: Given) -> Decision:
    if case is None:
        return no_case()
    refusal = over(case) or of_another(case, event)
    if refusal is not None:
        return refusal
    if case.agent is None:
        return nothing("not-taken", f"Case {case.id} is in nobody's hands.")
    state = changed(case, agent=None)
    return Decision(
        state=state,
        events=(assigned(state, None, "handed_back", given),),
        because=Because("assignment", facts={"agent": None, "before": case.agent}),
        answer=told(state),
    )


def add_note(case: Case | None, event: NoteAdded, given: Given) -> Decision:
    """A note stands beside the case: it does not change what a ruling is judged by, so the version stays."""
    if case is None:
        return no_case()
    refusal = conflict(case, event)
    if refusal is not None:
        return refusal
    note = effect_id(given.cause, case.id, 0, "note")
    row = {"id": note, "case_id": case.id, "agent": event.agent, "words": event.words, "written_at": given.now}
    return Decision(
        appends=(Append(NOTES, row),),
        because=Because("note", facts={"agent": event.agent}),
        answer={"note": str(note)},
    )


def assigned(case: Case, agent: str | None, how: str, given: Given) -> CaseAssigned:
    return CaseAssigned.model_validate(
        {"order": case.order, "dispute": case.id, "case": case.id, "at": given.now, "agent": agent, "how": how}
    )


def told(case: Case) -> dict[str, object]:
    """What an agent is told of a case that has changed."""
    return {"case": case.id, "status": case.status.value, "agent": case.agent, "version": case.version}


def no_case() -> Decision:
    missing = not_found()
    return refused(missing.slug, missing.sentence)
