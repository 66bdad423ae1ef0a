"""What dispute says of a dispute that the desk has before it. Older steps than the last one heard change nothing."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from aftersales.contracts import dispute as said
from aftersales.contracts.arbitration import CaseClosed, CaseOpened
from aftersales.decision import Because, Decision, Given, Move, Timer, nothing
from aftersales.policy.calendar import parameter
from aftersales.policy.model import Policy
from arbitration.domain.case import OVER, Case, CaseStatus, Round
from arbitration.domain.file import File, heard
from arbitration.domain.ruling import RulingStatus
from arbitration.rules.moves import changed, moved
from arbitration.rules.offers import settled

REASSIGN = "arbitration.reassign"
REASSIGN_AFTER = "arbitration.reassign_after"
FALLBACK = "arbitration.fallback"
# How a case ends that the platform settled, and the transition that it was.
BY_THE_PLATFORM = {"proposal": "30", "service": "23"}


def open_case(case: Case | None, event: said.DisputeEscalated, given: Given) -> Decision:
    """A dispute was escalated: a case, or a further round of the one there is; both parties' evidence comes first."""
    if case is not None and event.step <= case.step:
        return _heard()
    fresh = Round(1 if case is None else len(case.rounds) + 1, event.at, event.how)
    opened = Case(
        id=event.dispute,
        order=event.order,
        buyer=event.buyer,
        seller=event.seller,
        reason=event.reason,
        currency=event.currency,
        policy=event.policy,
        step=event.step,
        status=CaseStatus.EVIDENCE,
        file=heard(event.file),
        rounds=(fresh,) if case is None else (*case.rounds, fresh),
        evidence_until=event.deadline,
        version=1 if case is None else case.version + 1,
        rulings=() if case is None else lapsed(case, given.now, "The dispute was escalated anew.").rulings,
        offers=() if case is None else case.offers,
    )
    return Decision(
        state=opened,
        events=(CaseOpened(order=event.order, dispute=event.dispute, case=opened.id, at=given.now),),
        moves=(Move("case", None if case is None else case.status, opened.status, "escalated"),),
        because=Because("transition 15", facts={"how": event.how}, policy_version=event.policy),
    )


def start_review(case: Case | None, event: said.DisputeReviewStarted, given: Given) -> Decision:
    """The evidence window is over. Reassignment and fallback count from this entry (rulebook 8.22)."""
    if case is None or event.step <= case.step:
        return _heard()
    policy = given.policies.named(event.policy)
    file = heard(event.file)
    reassign_at = event.at + span(policy, REASSIGN_AFTER, event.at, case.seller, file)
    fallback_at = event.at + span(policy, "arbitration.fallback_after", event.at, case.seller, file)
    case = lapsed(case, given.now, "The review began anew.")
    state, moves = moved(
        case,
        "review_started",
        step=event.step,
        reason=event.reason,
        file=file,
        review_at=event.at,
        reassign_at=reassign_at,
        fallback_at=fallback_at,
        reassigned=False,
        proposed_until=None,
        rounds=(*case.rounds[:-1], replace(case.rounds[-1], review_at=event.at)),
    )
    return Decision(
        state=state,
        timers=(review_timer(REASSIGN, reassign_at, state), review_timer(FALLBACK, fallback_at, state)),
        moves=moves,
        because=Because("transition 15", policy_version=event.policy),
    )


def facts_changed(case: Case | None, event: said.DisputeFactsChanged, given: Given) -> Decision:
    """A fact reached the file. A ruling that waits for its second agent was made on other facts and lapses."""
    if case is None or event.step <= case.step:
        return _heard()
    news = {"step": event.step, "reason": event.reason, "file": heard(event.file)}
    if case.status is CaseStatus.AWAITING_SECOND:
        state, moves = moved(lapsed(case, given.now, "The facts on file changed."), "lapsed", **news)
        return Decision(state=state, moves=moves)
    return Decision(state=changed(case, **news))


def evidence_added(case: Case | None, event: said.DisputeEvidenceAdded, _given: Given) -> Decision:
    if case is None or event.step <= case.step:
        return _heard()
    return Decision(state=changed(case, step=event.step, file=_filed(case.file, event)))


def evidence_completed(case: Case | None, event: said.DisputeEvidenceCompleted, _given: Given) -> Decision:
    """A party has nothing more to add; dispute says itself when the review begins."""
    if case is None or event.step <= case.step:
        return _heard()
    done = tuple(sorted({*case.done, event.party}))
    return Decision(state=changed(case, step=event.step, done=done, file=_filed(case.file, event)))


def _filed(file: File, event: said.DisputeEvidenceAdded | said.DisputeEvidenceCompleted) -> File:
    if event.party == "buyer":
        return replace(file, buyer_evidence=(*file.buyer_evidence, *event.evidence))
    return replace(file, seller_evidence=(*file.seller_evidence, *event.evidence))


def left_the_desk(case: Case | None, event: said.DisputeAgreed | said.DisputeClosed, given: Given) -> Decision:
    """The parties agreed, the buyer withdrew, or it ended otherwise: there is nothing left to rule.

    What is on its way stays *sent* until dispute answers it; what the service decided is answered by this.
    """
    if case is None or event.step <= case.step:
        return _heard()
    if case.status in OVER or event.agreement == "arbitration":
        return Decision(state=changed(case, step=event.step))
    why = _why(event)
    ended = lapsed(case.with_round(event.at, why), given.now, why)
    number = BY_THE_PLATFORM.get(event.agreement or "")
    if number is not None:
        ended = settled(ended, RulingStatus.EXECUTED, event.at)
    state, moves = moved(ended, "settled" if number else "withdrawn", step=event.step)
    closed = CaseClosed(order=case.order, dispute=case.id, case=case.id, at=given.now, why=why)
    because = Because(f"transition {number or '13'}", facts={"state": event.state})
    return Decision(state=state, events=(closed,), moves=moves, because=because)


def lapsed(case: Case, at: datetime, why: str) -> Case:
    """The case without a ruling that waits for its second agent."""
    waiting = case.waiting_ruling
    if waiting is None:
        return case
    return case.with_ruling(replace(waiting, status=RulingStatus.LAPSED, settled_at=at, why=why))


def review_timer(kind: str, due: datetime, case: Case) -> Timer:
    """A deadline for this entry into review and no other.

    The fallback ruling waits, as a party's deadline does, until what dispute said before it has been read: a fact that
    would change the ruling may lie there.
    """
    entry = "" if case.review_at is None else case.review_at.isoformat()
    return Timer(kind, due, party=kind == FALLBACK, data={"review_at": entry})


def span(policy: Policy, name: str, at: datetime, seller: str, file: File) -> timedelta:
    """How long this is for such a case, where it starts then."""
    length: timedelta = parameter(policy, name, at, scope(seller, file))
    return length


def scope(seller: str, file: File) -> dict[str, str | None]:
    """What a calendar override may narrow itself to (rulebook 8.23)."""
    return {
        "seller": seller,
        "destination": file.destination,
        "carrier_service": file.carrier_service,
        "category": file.category,
    }


def _why(event: said.DisputeAgreed | said.DisputeClosed) -> str:
    if isinstance(event, said.DisputeAgreed):
        return f"The dispute was settled without a ruling ({event.agreement})."
    if event.state == "CLOSED_CANCELLED":
        return "The buyer withdrew the dispute."
    return f"The dispute ended without a ruling ({event.state})."


def _heard() -> Decision:
    return nothing("nothing-new", "The desk has no such case, or has heard a later step of its dispute.")
