"""The promised delivery time (rulebook M1, `promise.max`, `promise.default`)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from aftersales.policy.calendar import parameter
from aftersales.policy.model import Policy

ANY_OTHER: Final = "*"


def promise_end(
    policy: Policy,
    *,
    carrier_service: str,
    destination: str,
    promise_days: int | None,
    shipped_at: datetime,
    scope: Mapping[str, str | None] | None = None,
) -> datetime:
    """When the promise for a parcel ends; a delivery at that instant is late. The clock starts at the dispatch (8.15).

    promise_days: the seller's own, capped by `promise.max` of the destination; None is `promise.default`.
    scope: `seller` and `category` of the order, where calendar overrides may name them.
    """
    scope = {**(scope or {}), "carrier_service": carrier_service, "destination": destination}
    if promise_days is None:
        defaults: Mapping[str, int] = parameter(policy, "promise.default", shipped_at, scope)
        days = defaults.get(carrier_service.upper(), defaults[ANY_OTHER])
    else:
        limits: Mapping[str, int] = parameter(policy, "promise.max", shipped_at, scope)
        days = min(promise_days, limits.get(destination, limits[ANY_OTHER]))
    return shipped_at + timedelta(days=days)
