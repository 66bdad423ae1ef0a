"""Orders and parcels as subjects. A scan writes its parcel alone: what lists need hangs on the order."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aftersales.service import Kind, View
from order_tracking.domain.lane import Lane
from order_tracking.domain.order import Order
from order_tracking.domain.parcel import Parcel
from order_tracking.domain.refs import LANE, ORDER, PARCEL, parcel_ref


def _shipments(subject: str, order: Order) -> Iterable[Mapping[str, Any]]:
    if order.placed is None:
        return ()
    return [
        {
            "order_id": subject,
            "parcel": shipped.parcel,
            "parcel_id": parcel_ref(shipped.carrier, shipped.number).id,
            "number": shipped.number,
            "buyer": order.placed.buyer,
            "seller": order.placed.seller,
            "source": order.placed.source,
            "shipped_at": shipped.shipped_at,
            "carrier_service": order.placed.carrier_service.upper(),
            "destination": order.destination(order.placed, shipped.shipped_at),
            "promise_ends_at": shipped.promise_ends_at,
        }
        for shipped in order.parcels
    ]


SHIPMENTS: Final = View("shipment", ("order_id", "parcel"), _shipments)
ORDERS: Final = Kind(ORDER, "orders", Order, views=(SHIPMENTS,))
PARCELS: Final = Kind(PARCEL, "parcels", Parcel)
LANES: Final = Kind(LANE, "lanes", Lane)
