"""Everything the checker looks at after one small dispute that went well: complaint, acceptance, refund, payment."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson

from aftersales_checker.found import Database, Found, Record, Row, Run, cause_of

ORDER, DISPUTE, SUBJECT, MARKET = "o-1", "d-1", "order/o-1", "market"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
INSTRUCTION = "i-1"
STEP = {"order": ORDER, "dispute": DISPUTE}
ENTRIES = ({"account": "buyer", "amount": 2000}, {"account": "seller_escrow", "amount": -2000})

# offset on its topic, topic, type, id, body, move
HEARD: tuple[tuple[str, str, str, dict[str, Any], tuple[str | None, str, str] | None], ...] = (
    ("marketplace.orders", "marketplace.order_placed", "placed", {"order": ORDER}, None),
    ("marketplace.complaints", "marketplace.complaint_made", "complaint", dict(STEP), (None, "AWAITING_SELLER", "1")),
    (
        "marketplace.complaints",
        "marketplace.plan_accepted",
        "accepted",
        dict(STEP),
        ("AWAITING_SELLER", "REFUND_PENDING", "3"),
    ),
    (
        "marketplace.payments",
        "marketplace.refund_executed",
        "paid",
        {**STEP, "instruction": INSTRUCTION, "amount": 2000},
        ("REFUND_PENDING", "CLOSED_REFUNDED", "22"),
    ),
)
# topic, type, position of the cause in HEARD, body
SAID: tuple[tuple[str, str, int, dict[str, Any]], ...] = (
    ("dispute.disputes", "dispute.opened", 1, {**STEP, "step": 1}),
    ("dispute.disputes", "dispute.agreed", 2, {**STEP, "step": 2}),
    (
        "dispute.settlements",
        "dispute.refund_ordered",
        2,
        {**STEP, "instruction": INSTRUCTION, "refund": 2000, "total": 2000, "entries": ENTRIES},
    ),
    ("dispute.disputes", "dispute.closed", 3, {**STEP, "step": 3}),
)


def record(topic: str, offset: int, **given: Any) -> Record:
    body = given.pop("says", {})
    given = {"key": ORDER, "source": MARKET, "type": "t.v1", "appended_at": NOON, **given}
    return Record(topic, 0, offset, body=orjson.dumps(body), **given)


def found() -> Found:
    records, offsets = [], dict[str, int]()
    for topic, kind, name, says, _ in HEARD:
        offsets[topic] = offsets.get(topic, -1) + 1
        records.append(record(topic, offsets[topic], id=name, type=f"{kind}.v1", says=says))
    outbox = _said(records)
    databases = {"dispute": _dispute(records[: len(HEARD)], outbox), "notification": _notification(records)}
    run = Run(bootstrap="", databases=dict.fromkeys(databases, ""))
    return Found(run, databases, records)


def _said(records: list[Record]) -> list[Row]:
    outbox: list[Row] = []
    heard, ordinals, offsets = list(records), dict[int, int](), dict[str, int]()
    for number, (topic, kind, position, says) in enumerate(SAID, 1):
        ordinals[position] = ordinals.get(position, -1) + 1
        offsets[topic] = offsets.get(topic, -1) + 1
        cause = heard[position].cause_id
        event = uuid5(cause, f"{SUBJECT}\n{ordinals[position]}:{kind}")
        common = {"type": f"{kind}.v1", "says": says, "source": "dispute", "sequence": str(number)}
        records.append(record(topic, offsets[topic], id=str(event), cause=str(cause), **common))
        row = {"id": number, "event_id": event, "topic": topic, "key": ORDER, "type": f"{kind}.v1"}
        outbox.append({**row, "subject": SUBJECT, "sent_at": NOON})
    return outbox


def cause(one: Record, outcome: str = "applied", subject: str = SUBJECT) -> Row:
    place = {"topic": one.topic, "partition": one.partition, "record_offset": one.offset}
    named = {"cause_id": one.cause_id, "subject": subject, "type": one.type, "source": one.source, "name": one.id}
    return {**named, **place, "received_at": NOON, "outcome": outcome, "slug": None, "dispute": one.says.get("dispute")}


def decision(version: int, cause_id: UUID, kind: str, *moves: tuple[Any, ...], **given: Any) -> Row:
    row = {"subject": SUBJECT, "version": version, "cause_id": cause_id, "event_type": kind, "outcome": "applied"}
    return {**row, "at": NOON, "arrived_at": NOON, "moves": [list(m) for m in moves], "facts": {}, **given}


def _dispute(heard: Sequence[Record], outbox: Sequence[Row]) -> Database:
    history = [
        decision(version, one.cause_id, one.type, *([(DISPUTE, *move)] if move else []))
        for version, (one, (*_, move)) in enumerate(zip(heard, HEARD, strict=True), 1)
    ]
    burdens = ("compensation", "freight", "deposit", "platform_fund", "service_fund", "seller_debt", "carrier_claim")
    named: dict[str, Any] = {"order_id": ORDER, "dispute": DISPUTE}
    row: dict[str, Any] = {
        **named,
        "state": "CLOSED_REFUNDED",
        "reason": "SNAD_QUALITY",
        "step": 3,
        "since": NOON,
        "deadline": None,
    }
    row |= {
        "escalates_at": None,
        "agreement": "consensus",
        "rule": None,
        "liable": None,
        "refund": 2000,
        "escrow": 2000,
    }
    named |= {"cause": heard[2].cause_id}
    resolution = {**named, "agreement": "consensus", "refund": 2000, "compensation": 0, "freight": 0}
    line = {"journal_id": INSTRUCTION, **named, "currency": "USD"}
    tables: dict[str, Sequence[Row]] = {
        "inbox": [cause(one) for one in heard],
        "history": history,
        "outbox": outbox,
        "consumer_fence": _read(heard),
        "subjects": [{"subject": SUBJECT, "version": len(history)}],
        "orders": [{"id": ORDER, "currency": "USD", "paid": 4198, "refunded": 2000, "status": "placed"}],
        "sellers": [{"id": "sue", "deposit": 0, "debt": {}}],
        "disputes": [{**row, **dict.fromkeys(burdens, 0)}],
        "resolution": [resolution],
        "journal": [{**line, **entry} for entry in ENTRIES],
    }
    return Database(NOON + DAY, simulated=False, tables=tables)


def _notification(records: Sequence[Record]) -> Database:
    steps = [one for one in records if one.topic == "dispute.disputes"]
    notices = [
        {
            "id": uuid5(one.cause_id, f"{party}{channel}"),
            "order_id": ORDER,
            "dispute": DISPUTE,
            "parcel": None,
            "step": f"{one.name}/{one.says['step']}",
            "party": party,
            "channel": channel,
            "type": one.name,
        }
        for one in steps
        for party in ("buyer", "seller")
        for channel in ("inbox", "file")
    ]
    thread = "thread/o-1"
    tables: dict[str, Sequence[Row]] = {
        "inbox": [cause(one, subject=thread) for one in steps],
        "history": [decision(n, one.cause_id, one.type, subject=thread) for n, one in enumerate(steps, 1)],
        "consumer_fence": _read(steps),
        "subjects": [{"subject": thread, "version": len(steps)}],
        "notice": notices,
    }
    return Database(NOON + DAY, simulated=False, tables=tables)


def _read(records: Sequence[Record]) -> list[Row]:
    ends = {one.topic: one.offset + 1 for one in records}
    return [{"topic": topic, "partition": 0, "next_offset": end} for topic, end in ends.items()]


def with_rows(whole: Found, table: str, change: Callable[[list[Any]], Any], service: str = "dispute") -> Found:
    """`change` edits the table's rows in place, or gives other rows."""
    database = whole.databases[service]
    rows: list[Any] = [dict(row) for row in database.rows(table)]
    changed = change(rows)
    tables = {**database.tables, table: changed if isinstance(changed, list) else rows}
    return replace(whole, databases={**whole.databases, service: replace(database, tables=tables)})


def with_values(whole: Found, table: str, /, at: int = -1, **values: Any) -> Found:
    """One row of a table of dispute says something else."""
    return with_rows(whole, table, lambda rows: [{**row, **(values if row is rows[at] else {})} for row in rows])


def with_record(whole: Found, *more: Record) -> Found:
    return replace(whole, records=sorted([*whole.records, *more], key=lambda one: one.place))


def without_record(whole: Found, name: str) -> Found:
    """Without the records of a type or an id."""
    return replace(whole, records=[one for one in whole.records if name not in (one.name, one.id)])


def with_run(whole: Found, **given: Any) -> Found:
    return replace(whole, run=replace(whole.run, **given))


def outcome_of(name: str) -> UUID:
    return cause_of(MARKET, name)
