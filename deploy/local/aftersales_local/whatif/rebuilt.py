"""The facts of an order as events again, from what the services' tables keep of it. Pure.

Commands and rulings are kept as they were said; of facts the tables keep what they came to. Their instants are their
own: that is what facts are judged by.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from aftersales.contracts import marketplace as said
from aftersales.contracts.carrier import ParcelScanned
from aftersales.contracts.envelope import Event
from aftersales_local.whatif.lines import Told
from aftersales_local.whatif.sketch import CARRIER, MARKETPLACE
from dispute.domain.order import Order
from dispute.domain.parcel import Span
from dispute.domain.seller import Seller
from dispute.domain.terms import Terms
from order_tracking.domain.parcel import Parcel

UNKNOWN_SKU: Final = "unknown"


def seller_told(seller: Seller, at: datetime) -> Told:
    """The seller's account as it stands now, as if it had been so from `at` on."""
    event = said.PartyChanged(
        party=seller.id,
        role="seller",
        deposit=seller.deposit,
        deposit_currency=seller.deposit_currency,
        service_enrolled=seller.enrolled,
        return_address=seller.return_address,
    )
    return Told(at, seller.source or MARKETPLACE, f"party-{seller.id}", event)


def facts_told(order: Order) -> Iterator[Told]:
    """Everything the marketplace said of an order that was placed; nothing for others."""
    terms, facts = order.terms, list[tuple[datetime, Event]]()
    if terms is None:
        return
    facts.append((terms.placed_at, placed(order.id, terms)))
    if order.paid_at is not None:
        facts.append((order.paid_at, said.OrderPaid(order=order.id, amount=terms.paid, paid_at=order.paid_at)))
    for change in order.addresses:
        moved = said.AddressChanged(order=order.id, destination=change.destination, changed_at=change.changed_at)
        facts.append((change.changed_at, moved))
    facts += [(shipped.shipped_at, shipped) for shipped in shipments(order)]
    if order.cancelled_at is not None:
        cancelled = said.OrderCancelled(order=order.id, cancelled_at=order.cancelled_at)
        facts.append((order.cancelled_at, cancelled))
    if order.receipt_at is not None:
        received = said.ReceiptConfirmed(order=order.id, buyer=terms.buyer, confirmed_at=order.receipt_at)
        facts.append((order.receipt_at, received))
    for number, (at, fact) in enumerate(facts):
        yield Told(at, terms.source, f"{order.id}-fact-{number}", fact)


def placed(order: str, terms: Terms) -> said.OrderPlaced:
    """The order in the currency it was paid in. Units that were rounded otherwise may differ by one minor unit."""
    units = terms.every_unit()
    lines = tuple(
        said.Line(
            line=line,
            sku=UNKNOWN_SKU,
            quantity=count,
            unit_price=next(run.charged_price for run in terms.runs if run.line == line),
        )
        for line, count in terms.quantities().items()
    )
    return said.OrderPlaced(
        order=order,
        buyer=terms.buyer,
        seller=terms.seller,
        placed_at=terms.placed_at,
        currency=terms.currency,
        lines=lines,
        shipping=sum(unit.shipping for unit in units),
        discount=max(0, sum(unit.charged_price - unit.net for unit in units)),
        tax=sum(unit.tax for unit in units),
        destination=terms.destination,
        carrier_service=terms.carrier_service,
        promise_days=terms.promise_days,
        paid=terms.paid,
        platform_logistics=terms.platform_logistics,
        free_return=terms.free_return,
        service_enrolled=terms.service_enrolled,
        category=terms.category,
    )


def shipments(order: Order) -> Iterator[said.ParcelShipped]:
    for parcel in order.parcels.values():
        shipped = parcel.shipped
        if shipped is not None:
            units = None if shipped.units is None else {line: _numbers(spans) for line, spans in shipped.units.items()}
            yield said.ParcelShipped(
                order=order.id,
                parcel=parcel.id,
                carrier=shipped.carrier,
                number=shipped.number,
                shipped_at=shipped.shipped_at,
                units=units,
            )


def scans_told(name: str, parcel: Parcel) -> Iterator[Told]:
    """The scans that count of a parcel; `name` is its carrier and number."""
    carrier, _, number = name.partition(":")
    for scan in parcel.scans:
        if not scan.ahead:
            event = ParcelScanned(carrier=carrier, number=number, status=scan.status, scanned_at=scan.at)
            yield Told(scan.at, CARRIER, f"scan-{name}-{scan.status}-{scan.at.isoformat()}", event)


def _numbers(spans: Sequence[Span]) -> tuple[int, ...]:
    return tuple(number for span in spans for number in range(span.first, span.last + 1))
