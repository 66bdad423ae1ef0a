"""Goods on their way back that did not simply arrive: contested, lost (transitions 20, 21; 8.26, 8.53)."""

from datetime import timedelta
from typing import Literal

from msgspec.structs import replace

from aftersales.contracts.dispute import DisputeReturnDelivered
from aftersales.contracts.marketplace import ReturnContested
from aftersales.contracts.tracking import ReturnScanned
from aftersales.decision import Because, Decision, Given, nothing
from dispute.domain import states, transitions
from dispute.domain.dispute import Dispute, GoodsBack
from dispute.domain.order import Order
from dispute.rules import freight
from dispute.rules.draft import Draft, No
from dispute.rules.escalate import escalate
from dispute.rules.evidence import with_evidence
from dispute.rules.send_back import pay_for_return
from dispute.rules.shift import stood


def contest(draft: Draft, dispute: Dispute, said: ReturnContested) -> Because | No:
    """What came back is not what was sent, the seller says: the platform judges (transition 20)."""
    if not said.evidence:
        return No("evidence-needed", "Contesting the goods needs at least one piece of evidence. Add one.")
    shown = with_evidence(dispute, "seller", said.evidence)
    if isinstance(shown, No):
        return shown
    escalate(draft, _superseded(shown, "contested"), "return_contested", "20")
    return draft.because("20")


def return_scanned(order: Order | None, said: ReturnScanned, given: Given) -> Decision:
    """What the carrier says of the goods on their way back; after the way back has ended it changes nothing."""
    dispute = order.disputes.get(said.dispute) if order else None
    back = dispute.back if dispute else None
    if order is None or dispute is None or back is None or (back.carrier, back.number) != (said.carrier, said.number):
        return nothing("unknown-return", f"Dispute {said.dispute} has no goods on their way under this number.")
    delivered_at = back.delivered_at or (given.now if said.delivered_at is not None else None)
    known = replace(back, status=said.status, delivered_at=delivered_at)
    if known == back:
        return nothing("known", f"This is known of the goods that dispute {dispute.id} sent back.")
    draft = Draft(order, given)
    draft.facts.update(dispute=dispute.id, status=said.status, scanned_at=said.scanned_at.isoformat())
    dispute = draft.keep(replace(dispute, back=known))
    if dispute.state == states.RETURN_IN_TRANSIT:
        _on_the_way(draft, dispute, back)
    return draft.decision(draft.why())


def catch_up(draft: Draft, dispute: Dispute) -> None:
    """A chargeback has ended: goods that were lost meanwhile are so from now on (rulebook 8.20)."""
    if dispute.state == states.RETURN_IN_TRANSIT and dispute.back is not None and dispute.back.lost_frozen:
        _lost(draft, dispute)


def _on_the_way(draft: Draft, dispute: Dispute, before: GoodsBack) -> None:
    assert dispute.back is not None
    if dispute.back.status == "lost" and draft.order.frozen:
        draft.keep(replace(dispute, back=replace(dispute.back, lost_frozen=True)))
    elif dispute.back.status == "lost":
        _lost(draft, dispute)
    elif dispute.back.delivered_at is not None and before.delivered_at is None:
        _delivered(draft, dispute)


def _lost(draft: Draft, dispute: Dispute) -> None:
    """The carrier lost the goods: at the risk of whoever pays the freight (transition 21)."""
    if freight.bearer(draft, dispute) == "buyer":
        escalate(draft, _superseded(dispute, "lost"), "return_lost", "21")
    else:
        pay_for_return(draft, dispute, "lost", "21")


def _delivered(draft: Draft, dispute: Dispute) -> None:
    """The seller has the goods: less time to confirm them, never more (`return.seller_confirm_delivered`).

    During a chargeback neither runs, so what is compared is what is left of each (rulebook 8.20).
    """
    confirm_by = draft.now + draft.length("return.seller_confirm_delivered")
    frozen_at = draft.order.chargeback_at
    stood_still = stood(dispute, frozen_at, draft.now) if frozen_at is not None else timedelta()
    if dispute.deadline is not None and confirm_by < dispute.deadline + stood_still:
        dispute = draft.keep(replace(dispute, deadline=confirm_by, armed_at=draft.now))
        draft.arm(transitions.CONFIRM_RETURN_DUE, confirm_by, dispute, deadline=confirm_by.isoformat())
    draft.tell(DisputeReturnDelivered, dispute)


def _superseded(dispute: Dispute, end: Literal["contested", "lost"]) -> Dispute:
    """No earlier plan stands, and nothing is agreed until the new end; rule and liable stay as they were."""
    assert dispute.back is not None
    return replace(dispute, back=replace(dispute.back, end=end), agreement=None, counts_for_seller=None)
