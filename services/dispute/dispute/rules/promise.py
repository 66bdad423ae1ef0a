"""The promised delivery time of every parcel of an order, as the facts known now have it (rulebook M1)."""

from datetime import datetime

from msgspec.structs import replace

from aftersales.policy.book import PolicyBook
from aftersales.policy.promise import promise_end
from dispute.domain.order import Order
from dispute.domain.parcel import Parcel, Shipment


def promised(order: Order, policies: PolicyBook) -> Order:
    """With the promise of every shipped parcel, extensions included; it starts at the dispatch (rulebook 8.15)."""
    policy = policies.named(order.known.policy)

    def end(parcel: Parcel, shipment: Shipment) -> datetime:
        return parcel.extended_by + promise_end(
            policy,
            carrier_service=order.known.carrier_service,
            destination=order.destination_at(shipment.shipped_at),
            promise_days=order.known.promise_days,
            shipped_at=shipment.shipped_at,
            scope=order.known.scope,
        )

    shipped = {key: replace(p, promise_ends_at=end(p, p.shipped)) for key, p in order.parcels.items() if p.shipped}
    return replace(order, parcels={**order.parcels, **shipped})
