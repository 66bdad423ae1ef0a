"""How a seller does: to the seller, and to the platform's people (rulebook section 9)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from aftersales.contracts.envelope import Id, Instant
from aftersales.identity import Role, not_found
from aftersales.runtime.http import Caller, Ours
from dispute.domain.measure import WINDOW, Counts, Fact, Marks, by, counts, percentile, under_last_reason
from dispute.store.measures import measures

router = APIRouter(tags=["sellers"])

MOST_LISTED = 100


class Part(BaseModel):
    """The same for one cause, carrier service or destination. Of a cause the denominator is that of the whole.

    A dispute counts under the cause it had last, where the buyer gave another one meanwhile.
    """

    name: str
    disputes_filed: int
    dispute_rate: str
    arbitration_rate: str
    seller_liable_rate: str
    on_time_rate: str | None


class Metrics(BaseModel):
    """Over (at - 30 d, at]. Rates have four places, half up; of nothing 0.

    response_median, response_p90: seconds from being asked to the seller's answer, None where there was none.
    service_cases: settled by the platform's service, and in no rate. change: against the 30 days before.
    """

    seller: str
    at: datetime
    dispute_rate: str
    arbitration_rate: str
    seller_liable_rate: str
    on_time_rate: str
    response_median: int | None
    response_p90: int | None
    disputes_filed: int
    receipts: int
    parcels: int
    service_cases: int
    change: dict[str, str]
    by_cause: list[Part]
    by_carrier: list[Part]
    by_destination: list[Part]


@router.get("/sellers/{seller}/metrics")
async def metrics(
    seller: Id,
    caller: Caller,
    parts: Ours,
    at: Annotated[Instant | None, Query(description="the end of the 30 days; now where left out")] = None,
) -> Metrics:
    """A seller's rates over 30 days, apart by cause, carrier and destination, and what changed."""
    own = caller.role is Role.SELLER and caller.sub == seller
    platform = caller.role in (Role.AGENT, Role.SUPERVISOR) and caller.sub != seller
    if not own and not platform:
        raise not_found()
    end, facts, marks, marks_before = await measures(parts.reads, seller, at)
    now, before = counts(facts, marks, end), counts(facts, marks_before, end - WINDOW)
    return Metrics(
        seller=seller,
        at=end,
        **now.rates(),
        response_median=percentile(now.answers, 50),
        response_p90=percentile(now.answers, 90),
        disputes_filed=now.filed,
        receipts=now.receipts,
        parcels=now.parcels,
        service_cases=now.service,
        change=_change(now.rates(), before.rates()),
        by_cause=_parts(by(under_last_reason(facts, end), marks, end, _reason), now.whole),
        by_carrier=_parts(by(facts, marks, end, lambda each: each.carrier_service), None),
        by_destination=_parts(by(facts, marks, end, lambda each: each.destination), None),
    )


def _reason(each: Fact | Marks) -> str | None:
    return each.reason if isinstance(each, Fact) else None


def _change(now: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    return {name: f"{Decimal(value) - Decimal(before[name]):+}" for name, value in now.items()}


def _parts(found: Mapping[str, Counts], whole: int | None) -> list[Part]:
    """The ones with the most disputes first; of a cause no parcel is in time or late."""
    largest = sorted(found.items(), key=lambda item: (-item[1].filed, item[0]))[:MOST_LISTED]
    return [
        Part(
            name=name,
            disputes_filed=each.filed,
            **{**each.rates(whole), **({"on_time_rate": None} if whole is not None else {})},
        )
        for name, each in largest
    ]
