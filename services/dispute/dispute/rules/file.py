"""The file of a dispute: every fact the arbitration desk needs to judge it without asking."""

from aftersales.contracts.dispute import Party
from aftersales.contracts.file import File, ParcelFacts, ReturnFacts, UnitShare
from aftersales.contracts.marketplace import Plan
from aftersales.policy.amounts import Unit
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.domain.parcel import Parcel


def file(order: Order, dispute: Dispute) -> File:
    terms = order.known
    return File(
        units=units(order, dispute),
        cap=order.cap(dispute.units),
        paid=terms.paid,
        paid_left=order.paid_left,
        parcels=parcels(order, dispute),
        buyer_evidence=dispute.buyer_evidence,
        seller_evidence=dispute.seller_evidence,
        buyer_plan=_plan(dispute, "buyer"),
        seller_plan=_plan(dispute, "seller"),
        destination=order.destination,
        carrier_service=terms.carrier_service,
        category=terms.category,
        platform_logistics=terms.platform_logistics,
        free_return=terms.free_return,
        opened_at=dispute.opened_at,
        wanted_remedy=dispute.wanted,
        back=_back(dispute),
    )


def _plan(dispute: Dispute, party: Party) -> Plan | None:
    plan = dispute.plan_of(party)
    return plan.plan() if plan else None


def _back(dispute: Dispute) -> ReturnFacts | None:
    back, owed = dispute.back, dispute.owed
    if back is None or back.end is None or owed is None:
        return None
    return ReturnFacts(end=back.end, refund=owed.refund, freight=back.freight)


def units(order: Order, dispute: Dispute) -> tuple[UnitShare, ...]:
    gone = order.refunded_units()

    def share(unit: Unit) -> UnitShare:
        parcel = order.parcel_of(unit.line, unit.number)
        return UnitShare(
            line=unit.line,
            unit=unit.number,
            parcel=parcel.id if parcel else None,
            net=unit.net,
            shipping=unit.shipping,
            tax=unit.tax,
            refunded=gone.get((unit.line, unit.number), 0),
            charged_price=unit.charged_price,
            exact_price=unit.exact_price,
        )

    return tuple(share(unit) for unit in order.known.units(dispute.units))


def parcels(order: Order, dispute: Dispute) -> tuple[ParcelFacts, ...]:
    return tuple(_facts(order, parcel) for parcel in order.parcels_of(dispute.units))


def _facts(order: Order, parcel: Parcel) -> ParcelFacts:
    assert parcel.shipped is not None
    assert parcel.promise_ends_at is not None
    return ParcelFacts(
        parcel=parcel.id,
        carrier=parcel.shipped.carrier,
        number=parcel.shipped.number,
        shipped_at=parcel.shipped.shipped_at,
        promise_ends_at=parcel.promise_ends_at,
        status=parcel.status,
        delivered_at=order.delivered_at(parcel),
        attempted_at=parcel.attempted_at,
        seen=parcel.seen,
        extended=parcel.extended,
    )
