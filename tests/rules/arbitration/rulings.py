"""A ruling and an offer as a case keeps them."""

from typing import Any

from msgspec.structs import replace

from arbitration.domain.offer import Offer
from arbitration.domain.ruling import Ruling, RulingStatus
from tests.rules.arbitration.builders import NOW


def a_ruling(**changes: Any) -> Ruling:
    ruling = Ruling(
        id="R-1",
        status=RulingStatus.SENT,
        made_at=NOW,
        agent="kim",
        rule="R20",
        title="counterfeit upheld",
        liable="seller",
        remedy="refund",
        refund=4198,
        compensation=7996,
        freight=0,
        payer="escrow",
        carrier_claim=0,
        counts_for_seller=True,
        departed=None,
        findings={"counterfeit": "upheld"},
        explanation={"rule": "R20", "facts": {}, "policy": {}},
    )
    return replace(ruling, **changes)


def an_offer(**changes: Any) -> Offer:
    offer = Offer(
        id="R-1", kind="proposal", status=RulingStatus.SENT, made_at=NOW, agent="kim", remedy="refund", amount=1500
    )
    return replace(offer, **changes)
