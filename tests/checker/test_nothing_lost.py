"""I1: every record and every acknowledged command is in the log of causes of everyone it concerns."""

from typing import Any

from aftersales_checker.found import Found, cause_of
from aftersales_checker.nothing_lost import nothing_lost
from tests.checker import healthy
from tests.checker.healthy import MARKET, NOON, record, with_record, with_rows, with_run, with_values


def said(found: Found) -> list[str]:
    return [violation.sentence for violation in nothing_lost(found).violations]


def fence(found: Found, topic: str, end: int) -> Found:
    def moved(rows: list[Any]) -> list[Any]:
        return [{**row, "next_offset": end} if row["topic"] == topic else row for row in rows]

    return with_rows(found, "consumer_fence", moved)


def command(kind: str, value: int | None, *, op: int = 1, key: str = "k") -> list[dict[str, Any]]:
    line = {"op": op, "f": "POST /disputes/d-1/accept", "service": "dispute", "key": key, "actor": "seller:sue"}
    return [{**line, "type": "invoke"}, {**line, "type": kind, "value": value}]


def admitted(found: Found, outcome: str) -> Found:
    cause = {"cause_id": cause_of("seller:sue", "k"), "subject": "order/o-1", "type": "t", "outcome": outcome}
    more = {**cause, "source": "seller:sue", "name": "k", "topic": None, "received_at": NOON, "dispute": None}
    return with_rows(found, "inbox", lambda rows: rows.append(more))


def test_held_when_healthy() -> None:
    assert said(healthy.found()) == []


def test_named_when_no_log_knows_a_record() -> None:
    lost = with_record(healthy.found(), record("marketplace.complaints", 2, id="lost"))
    assert said(fence(lost, "marketplace.complaints", 3)) == [
        "dispute knows nothing of marketplace.complaints/0@2 (market lost)."
    ]


def test_held_when_a_record_is_a_repeat() -> None:
    found = with_record(healthy.found(), record("marketplace.complaints", 2, id="complaint"))
    verdict = nothing_lost(fence(found, "marketplace.complaints", 3))
    assert verdict.violations == []
    assert verdict.figures["repeats_seen"] == 1


def test_held_when_a_record_is_a_dead_letter_or_parked() -> None:
    found = with_record(
        healthy.found(),
        record("marketplace.complaints", 2, id="rubbish", source=""),
        record("marketplace.complaints", 3, id="waits"),
    )
    letter = {"topic": "marketplace.complaints", "partition": 0, "record_offset": 2, "reason": "no-key"}
    found = with_rows(found, "dead_letter", lambda rows: rows.append(letter))
    found = with_rows(found, "parked_cause", lambda rows: rows.append({"cause_id": cause_of(MARKET, "waits")}))
    assert said(fence(found, "marketplace.complaints", 4)) == []


def test_named_when_a_partition_is_not_read_to_its_end() -> None:
    found = fence(healthy.found(), "marketplace.complaints", 1)
    assert said(found) == ["dispute has read marketplace.complaints/0 up to 1; it goes on to 1."]


def test_named_when_kafka_lost_what_it_acknowledged() -> None:
    place = {"topic": "marketplace.orders", "partition": 0, "offset": 0, "ce_source": MARKET}
    assert said(with_run(healthy.found(), produced=[{**place, "ce_id": "placed"}])) == []
    nowhere = {**place, "offset": None}
    assert said(with_run(healthy.found(), produced=[{**nowhere, "ce_id": "placed"}])) == []
    assert len(said(with_run(healthy.found(), produced=[{**nowhere, "ce_id": "lost"}]))) == 1
    lost = with_run(healthy.found(), produced=[{**place, "offset": 7, "ce_id": "placed"}])
    assert said(lost) == ["Kafka acknowledged placed at marketplace.orders/0@7 and has nothing there."]


def test_named_when_an_acknowledged_command_is_unknown() -> None:
    found = with_run(healthy.found(), operations=command("ok", 200))
    assert said(found) == [
        "The command k of seller:sue (POST /disputes/d-1/accept) was acknowledged, and dispute knows nothing of it."
    ]
    assert said(admitted(found, "applied")) == []


def test_named_when_a_refused_command_was_applied() -> None:
    found = with_run(admitted(healthy.found(), "applied"), operations=command("fail", 409))
    assert "was refused at every attempt, and dispute has applied it." in said(found)[0]
    assert said(with_run(admitted(healthy.found(), "nothing"), operations=command("fail", 409))) == []


def test_held_when_nobody_knows_what_became_of_a_command() -> None:
    cut_off = [*command("info", None), *command("fail", 409, op=2)]
    assert said(with_run(healthy.found(), operations=cut_off)) == []
    assert said(with_run(admitted(healthy.found(), "applied"), operations=cut_off)) == []
    never_ended = command("ok", 200)[:1]
    assert nothing_lost(with_run(healthy.found(), operations=never_ended)).figures["commands_unknown"] == 1


def test_held_when_a_service_did_not_run() -> None:
    found = with_values(healthy.found(), "orders", paid=4198)
    assert "arbitration" not in found.databases
    assert said(found) == []
