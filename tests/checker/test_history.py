"""I5: versions without gaps, steps of the rulebook, records in their order. The rulebook is read twice, alike."""

import pytest

from aftersales_checker import commands, rulebook
from aftersales_checker.found import Found, Verdict
from aftersales_checker.history import legal_history
from dispute.domain.transitions import TRANSITIONS, Transition
from tests.checker import healthy
from tests.checker.healthy import cause, decision, record, with_record, with_rows, with_run, with_values

SPEAKERS = {
    **dict.fromkeys(("buyer", "seller"), "marketplace.complaint_made.v1"),
    "platform": "arbitration.case_ruled.v1",
    "tracking": "tracking.parcel_delivered.v1",
    "payment": "marketplace.refund_executed.v1",
    "timer": "timer:answer_due",
}
MOVING = [row for row in TRANSITIONS if row.number not in ("14", "32")]


def said(found: Found) -> list[str]:
    return [violation.sentence for violation in legal_history(found).violations]


def moved(before: str | None, after: str, number: str, kind: str) -> Verdict:
    """One more decision on the dispute, which its row agrees with."""
    step = decision(5, healthy.outcome_of("more"), kind, ("d-1", before, after, number))
    found = with_rows(healthy.found(), "history", lambda rows: rows.append(step))
    found = with_values(found, "subjects", version=5)
    return legal_history(with_values(found, "disputes", state=after))


def test_held_when_healthy() -> None:
    assert said(healthy.found()) == []


def test_named_when_a_version_is_missing() -> None:
    found = with_rows(healthy.found(), "history", lambda rows: [rows[0], *rows[2:]])
    assert "order/o-1 in dispute is at version 4 and its history has 3 rows up to 4, 2 missing." in said(found)


def test_named_when_a_version_is_there_twice() -> None:
    found = with_rows(healthy.found(), "history", lambda rows: [*rows, {**rows[0], "moves": []}])
    assert said(found) == ["order/o-1 in dispute is at version 4 and its history has 5 rows up to 4, 1 twice."]


def test_named_when_a_row_went_on_without_history() -> None:
    found = with_values(healthy.found(), "subjects", version=5)
    assert said(found) == ["order/o-1 in dispute is at version 5 and its history has 4 rows up to 4."]


def test_named_when_what_is_closed_goes_on() -> None:
    verdict = moved("CLOSED_REFUNDED", "REFUND_PENDING", "17", "arbitration.case_ruled.v1")
    [violation] = verdict.violations
    assert violation.sentence.endswith("by 17 on arbitration.case_ruled.v1; what is closed stays closed.")


def test_held_when_appealed() -> None:
    assert moved("CLOSED_REFUNDED", "APPEAL_REVIEW", "24", "marketplace.appeal_made.v1").violations == []


def test_named_when_it_goes_on_from_where_it_was_not() -> None:
    [violation] = moved("AWAITING_BUYER", "ARBITRATION_EVIDENCE", "7", "marketplace.x.v1").violations
    assert violation.sentence.endswith("but it was CLOSED_REFUNDED.")


def test_named_when_no_step_of_the_rulebook() -> None:
    found = with_values(healthy.found(), "history", at=2, moves=[["d-1", "AWAITING_SELLER", "REFUND_PENDING", "4"]])
    assert "which is no step of the rulebook." in said(found)[0]


def test_named_when_another_may_not_do_this() -> None:
    found = with_values(healthy.found(), "history", at=2, event_type="timer:answer_due")
    assert "by 3 on timer:answer_due, which is no step of the rulebook." in said(found)[0]


def test_named_when_the_row_shows_another_state() -> None:
    found = with_values(healthy.found(), "disputes", state="CLOSED_REJECTED")
    assert said(found) == ["d-1 is CLOSED_REJECTED; its history ends at CLOSED_REFUNDED."]


def test_named_when_a_record_is_decided_before_an_earlier_one() -> None:
    early = record("marketplace.complaints", -1, id="early")
    found = with_record(healthy.found(), early)
    found = with_rows(found, "inbox", lambda rows: rows.append({**cause(early), "record_offset": 0}))
    found = with_rows(found, "history", lambda rows: rows.append(decision(5, early.cause_id, "t")))
    found = with_values(found, "subjects", version=5)
    assert said(found) == [
        "order/o-1 in dispute decided marketplace.complaints/0@0 after the record at 1.",
    ]


def test_named_when_commands_are_decided_against_the_order_of_their_answers() -> None:
    def told(first_end: float, second_begin: float) -> list[str]:
        lines = []
        for key, begin, end in (("a", second_begin, second_begin + 1), ("b", 1.0, first_end)):
            line = {"op": key, "f": "POST /x", "service": "dispute", "key": key, "actor": "seller:sue"}
            lines += [{**line, "type": "invoke", "mono": begin}, {**line, "type": "ok", "value": 200, "mono": end}]
        found = with_run(healthy.found(), operations=lines)
        causes = [commands.cause("seller:sue", key) for key in ("a", "b")]
        found = with_rows(
            found, "history", lambda rows: rows.extend(decision(n, c, "t") for n, c in enumerate(causes, 5))
        )
        return said(with_values(found, "subjects", version=6))

    assert told(first_end=3.0, second_begin=2.0) == []
    assert told(first_end=3.0, second_begin=4.0) == [
        "order/o-1 in dispute decided the command a before b, which was answered first."
    ]


@pytest.mark.parametrize("row", MOVING, ids=lambda row: f"{row.number}-{row.by[0]}")
def test_both_readings_of_the_rulebook_agree(row: Transition) -> None:
    for speaker in row.by:
        for before in row.sources:
            for after in row.to:
                stays = before == after
                assert stays or rulebook.allowed(row.number, SPEAKERS[speaker], before, after)
