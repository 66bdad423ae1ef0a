"""I6, I7 and I8: what was decided is said, what was admitted is applied once, and dead letters are the planted ones."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from aftersales_checker.applied_once import applied_once
from aftersales_checker.dead_letters import only_planted
from aftersales_checker.found import Found, Record
from aftersales_checker.outbox import outbox_sent
from tests.checker import healthy
from tests.checker.healthy import cause, decision, record, with_record, with_rows, with_run, with_values, without_record

POISON = record("marketplace.complaints", 2, id="rubbish", type="marketplace.complaint_made.v1")
LETTER = {"topic": POISON.topic, "partition": 0, "record_offset": 2, "reason": "malformed-json", "replayed_at": None}


def unsaid(found: Found) -> list[str]:
    return [violation.sentence for violation in outbox_sent(found).violations]


def not_once(found: Found) -> list[str]:
    return [violation.sentence for violation in applied_once(found).violations]


def letters(found: Found) -> list[str]:
    return [violation.sentence for violation in only_planted(found).violations]


def planted(*kept: dict[str, object]) -> Found:
    found = with_run(with_record(healthy.found(), POISON), poison=frozenset({(POISON.topic, POISON.id)}))
    return with_rows(found, "dead_letter", lambda rows: rows.extend(kept))


def test_held_when_healthy() -> None:
    assert unsaid(healthy.found()) == []
    assert not_once(healthy.found()) == []
    assert letters(healthy.found()) == []


def test_named_when_unsent() -> None:
    [sentence] = unsaid(with_values(healthy.found(), "outbox", sent_at=None))
    assert sentence.startswith("dispute.closed.v1")
    assert sentence.endswith("is not sent.")


def test_named_when_sent_and_in_no_topic() -> None:
    [sentence, gap] = unsaid(without_record(healthy.found(), "dispute.closed"))
    assert "counts as sent and is not in dispute.disputes." in sentence
    assert gap == "d-1 is at step 3; dispute.disputes tells the steps [1, 2]."


def test_named_when_events_lie_in_another_order() -> None:
    def turned(one: Record) -> Record:
        return replace(one, offset=2 - one.offset) if one.topic == "dispute.disputes" else one

    found = healthy.found()
    found = replace(found, records=sorted(map(turned, found.records), key=lambda one: one.place))
    assert any("stands before an earlier event of order/o-1." in sentence for sentence in unsaid(found))


def test_held_and_counted_when_published_twice() -> None:
    [closed] = [one for one in healthy.found().records if one.name == "dispute.closed"]
    verdict = outbox_sent(with_record(healthy.found(), replace(closed, offset=3)))
    assert verdict.violations == []
    assert verdict.figures["published_twice"] == 1


def test_named_when_said_and_never_decided() -> None:
    stranger = record("dispute.settlements", 1, id="x", source="dispute")
    [sentence] = unsaid(with_record(healthy.found(), stranger))
    assert "is in the topic, and dispute has never decided it." in sentence


def test_named_when_the_sequence_is_another() -> None:
    [sentence] = unsaid(with_values(healthy.found(), "outbox", at=0, id=0))
    assert "has the sequence 1 and not 0." in sentence


@pytest.mark.parametrize(("table", "what"), [("history", "applied"), ("inbox", "admitted")])
def test_named_when_a_cause_is_taken_twice(table: str, what: str) -> None:
    found = with_rows(healthy.found(), table, lambda rows: [*rows, {**rows[-1], "version": 5}])
    name = healthy.outcome_of("paid")
    assert not_once(found) == [f"The cause {name} was {what} 2 times to order/o-1 in dispute."]


def test_named_when_a_repeat_was_another_cause() -> None:
    def again(rows: list[dict[str, object]]) -> list[dict[str, object]]:
        return [*rows, {**rows[-1], "cause_id": UUID(int=7)}]

    found = with_rows(healthy.found(), "inbox", again)
    found = with_rows(found, "history", lambda rows: rows.append(decision(5, UUID(int=7), "t")))
    assert not_once(found) == ["paid of market was admitted to order/o-1 in dispute under 2 ids."]


def test_named_when_the_id_of_a_cause_is_not_derived() -> None:
    found = with_values(healthy.found(), "inbox", cause_id=UUID(int=7))
    found = with_values(found, "history", cause_id=UUID(int=7))
    assert not_once(found) == ["The id of paid of market in dispute is not derived from them."]


def test_named_when_decided_without_history_or_never_admitted() -> None:
    found = with_values(healthy.found(), "history", cause_id=UUID(int=7))
    assert not_once(found) == [
        "marketplace.refund_executed.v1 paid is applied in dispute's log and in no history.",
        f"order/o-1 in dispute decided {UUID(int=7)}, which it never admitted.",
    ]


def test_held_when_a_cause_wrote_two_subjects() -> None:
    also = decision(1, healthy.outcome_of("paid"), "t", subject="seller/sue")
    assert not_once(with_rows(healthy.found(), "history", lambda rows: rows.append(also))) == []


def test_named_when_money_moved_for_what_was_never_admitted() -> None:
    [sentence] = not_once(with_values(healthy.found(), "resolution", cause=UUID(int=7)))
    assert sentence == f"The resolution of d-1 names the cause {UUID(int=7)}, which was never admitted."


def test_named_when_the_id_of_an_event_is_drawn() -> None:
    [closed] = [one for one in healthy.found().records if one.name == "dispute.closed"]
    drawn = uuid4()
    found = with_record(without_record(healthy.found(), "dispute.closed"), replace(closed, id=str(drawn)))
    [sentence] = not_once(with_values(found, "outbox", event_id=drawn))
    assert f"The id of dispute.closed.v1 {drawn} of dispute is not derived from its cause" in sentence


def test_held_when_the_planted_one_is_a_dead_letter() -> None:
    assert letters(planted(LETTER)) == []


def test_named_when_the_planted_one_is_none() -> None:
    where = f"{POISON}"
    assert letters(planted()) == [
        f"The planted {where} is no dead letter of dispute.",
        f"The planted {where} is nobody's dead letter.",
    ]


def test_named_when_the_planted_one_is_kept_twice() -> None:
    assert letters(planted(LETTER, LETTER)) == [f"The planted {POISON} is a dead letter of dispute 2 times."]


def test_named_when_a_good_record_is_a_dead_letter() -> None:
    found = with_rows(healthy.found(), "dead_letter", lambda rows: rows.append({**LETTER, "record_offset": 1}))
    assert letters(found) == [
        "marketplace.complaints/0@1 is a dead letter of dispute and was not planted: malformed-json."
    ]


def test_named_when_the_planted_one_is_not_in_kafka() -> None:
    found = with_run(healthy.found(), poison=frozenset({("marketplace.orders", "x")}))
    assert letters(found) == ["The planted record x is not in marketplace.orders."]


def test_held_when_a_service_does_not_look_into_the_planted_one() -> None:
    parties = record("dispute.disputes", 3, id="rubbish", source="x", type="other.v1")
    found = with_run(with_record(healthy.found(), parties), poison=frozenset({("dispute.disputes", "rubbish")}))
    ignored = with_rows(
        found, "inbox", lambda rows: rows.append(cause(parties, "unknown_type", "thread/o-1")), "notification"
    )
    assert letters(ignored) == ["The planted dispute.disputes/0@3 (x rubbish) is nobody's dead letter."]
