"""The case: one row a dispute, with a round for every time it was escalated."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from arbitration.domain.appeal import Appeal
from arbitration.domain.file import File
from arbitration.domain.offer import Offer
from arbitration.domain.ruling import Ruling, RulingStatus


class CaseStatus(StrEnum):
    SERVICE = "service"  # before the platform's own after-sales service
    EVIDENCE = "evidence"
    REVIEW = "review"
    AWAITING_SECOND = "awaiting_second"
    RULING_SENT = "ruling_sent"
    RULED = "ruled"
    WITHDRAWN = "withdrawn"
    SETTLED = "settled"  # by the platform's service, or on its proposal
    HANDED_BACK = "handed_back"  # by the platform's service, to the seller
    APPEAL = "appeal"
    APPEAL_SENT = "appeal_sent"
    APPEAL_DECIDED = "appeal_decided"


IN_REVIEW: Final = frozenset({CaseStatus.REVIEW, CaseStatus.AWAITING_SECOND})
# A case that is ruled on again and again must still fit into its row, whatever its rulings rest on.
MOST_RULINGS: Final = 8
MOST_BYTES: Final = 20 * 1024
OVER: Final = frozenset(
    {
        CaseStatus.RULED,
        CaseStatus.WITHDRAWN,
        CaseStatus.SETTLED,
        CaseStatus.HANDED_BACK,
        CaseStatus.APPEAL_DECIDED,
    }
)
IN_APPEAL: Final = frozenset({CaseStatus.APPEAL, CaseStatus.APPEAL_SENT})


class Round(Struct, frozen=True, omit_defaults=True):
    """One escalation of the dispute and how it ended."""

    number: int
    opened_at: datetime
    how: str
    review_at: datetime | None = None
    ended_at: datetime | None = None
    end: str | None = None


class Case(Struct, frozen=True, omit_defaults=True):
    """version: counts what has changed; a ruling names the one it saw. step: the dispute's last step that was heard.

    evidence_until: the end of the evidence window. review_at: the latest entry into review, from which reassign_at and
    fallback_at count (rulebook 8.22); None before. done: parties who have nothing more to add. frozen_at: since when a
    chargeback stops the case, None while none does. offers: proposals and service decisions. service_until: when the
    platform's service must have decided, None outside a service review. proposed_until: until when the parties may
    answer the proposal that is before them; the review's dates rest.
    """

    id: str
    order: str
    buyer: str
    seller: str
    reason: str
    currency: str
    policy: str
    step: int
    status: CaseStatus
    file: File
    rounds: tuple[Round, ...]
    evidence_until: datetime | None
    version: int = 1
    agent: str | None = None
    done: tuple[str, ...] = ()
    review_at: datetime | None = None
    reassign_at: datetime | None = None
    fallback_at: datetime | None = None
    reassigned: bool = False
    rulings: tuple[Ruling, ...] = ()
    frozen_at: datetime | None = None
    appeal: Appeal | None = None
    offers: tuple[Offer, ...] = ()
    service_until: datetime | None = None
    proposed_until: datetime | None = None

    @property
    def opened_at(self) -> datetime:
        return self.rounds[-1].opened_at

    @property
    def due(self) -> datetime | None:
        """What the case waits for next: the end of the evidence window, then reassignment, then the fallback ruling."""
        if self.status in OVER:
            return None
        if self.status is CaseStatus.EVIDENCE:
            return self.evidence_until
        if self.status in IN_APPEAL:
            return None if self.appeal is None else self.appeal.until
        if self.status is CaseStatus.SERVICE:
            return self.service_until
        if self.proposed_until is not None:
            return self.proposed_until
        return self.fallback_at if self.reassigned else self.reassign_at

    @property
    def amount(self) -> int:
        """What the buyer asks for, or could get, in minor units."""
        return self.file.cap if self.file.buyer_plan is None else self.file.buyer_plan.amount

    @property
    def waiting_ruling(self) -> Ruling | None:
        """The ruling that awaits its second agent."""
        return next((r for r in self.rulings if r.status is RulingStatus.AWAITING_SECOND), None)

    @property
    def sent_ruling(self) -> Ruling | None:
        return next((r for r in self.rulings if r.status is RulingStatus.SENT), None)

    @property
    def sent_offer(self) -> Offer | None:
        """The proposal or service decision that dispute has not answered yet."""
        return next((o for o in self.offers if o.status is RulingStatus.SENT), None)

    @property
    def proposed(self) -> bool:
        """Whether this arbitration has had its one proposal."""
        since = self.rounds[-1].opened_at
        return any(
            o.kind == "proposal" and o.status is not RulingStatus.OVERTAKEN and o.made_at >= since for o in self.offers
        )

    def ruling(self, ruling: str) -> Ruling | None:
        return next((r for r in self.rulings if r.id == ruling), None)

    def with_ruling(self, ruling: Ruling) -> "Case":
        """The ruling in its place, or added as the newest; older ones that have no room are left to the history."""
        if self.ruling(ruling.id) is None:
            return replace(self, rulings=_newest((*self.rulings, ruling)))
        return replace(self, rulings=tuple(ruling if r.id == ruling.id else r for r in self.rulings))

    def with_round(self, ended_at: datetime, end: str) -> "Case":
        """The latest round, ended."""
        return replace(self, rounds=(*self.rounds[:-1], replace(self.rounds[-1], ended_at=ended_at, end=end)))


def _newest(rulings: tuple[Ruling, ...]) -> tuple[Ruling, ...]:
    """As many as the row has room for, and of those that lapsed one; the last in any case."""
    lapsed = [r for r in rulings if r.status is RulingStatus.LAPSED]
    kept = [r for r in rulings if r not in lapsed[:-1]][-MOST_RULINGS:]
    while len(kept) > 1 and len(msgspec.json.encode(kept)) > MOST_BYTES:
        del kept[0]
    return tuple(kept)


@dataclass(frozen=True, slots=True)
class Transition:
    name: str
    before: frozenset[CaseStatus | None]
    after: CaseStatus


TRANSITIONS: Final = {
    transition.name: transition
    for transition in (
        Transition("escalated", frozenset({None, *CaseStatus}), CaseStatus.EVIDENCE),
        Transition("review_started", frozenset(CaseStatus), CaseStatus.REVIEW),
        Transition("ruled", IN_REVIEW, CaseStatus.RULING_SENT),
        Transition("ruled_above_limit", IN_REVIEW, CaseStatus.AWAITING_SECOND),
        Transition("seconded", frozenset({CaseStatus.AWAITING_SECOND}), CaseStatus.RULING_SENT),
        Transition("lapsed", frozenset({CaseStatus.AWAITING_SECOND}), CaseStatus.REVIEW),
        Transition("overtaken", frozenset({CaseStatus.RULING_SENT}), CaseStatus.REVIEW),
        Transition("executed", frozenset(CaseStatus), CaseStatus.RULED),
        Transition("taken_over", frozenset({None, *CaseStatus}), CaseStatus.SERVICE),
        Transition("settled", frozenset(CaseStatus) - OVER, CaseStatus.SETTLED),
        Transition("handed_back", frozenset({CaseStatus.SERVICE}), CaseStatus.HANDED_BACK),
        Transition("appealed", frozenset({None, *CaseStatus}), CaseStatus.APPEAL),
        Transition("appeal_judged", frozenset({CaseStatus.APPEAL}), CaseStatus.APPEAL_SENT),
        Transition("appeal_overtaken", frozenset({CaseStatus.APPEAL_SENT}), CaseStatus.APPEAL),
        Transition("appeal_decided", frozenset(CaseStatus), CaseStatus.APPEAL_DECIDED),
        Transition("withdrawn", frozenset(CaseStatus) - OVER, CaseStatus.WITHDRAWN),
    )
}
