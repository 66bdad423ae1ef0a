"""Evidence: pieces are named by kind; the window ends early when both parties are done (transitions 14 and 15)."""

from msgspec.structs import replace

from aftersales.contracts.dispute import DisputeEvidenceAdded, DisputeEvidenceCompleted, Party
from aftersales.contracts.marketplace import EvidenceAdded, EvidenceCompleted
from aftersales.decision import Because
from dispute.domain.dispute import Dispute
from dispute.rules.draft import Draft, No
from dispute.rules.escalate import start_review

# A bound of one order's row, and of what a person can look at.
MOST_PIECES = 50


def add_evidence(draft: Draft, dispute: Dispute, said: EvidenceAdded, party: Party) -> Because | No:
    """Taken until the review begins, also after one's own "done" (rulebook 8.29)."""
    no = too_much(dispute, party, said.evidence)
    if no is not None:
        return no
    draft.tell(DisputeEvidenceAdded, _with(dispute, party, said.evidence), party=party, evidence=said.evidence)
    return draft.because("14")


def complete_evidence(draft: Draft, dispute: Dispute, said: EvidenceCompleted, party: Party) -> Because | No:
    """A party has nothing more to add; pieces may come along with it."""
    if party in dispute.done:
        return No("already-done", "You have said already that you have no more evidence.", nothing=True)
    no = too_much(dispute, party, said.evidence)
    if no is not None:
        return no
    completed = draft.keep(replace(_with(dispute, party, said.evidence), done=(*dispute.done, party)))
    completed = draft.tell(DisputeEvidenceCompleted, completed, party=party, evidence=said.evidence)
    if len(completed.done) > 1:
        start_review(draft, completed)
    return draft.because("15")


def too_much(dispute: Dispute, party: Party, more: tuple[str, ...]) -> No | None:
    if len(dispute.evidence_of(party)) + len(more) > MOST_PIECES:
        return No("too-much-evidence", f"A party may add {MOST_PIECES} pieces of evidence. Name the most telling ones.")
    return None


def with_evidence(dispute: Dispute, party: Party, more: tuple[str, ...]) -> Dispute | No:
    """The dispute with further pieces of a party."""
    no = too_much(dispute, party, more)
    return no or _with(dispute, party, more)


def _with(dispute: Dispute, party: Party, more: tuple[str, ...]) -> Dispute:
    if party == "buyer":
        return replace(dispute, buyer_evidence=(*dispute.buyer_evidence, *more))
    return replace(dispute, seller_evidence=(*dispute.seller_evidence, *more))
