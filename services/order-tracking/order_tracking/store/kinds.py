"""Orders and parcels as subjects. A scan writes its parcel alone: what lists need hangs on the order."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aftersales.service import Kind, View
from order_tracking.domain.order import Order
from order_tracking.domain.parcel import Parcel
from order_tracking.domain.refs import ORDER, PARCEL, parcel_ref


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
        }
        for shipped in order.parcels
    ]


ORDERS: Final = Kind(ORDER, "orders", Order, views=(View("shipment", ("order_id", "parcel"), _shipments),))
PARCELS: Final = Kind(PARCEL, "parcels", Parcel)
