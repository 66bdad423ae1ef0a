"""I4: one intent a step, party and channel; what left the house is what was decided."""

from typing import Any

import pytest

from aftersales_checker.found import Found
from aftersales_checker.notices import notices_once
from tests.checker import healthy
from tests.checker.healthy import record, with_record, with_rows, with_run

NOTIFICATION = "notification"


def said(found: Found) -> list[str]:
    return [violation.sentence for violation in notices_once(found).violations]


def lines(found: Found) -> list[dict[str, Any]]:
    rows = found.rows(NOTIFICATION, "notice")
    return [{"notice": str(row["id"])} for row in rows if row["channel"] == "file"]


def test_held_when_healthy() -> None:
    verdict = notices_once(healthy.found())
    assert verdict.violations == []
    assert verdict.figures["intents"] == 12


def test_named_when_missing() -> None:
    found = with_rows(healthy.found(), "notice", lambda rows: rows[1:], NOTIFICATION)
    assert said(found) == ["The notice dispute.opened/1 of d-1 to the buyer over inbox was never decided."]


def test_named_when_decided_twice() -> None:
    found = with_rows(healthy.found(), "notice", lambda rows: [*rows, rows[0]], NOTIFICATION)
    assert said(found) == ["The notice dispute.opened/1 of d-1 to the buyer over inbox was decided 2 times."]


def test_named_when_of_what_never_happened() -> None:
    found = with_rows(
        healthy.found(), "notice", lambda rows: [*rows, {**rows[0], "step": "dispute.opened/7"}], NOTIFICATION
    )
    assert said(found) == ["The notice dispute.opened/7 of d-1 to the buyer over inbox tells of what never happened."]


def test_held_when_a_reminder() -> None:
    def reminded(rows: list[Any]) -> list[Any]:
        return [*rows, {**rows[0], "step": "reminder/buyer/answer"}]

    assert said(with_rows(healthy.found(), "notice", reminded, NOTIFICATION)) == []


@pytest.mark.parametrize(("delivered_at", "channels"), [(None, 2), ("2025-05-01T09:00:00Z", 0)])
def test_a_broken_promise_is_owed_a_notice_where_no_delivery_is_known(delivered_at: str | None, channels: int) -> None:
    broken = record(
        *("tracking.parcels", 0),
        type="tracking.promise_broken.v1",
        source="order_tracking",
        id="p",
        says={"order": "o-1", "parcel": "P", "status": "delivered", "delivered_at": delivered_at},
    )
    assert len(said(with_record(healthy.found(), broken))) == channels


def test_named_when_news_of_a_parcel_or_a_refusal_is_missing() -> None:
    parcel = record(
        *("tracking.parcels", 0),
        type="tracking.parcel_anomalous.v1",
        source="order_tracking",
        id="p",
        says={"order": "o-1", "parcel": "P", "status": "lost"},
    )
    refusal = record(
        *("dispute.disputes", 3),
        type="dispute.refused.v1",
        source="dispute",
        id="r",
        says={"order": "o-1", "dispute": "d-1", "party": "seller", "cause": "c"},
    )
    assert said(with_record(healthy.found(), parcel, refusal)) == [
        "The notice dispute.refused/c of d-1 to the seller over file was never decided.",
        "The notice dispute.refused/c of d-1 to the seller over inbox was never decided.",
        "The notice tracking.parcel_anomalous/P/lost of P to the buyer over file was never decided.",
        "The notice tracking.parcel_anomalous/P/lost of P to the buyer over inbox was never decided.",
    ]


def test_held_when_a_notice_left_twice_under_its_key() -> None:
    found = healthy.found()
    verdict = notices_once(with_run(found, sink=[*lines(found), lines(found)[0]]))
    assert verdict.violations == []
    assert verdict.figures["delivered_again"] == 1


def test_named_when_the_file_lacks_a_notice_or_has_a_stranger() -> None:
    found = healthy.found()
    [sentence] = said(with_run(found, sink=lines(found)[1:]))
    assert "counts as sent and is not in the file." in sentence
    stranger = {"notice": "00000000-0000-4000-8000-000000000001"}
    [sentence] = said(with_run(found, sink=[*lines(found), stranger]))
    assert "that nobody decided." in sentence


def test_named_when_a_notice_still_waits() -> None:
    waiting = {"notice": "00000000-0000-4000-8000-000000000001"}
    found = with_rows(healthy.found(), "to_send", lambda rows: rows.append(waiting), NOTIFICATION)
    assert "still waits for its sender." in said(found)[0]
