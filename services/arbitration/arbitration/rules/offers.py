"""What becomes of a proposal or of a service decision that was sent to dispute."""

from datetime import datetime

from msgspec.structs import replace

from arbitration.domain.case import Case
from arbitration.domain.offer import Offer
from arbitration.domain.ruling import RulingStatus

# A case that is settled again and again must still fit into its row; older ones are left to the history.
MOST_OFFERS = 8


def with_offer(case: Case, offer: Offer) -> Case:
    """The offer in its place, or added as the newest."""
    known = any(one.id == offer.id for one in case.offers)
    offers = tuple(offer if one.id == offer.id else one for one in case.offers) if known else (*case.offers, offer)
    return replace(case, offers=offers[-MOST_OFFERS:])


def settled(case: Case, status: RulingStatus, at: datetime, why: str | None = None) -> Case:
    """The case with what became of the offer that dispute had not answered yet; unchanged where there is none."""
    sent = case.sent_offer
    return with_offer(case, replace(sent, status=status, settled_at=at, why=why)) if sent else case
