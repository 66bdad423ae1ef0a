"""History: every version of every subject once, and every step of a dispute one that the rulebook knows (I5)."""

from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from aftersales_local.checks.report import Check, Connections, judged

# The table of each kind of subject.
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "order_tracking": {"order": "orders", "parcel": "parcels"},
    "dispute": {"order": "orders", "seller": "sellers"},
    "arbitration": {"case": "cases"},
    "notification": {"thread": "threads", "party": "parties"},
}
GAPS: Final = """
    select coalesce(h.subject, t.subject) as subject, coalesce(t.version, 0) as version,
        coalesce(h.count, 0) as count, coalesce(h.least, 1) as least, coalesce(h.most, 0) as most
    from (
        select subject, count(*) as count, min(version) as least, max(version) as most from history
        where subject like $1 || '/%' group by subject
    ) h
    full join (select $1 || '/' || id as subject, version from {table}) t on t.subject = h.subject
"""
MOVES: Final = """
    select h.subject, h.version, m.value as move from history h
    cross join lateral jsonb_array_elements(h.moves) with ordinality as m (value, place)
    order by h.subject, h.version, m.place
"""

ASKED = ("AWAITING_SELLER", "AWAITING_BUYER")
DESK = ("ARBITRATION_EVIDENCE", "ARBITRATION_REVIEW", "PLATFORM_PROPOSED")
EXECUTED = ("REFUND_PENDING", "RETURN_AWAITING_SHIPMENT", "CLOSED_REJECTED")
OPENED = ("AWAITING_SELLER", "HELD_IN_TRANSIT", "SERVICE_REVIEW")
TALKING = (*ASKED, "HELD_IN_TRANSIT", "ARBITRATION_EVIDENCE", "ARBITRATION_REVIEW")
ENDED = ("CLOSED_REFUNDED", "CLOSED_REJECTED", "CLOSED_NO_RETURN")
# Rulebook section 5, by number: from where to where. None is "no dispute yet".
LEGAL: Final[Mapping[str, tuple[tuple[str | None, ...], tuple[str, ...]]]] = {
    "1": ((None,), OPENED),
    "2": (ASKED, ("AWAITING_SELLER", "HELD_IN_TRANSIT")),
    "3": (("AWAITING_SELLER",), EXECUTED),
    "4": (("AWAITING_SELLER",), ("AWAITING_BUYER",)),
    "5": (("AWAITING_BUYER",), EXECUTED),
    "6": (("AWAITING_SELLER",), (*EXECUTED, "ARBITRATION_EVIDENCE")),
    "7": (ASKED, ("ARBITRATION_EVIDENCE",)),
    "8": (ASKED, ("ARBITRATION_EVIDENCE",)),
    "9": (("HELD_IN_TRANSIT",), ("ARBITRATION_EVIDENCE",)),
    "10": (("HELD_IN_TRANSIT",), ("AWAITING_SELLER",)),
    "11": (("HELD_IN_TRANSIT", "AWAITING_BUYER"), ("AWAITING_BUYER", "CLOSED_CANCELLED")),
    "12": (TALKING, EXECUTED),
    "13": ((*ASKED, "HELD_IN_TRANSIT", "SERVICE_REVIEW", *DESK, "RETURN_AWAITING_SHIPMENT"), ("CLOSED_CANCELLED",)),
    "15": (("ARBITRATION_EVIDENCE",), ("ARBITRATION_REVIEW",)),
    "16": (("ARBITRATION_REVIEW",), ("PLATFORM_PROPOSED",)),
    "17": (("ARBITRATION_REVIEW", "PLATFORM_PROPOSED"), EXECUTED),
    "18": (("RETURN_AWAITING_SHIPMENT",), ("RETURN_IN_TRANSIT",)),
    "19": (("RETURN_IN_TRANSIT",), ("REFUND_PENDING",)),
    "20": (("RETURN_IN_TRANSIT",), ("ARBITRATION_EVIDENCE",)),
    "21": (("RETURN_IN_TRANSIT",), ("REFUND_PENDING", "ARBITRATION_EVIDENCE")),
    "22": (("REFUND_PENDING",), ("CLOSED_REFUNDED",)),
    "23": (("SERVICE_REVIEW",), ("REFUND_PENDING", "CLOSED_REJECTED", "AWAITING_SELLER")),
    "24": (ENDED, ("APPEAL_REVIEW",)),
    "25": (("APPEAL_REVIEW",), (*ENDED, "REFUND_PENDING")),
    "26": (("CLOSED_CANCELLED",), OPENED),
    "27": ((*TALKING, "SERVICE_REVIEW", "PLATFORM_PROPOSED", "RETURN_AWAITING_SHIPMENT", "RETURN_IN_TRANSIT"),
           ("CLOSED_EXTERNAL",)),
    "29": (("PLATFORM_PROPOSED",), ("ARBITRATION_REVIEW",)),
    "30": (("PLATFORM_PROPOSED",), EXECUTED),
    # The rows of section 4 whose timers no other transition names.
    "31": (("AWAITING_BUYER", "RETURN_AWAITING_SHIPMENT", "RETURN_IN_TRANSIT", "SERVICE_REVIEW", "APPEAL_REVIEW"),
           ("CLOSED_CANCELLED", "CLOSED_NO_RETURN", "REFUND_PENDING", "AWAITING_SELLER", *ENDED)),
}  # fmt: skip


async def without_gaps(connections: Connections) -> Check:
    """Versions 1 to n of every subject, each once, and n is what its row says."""
    wrong: list[str] = []
    rows_seen = 0
    for service, connection in connections.items():
        for kind, table in TABLES[service].items():
            for row in await connection.fetch(GAPS.format(table=table), kind):
                rows_seen += row["count"]
                if not row["count"] == row["most"] == row["version"] or row["least"] != 1:
                    wrong.append(
                        f"{row['subject']} in {service} is at version {row['version']} and has {row['count']} of the "
                        f"versions {row['least']} to {row['most']}"
                    )
    return judged("history without gaps", f"{rows_seen} decisions", wrong)


async def moves_legal(connections: Connections) -> Check:
    """Every step goes on where the one before ended, by a transition of the rulebook; the row shows the last one."""
    dispute = connections["dispute"]
    moves = [(row["subject"], orjson.loads(row["move"])) for row in await dispute.fetch(MOVES)]
    wrong, last = followed(moves)
    for row in await dispute.fetch("select dispute, state from disputes order by dispute"):
        if last.get(row["dispute"]) != row["state"]:
            wrong.append(f"{row['dispute']} is {row['state']}; its history ends at {last.get(row['dispute'])}")
    return judged("every step legal", f"{len(moves)} steps of {len(last)} disputes", wrong)


def followed(moves: Iterable[tuple[str, list[str | None]]]) -> tuple[list[str], dict[str, str]]:
    """What is wrong with the moves, and where each dispute ended."""
    wrong: list[str] = []
    last: dict[str, str] = {}
    for subject, (thing, before, after, number) in moves:
        sources, targets = LEGAL.get(str(number), ((), ()))
        name = f"{thing} of {subject}: {before} to {after} by {number}"
        if last.get(str(thing)) != before:
            wrong.append(f"{name}, but it was {last.get(str(thing))}")
        elif before not in sources or after not in targets:
            wrong.append(f"{name} is no step of the rulebook")
        last[str(thing)] = str(after)
    return wrong, last
