"""Who may do what on a case, with the row in hand."""

from aftersales.decision import Decision, refused
from arbitration.domain.case import IN_APPEAL, OVER, Case, CaseStatus
from arbitration.domain.commands import AppealJudged, DeskCommand, ProposalMade, RulingMade, ServiceDecisionMade


def is_party(case: Case, agent: str) -> bool:
    return agent in (case.buyer, case.seller)


def is_kept_off(case: Case, agent: str) -> bool:
    """Whether the case is in appeal against what this agent ruled, seconded or settled."""
    return case.appeal is not None and agent in case.appeal.kept_off


def conflict(case: Case, command: DeskCommand) -> Decision | None:
    """An agent who is a party of the order keeps away from its case, who decided it before from its appeal (8.30)."""
    if is_kept_off(case, command.agent):
        return refused(
            "conflict-of-interest", f"{command.agent} decided {case.id} before; another agent must decide the appeal."
        )
    if not is_party(case, command.agent):
        return None
    return refused(
        "conflict-of-interest", f"{command.agent} is a party of order {case.order}; another agent must take this case."
    )


def over(case: Case) -> Decision | None:
    if case.status not in OVER:
        return None
    return refused("case-closed", f"Case {case.id} is {case.status}; nothing can be done on it any more.")


def of_another(case: Case, command: DeskCommand) -> Decision | None:
    """A case in another agent's hands; supervisors step in everywhere."""
    if case.agent in (None, command.agent) or command.role == "supervisor":
        return None
    return refused("case-taken", f"Case {case.id} is in the hands of {case.agent}.")


def frozen(case: Case) -> Decision | None:
    """The buyer's bank examines the payment (rulebook 8.20)."""
    if case.frozen_at is None:
        return None
    return refused(
        "chargeback-open",
        f"Case {case.id} stands still since {case.frozen_at.isoformat()}: the buyer's bank examines the payment.",
    )


def stale(case: Case, event: RulingMade | ProposalMade | ServiceDecisionMade | AppealJudged) -> Decision | None:
    """A decision carries the version that its agent saw (dangers 3.10)."""
    if event.seen == case.version:
        return None
    return refused(
        "version-changed",
        f"Case {case.id} is at version {case.version} and {case.status}; this was decided on version {event.seen}. "
        "Read the case again.",
    )


def not_in_review(case: Case) -> Decision | None:
    if (stopped := frozen(case)) is not None:
        return stopped
    if case.status in IN_APPEAL:
        return refused("in-appeal", f"Case {case.id} was ruled on, and an appeal was made: uphold or overturn it.")
    if case.status is CaseStatus.SERVICE:
        return refused(
            "service-review", f"Case {case.id} is before the platform's service: settle, reject or hand back."
        )
    if case.status is CaseStatus.EVIDENCE:
        until = (
            "they are done" if case.evidence_until is None else f"{case.evidence_until.isoformat()}, or both are done"
        )
        return refused(
            "evidence-window", f"Case {case.id} is {case.status}: the parties may add evidence until {until}."
        )
    if case.sent_ruling is not None:
        return refused("ruling-sent", f"Case {case.id} is {case.status}: ruling {case.sent_ruling.id} is on its way.")
    return over(case)
