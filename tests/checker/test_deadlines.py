"""I9: no deadline early, twice, lost, or ahead of a command that came before it. And whether the run came to rest."""

from datetime import timedelta
from typing import Any

from aftersales_checker.deadlines import deadlines_kept
from aftersales_checker.found import Found, Row
from aftersales_checker.outcome import outcome, same_outcome
from aftersales_checker.rest import at_rest
from tests.checker import healthy
from tests.checker.healthy import DAY, NOON, cause, decision, record, with_record, with_rows, with_run, with_values

HOUR = timedelta(hours=1)
EXECUTED = ("d-1", "AWAITING_SELLER", "REFUND_PENDING", "6")


def said(found: Found) -> list[str]:
    return [violation.sentence for violation in deadlines_kept(found).violations]


def fired(*, at: Any = NOON, due: Any = NOON, name: str = "timer", **given: Any) -> Row:
    facts = {"deadline": due.isoformat()}
    return decision(5, healthy.outcome_of(name), "timer:answer_due", EXECUTED, at=at, facts=facts, **given)


def with_history(*rows: Row) -> Found:
    return with_rows(healthy.found(), "history", lambda there: there.extend(rows))


def answered(at: Any) -> Found:
    """The seller's answer reached Kafka `at`, and was decided when the deadline of NOON had taken effect."""
    answer = record("marketplace.complaints", 2, id="answer", says={"dispute": "d-1"}, appended_at=at)
    found = with_record(with_history(fired(), decision(6, answer.cause_id, "marketplace.plan_refused.v1")), answer)
    return with_rows(found, "inbox", lambda rows: rows.append(cause(answer, "nothing")))


def test_held_when_healthy() -> None:
    assert said(healthy.found()) == []


def test_named_when_fired_early() -> None:
    [sentence] = said(with_history(fired(at=NOON - HOUR)))
    assert sentence.startswith("timer:answer_due of order/o-1 in dispute fired at")
    assert said(with_history(fired(at=NOON))) == []


def test_named_when_reminded_early() -> None:
    facts = {"until": (NOON + 2 * DAY).isoformat(), "before": "48 hours", "party": "seller"}
    reminder = decision(4, healthy.outcome_of("r"), "timer:reminder", at=NOON, facts=facts, subject="thread/o-1")
    reminded = with_rows(healthy.found(), "history", lambda rows: rows.append(reminder), "notification")
    assert said(reminded) == []
    early = {**reminder, "at": NOON - HOUR}
    [sentence] = said(with_rows(healthy.found(), "history", lambda rows: rows.append(early), "notification"))
    assert sentence.startswith("timer:reminder of thread/o-1 in notification fired at")


def test_named_when_fired_although_an_outage_moved_it() -> None:
    deaf = {"since": NOON - HOUR, "until": NOON + HOUR}
    found = with_rows(with_history(fired(at=NOON + HOUR)), "outage", lambda rows: rows.append(deaf))
    assert len(said(found)) == 1
    found = with_rows(with_history(fired(at=NOON + 2 * HOUR)), "outage", lambda rows: rows.append(deaf))
    assert said(found) == []


def test_named_when_fired_twice() -> None:
    found = said(with_history(fired(), fired()))
    name = healthy.outcome_of("timer")
    assert found[0] == f"The timer {name} of order/o-1 fired 2 times in dispute."
    [sentence] = said(with_history(fired(), fired(name="another")))
    assert sentence == "timer:answer_due of order/o-1 took effect 2 times in dispute."


def test_named_when_a_due_timer_is_left() -> None:
    timer = {"kind": "answer_due", "subject": "order/o-1", "due": NOON, "party": True, "is_due": True}
    [sentence] = said(with_rows(healthy.found(), "timers", lambda rows: rows.append(timer)))
    assert "has not fired." in sentence
    assert said(with_rows(healthy.found(), "timers", lambda rows: rows.append({**timer, "is_due": False}))) == []


def test_named_when_an_answer_in_time_was_overtaken() -> None:
    [sentence] = said(answered(NOON - timedelta(milliseconds=1)))
    assert "before the deadline" in sentence
    assert sentence.endswith("after timer:answer_due had taken effect.")
    assert said(answered(NOON)) == []


def test_named_when_a_dispute_outlived_its_deadline() -> None:
    found = with_values(healthy.found(), "disputes", state="AWAITING_SELLER", deadline=NOON)
    [sentence] = said(found)
    assert sentence.startswith("d-1 is AWAITING_SELLER although its deadline passed")
    assert said(with_values(healthy.found(), "disputes", state="AWAITING_SELLER", deadline=NOON + 2 * DAY)) == []


def test_review_counts_to_its_second_date() -> None:
    review: dict[str, Any] = {"state": "ARBITRATION_REVIEW", "deadline": NOON}
    assert said(with_values(healthy.found(), "disputes", since=NOON, **review)) == []
    assert len(said(with_values(healthy.found(), "disputes", since=NOON - 14 * DAY, **review))) == 1


def test_named_when_not_at_rest() -> None:
    assert at_rest(healthy.found()).violations == []
    assert len(at_rest(with_run(healthy.found(), quiet=False)).violations) == 1
    parked = {"subject": "order/o-9", "reason": "KeyError"}
    [violation] = at_rest(with_rows(healthy.found(), "parked", lambda rows: rows.append(parked))).violations
    assert violation.sentence == "order/o-9 in dispute is parked: KeyError."


def test_outcome_compared_thing_by_thing() -> None:
    undisturbed = outcome(healthy.found())
    assert same_outcome(healthy.found(), undisturbed).violations == []
    other = with_values(healthy.found(), "disputes", refund=1999)
    other = with_rows(other, "notice", lambda rows: rows[1:], "notification")
    assert [violation.sentence for violation in same_outcome(other, undisturbed).violations] == [
        "disputes d-1: refund is 1999 and was 2000 undisturbed.",
        "notices o-1|d-1|dispute.opened/1|buyer|inbox: only in the undisturbed run.",
    ]
