"""Money: journals balance, no order gives back more than was paid, a dispute is settled once (dangers 5.1, I2, I3)."""

from typing import Any, Final

from aftersales_local.checks.report import Check, Connections, judged

BALANCES: Final = """
    select journal_id, currency, sum(amount) as off from journal group by journal_id, currency
    having sum(amount) <> 0 order by journal_id
"""
# The refunds of an order are told by the resolutions; what its journals paid the buyer also holds freight and
# compensation, and must come to the same sum; the row of the order must say the same as both.
SETTLED: Final = """
    select o.id, o.paid, o.refunded, coalesce(r.refund, 0) as refund, coalesce(r.beside, 0) as beside,
        coalesce(j.buyer, 0) as buyer, coalesce(j.strangers, 0) as strangers
    from orders o
    left join (
        select order_id, sum(refund) as refund, sum(beside) as beside from (
            select order_id, refund, compensation + freight as beside from resolution
            union all select order_id, refund, 0 from appeal_outcome
        ) paid group by order_id
    ) r on r.order_id = o.id
    left join (
        select j.order_id, sum(amount) filter (where account = 'buyer') as buyer,
            count(*) filter (where j.currency <> o.currency) as strangers
        from journal j join orders o on o.id = j.order_id group by j.order_id
    ) j on j.order_id = o.id
    where r.order_id is not null or j.order_id is not null or o.refunded <> 0
    order by o.id
"""
# A debt that is collected has a journal of its own, later and of no party's dispute any more (8.41).
RESOLUTIONS: Final = """
    select d.dispute, d.state, d.agreement, coalesce(r.found, 0) as found, coalesce(j.journals, 0) as journals,
        r.says, r.pays, a.outcome, coalesce((a.refund > 0)::int + (a.reversed > 0)::int, 0) as appealed
    from disputes d
    left join appeal_outcome a on a.dispute = d.dispute
    left join (
        select order_id, dispute, count(*) as found, min(agreement) as says,
            sum(refund + compensation + freight) as pays
        from resolution group by order_id, dispute
    ) r on r.order_id = d.order_id and r.dispute = d.dispute
    left join (
        select order_id, dispute, count(distinct journal_id) as journals from journal
        where cause not in (select cause_id from history where rule = '8.41')
        group by order_id, dispute
    ) j on j.order_id = d.order_id and j.dispute = d.dispute
    order by d.dispute
"""
STRAY: Final = """
    select dispute from resolution r where not exists (select from disputes d where d.dispute = r.dispute)
    union select dispute from journal j where not exists (select from resolution r where r.dispute = j.dispute)
        and not exists (select from appeal_outcome a where a.dispute = j.dispute)
    order by dispute
"""
SETTLED_STATES: Final = ("CLOSED_REFUNDED", "CLOSED_REJECTED", "REFUND_PENDING")


async def journals_balanced(connections: Connections) -> Check:
    dispute = connections["dispute"]
    journals = await dispute.fetchval("select count(distinct journal_id) from journal")
    off = [f"{row['journal_id']} is off by {row['off']} {row['currency']}" for row in await dispute.fetch(BALANCES)]
    return judged("journals balanced", f"{journals} journals", off)


async def refunds_within_paid(connections: Connections) -> Check:
    rows = await connections["dispute"].fetch(SETTLED)
    wrong: list[str] = []
    for row in rows:
        if row["refund"] > (row["paid"] or 0) or row["refunded"] > (row["paid"] or 0):
            wrong.append(f"{row['id']} was paid {row['paid']} and refunds {max(row['refund'], row['refunded'])}")
        elif row["refund"] != row["refunded"]:
            wrong.append(f"{row['id']} says {row['refunded']} refunded, its resolutions {row['refund']}")
        if row["buyer"] != row["refund"] + row["beside"]:
            wrong.append(f"{row['id']}: the buyer gets {row['buyer']}, resolved was {row['refund'] + row['beside']}")
        if row["strangers"]:
            wrong.append(f"{row['id']} has journal lines in another currency")
    return judged("refunds within what was paid", f"{len(rows)} orders with refunds", wrong)


async def one_resolution(connections: Connections) -> Check:
    """A settled dispute has one resolution and one journal where it pays, an appeal one more; another has neither."""
    dispute = connections["dispute"]
    rows = await dispute.fetch(RESOLUTIONS)
    wrong = [f"{row['dispute']} has money and no dispute" for row in await dispute.fetch(STRAY)]
    for row in rows:
        settled = bool(row["found"]) if _by_appeal(row) else row["state"] in SETTLED_STATES
        if row["found"] != settled:
            wrong.append(f"{row['dispute']} is {row['state']} with {row['found']} resolutions")
        elif settled and row["says"] != row["agreement"]:
            wrong.append(f"{row['dispute']} stands as {row['agreement']}, resolved as {row['says']}")
        elif row["journals"] != (settled and row["pays"] > 0) + row["appealed"]:
            wrong.append(f"{row['dispute']} is {row['state']} with {row['journals']} journals")
    return judged("one resolution a dispute", f"{sum(row['found'] for row in rows)} resolutions", wrong)


def _by_appeal(row: Any) -> bool:
    """Whether its state does not tell of a resolution: it is in appeal, or was paid by one that was granted."""
    return bool(row["state"] == "APPEAL_REVIEW" or row["outcome"] == "overturned")
