"""Everything has come to rest: nothing unsent, due or parked, no deadline passed, nobody told a thing twice."""

from typing import Final

from aftersales_local.checks.report import Check, Connections, judged

# What a dispute row that is not closed still waits for. The review of a case has a second date, 14 days after its
# beginning, on which the fallback rules; a refund waits for the provider, however long that takes.
OVERDUE: Final = """
    select dispute, state, least(deadline, escalates_at) as due from disputes
    where state not like 'CLOSED%' and state not in ('ARBITRATION_REVIEW', 'REFUND_PENDING')
        and least(deadline, escalates_at) <= app_now()
    union all
    select dispute, state, since + interval '14 days' from disputes
    where state = 'ARBITRATION_REVIEW' and since + interval '14 days' <= app_now()
    order by due, dispute
"""
NOTICES: Final = """
    select order_id, dispute, parcel, step, party, channel, count(*) as told from notice
    group by order_id, dispute, parcel, step, party, channel
"""


async def nothing_unsent(connections: Connections) -> Check:
    unsent: list[str] = []
    total = 0
    for service, connection in connections.items():
        total += await connection.fetchval("select count(*) from outbox")
        rows = await connection.fetch("select id, type from outbox where sent_at is null order by id")
        unsent += [f"{row['type']} {row['id']} of {service}" for row in rows]
    return judged("nothing unsent", f"{total} events sent" if not unsent else f"{len(unsent)} of {total}", unsent)


async def nothing_due(connections: Connections) -> Check:
    due: list[str] = []
    later = 0
    for service, connection in connections.items():
        later += await connection.fetchval("select count(*) from timers where due > app_now()")
        rows = await connection.fetch("select kind, subject, due from timers where due <= app_now() order by due, id")
        due += [f"{row['kind']} of {row['subject']} in {service}, due {row['due']:%Y-%m-%d %H:%M:%S}" for row in rows]
    return judged("no timer left behind", f"{len(due)} due, {later} for later", due)


async def nothing_parked(connections: Connections) -> Check:
    parked: list[str] = []
    for service, connection in connections.items():
        rows = await connection.fetch("select subject, reason from parked order by since, subject")
        parked += [f"{row['subject']} in {service}: {row['reason']}" for row in rows]
    return judged("nothing parked", f"{len(parked)} subjects", parked)


async def one_notice(connections: Connections) -> Check:
    """One notice a (dispute, step, party, channel); what is said of a parcel without a dispute is counted by parcel."""
    rows = await connections["notification"].fetch(NOTICES)
    twice = [
        f"{row['step']} of {row['dispute'] or row['parcel']} to the {row['party']} over {row['channel']}: {row['told']}"
        for row in rows
        if row["told"] > 1
    ]
    return judged("nobody told twice", f"{sum(row['told'] for row in rows)} notices", twice)


async def no_deadline_passed(connections: Connections) -> Check:
    dispute = connections["dispute"]
    still_open = await dispute.fetchval("select count(*) from disputes where state not like 'CLOSED%'")
    rows = await dispute.fetch(OVERDUE)
    late = [f"{row['dispute']} is {row['state']} since its deadline {row['due']:%Y-%m-%d %H:%M:%S}" for row in rows]
    return judged("no deadline passed unheeded", f"{still_open} disputes open", late)
