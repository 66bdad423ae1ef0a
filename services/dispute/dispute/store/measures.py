"""What a seller is measured by, as the tables have it: bounded, of two periods of 30 days."""

from datetime import datetime

from sqlalchemy import func, select

from aftersales.errors import Refused
from aftersales.runtime.reads import Reads
from dispute.domain.measure import WINDOW, Fact, Marks
from dispute.store.tables import SELLER_FACT, SELLER_MARK

# More disputes than a seller of a million orders a month has.
MOST_FACTS = 200_000


async def measures(
    reads: Reads, seller: str, at: datetime | None
) -> tuple[datetime, list[Fact], list[Marks], list[Marks]]:
    """The instant (None: now), the facts of disputes in order, the marks of the window and of the one before it."""
    end = at or await reads.scalar(select(func.app_now()))
    facts = await _facts(reads, seller, end)
    marks, before = await _marks(reads, seller, end), await _marks(reads, seller, end - WINDOW)
    return end, facts, marks, before


async def _facts(reads: Reads, seller: str, end: datetime) -> list[Fact]:
    """All that is known of every dispute to which something happened in either window."""
    recent = select(SELLER_FACT.c.dispute).where(
        SELLER_FACT.c.seller == seller, SELLER_FACT.c.at > end - 2 * WINDOW, SELLER_FACT.c.at <= end
    )
    columns = [SELLER_FACT.c[name] for name in Fact._fields]
    query = select(*columns).where(SELLER_FACT.c.dispute.in_(recent), SELLER_FACT.c.seller == seller)
    rows = await reads.rows(query.order_by(SELLER_FACT.c.id).limit(MOST_FACTS + 1))
    if len(rows) > MOST_FACTS:
        raise Refused("too-much-to-measure", f"Seller {seller} has more than {MOST_FACTS} facts in 60 days.", 503)
    return [Fact(*row) for row in rows]


async def _marks(reads: Reads, seller: str, end: datetime) -> list[Marks]:
    lane = (SELLER_MARK.c.carrier_service, SELLER_MARK.c.destination)
    receipt, parcel = SELLER_MARK.c.kind == "receipt", SELLER_MARK.c.kind == "parcel"
    counts = (
        func.count().filter(receipt),
        func.count().filter(parcel),
        func.count().filter(parcel, SELLER_MARK.c.good),
    )
    inside = (SELLER_MARK.c.seller == seller, SELLER_MARK.c.at > end - WINDOW, SELLER_MARK.c.at <= end)
    rows = await reads.rows(select(*lane, *counts).where(*inside).group_by(*lane))
    return [Marks(*row) for row in rows]
