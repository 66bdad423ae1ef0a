"""I2 and I3: one resolution a dispute, and every sum told the same everywhere."""

from typing import Any

import orjson
import pytest

from aftersales_checker.found import Found
from aftersales_checker.money import money_exact
from aftersales_checker.resolutions import one_resolution
from tests.checker import healthy
from tests.checker.healthy import decision, record, with_record, with_rows, with_values, without_record


def unresolved(found: Found) -> list[str]:
    return [violation.sentence for violation in one_resolution(found).violations]


def inexact(found: Found) -> list[str]:
    return [violation.sentence for violation in money_exact(found).violations]


def ordered(name: str, instruction: str, total: int = 2000) -> Found:
    says = {"order": "o-1", "dispute": "d-1", "instruction": instruction, "refund": total, "total": total}
    more = record("dispute.settlements", 1, id=name, type="dispute.refund_ordered.v1", source="dispute", says=says)
    return with_record(healthy.found(), more)


def test_held_when_healthy() -> None:
    assert unresolved(healthy.found()) == []
    assert inexact(healthy.found()) == []


def test_named_when_resolved_twice() -> None:
    twice = with_rows(healthy.found(), "resolution", lambda rows: rows * 2)
    assert unresolved(twice) == ["d-1 is CLOSED_REFUNDED with 2 resolutions."]


def test_named_when_settled_without_a_resolution() -> None:
    without = with_rows(healthy.found(), "resolution", lambda rows: rows.clear())
    assert unresolved(without) == ["d-1 is CLOSED_REFUNDED with 0 resolutions."]


def test_named_when_open_with_a_resolution() -> None:
    reopened = with_values(healthy.found(), "disputes", state="AWAITING_SELLER")
    assert unresolved(reopened) == ["d-1 is AWAITING_SELLER with 1 resolutions."]


def test_named_when_agreed_as_something_else() -> None:
    otherwise = with_values(healthy.found(), "disputes", agreement="seller_timeout")
    assert unresolved(otherwise) == ["d-1 stands as seller_timeout, resolved as consensus."]


def test_named_when_history_had_two_at_an_instant() -> None:
    again = decision(9, healthy.outcome_of("x"), "timer:answer_due", ("d-1", "AWAITING_SELLER", "REFUND_PENDING", "6"))
    found = with_rows(healthy.found(), "history", lambda rows: rows.append(again))
    assert unresolved(found) == ["d-1 was resolved 2 times: at order/o-1 version 3, order/o-1 version 9."]


def test_named_when_instructed_under_two_keys() -> None:
    assert unresolved(ordered("other", "i-2")) == ["d-1 has 2 payment instructions."]


def test_named_when_two_are_open_on_a_line() -> None:
    opened = []
    found = healthy.found()
    for offset, name in enumerate(("d-2", "d-3"), 2):
        says = {"order": "o-1", "dispute": name, "units": {"L1": [1]}}
        said = record("marketplace.complaints", offset, id=name, type="marketplace.complaint_made.v1", says=says)
        found = with_record(found, said)
        opened.append(decision(9, said.cause_id, said.type, (name, None, "AWAITING_SELLER", "1")))
    both = with_rows(found, "history", lambda rows: rows.extend(opened))
    assert unresolved(both) == ["d-3 was opened on line L1, on which d-2 was open."]
    closed = decision(9, healthy.outcome_of("x"), "t", ("d-2", "AWAITING_SELLER", "CLOSED_CANCELLED", "13"))
    one_after_another = with_rows(found, "history", lambda rows: rows.extend([opened[0], closed, opened[1]]))
    assert unresolved(one_after_another) == []


def test_named_when_a_resolution_has_no_dispute() -> None:
    assert "d-9 has a resolution and is no dispute." in unresolved(
        with_values(healthy.found(), "resolution", dispute="d-9")
    )


def test_named_when_a_journal_has_one_side() -> None:
    one_sided = with_rows(healthy.found(), "journal", lambda rows: rows[:1])
    assert "The journal i-1 is off by 2000 USD." in inexact(one_sided)


def test_named_when_more_is_refunded_than_was_paid() -> None:
    found = with_values(healthy.found(), "orders", paid=1999)
    assert "o-1 was paid 1999; by its resolutions it refunds 2000." in inexact(found)


def test_named_when_the_counter_missed_a_refund() -> None:
    found = with_values(healthy.found(), "orders", refunded=0)
    assert "o-1 counts 0 refunded; by the settlements' topic it is 2000." in inexact(found)
    assert "o-1 counts 0 refunded; by its journals it is 2000." in inexact(found)


def test_named_when_a_journal_is_in_another_currency() -> None:
    found = with_rows(healthy.found(), "journal", lambda rows: [{**row, "currency": "EUR"} for row in rows])
    assert inexact(found) == ["o-1 was paid in USD; its journals are in others too."]


@pytest.mark.parametrize("column", ["refund", "escrow", "platform_fund", "seller_debt"])
def test_named_when_a_dispute_says_another_sum(column: str) -> None:
    other: dict[str, Any] = {column: 7}
    [sentence] = inexact(with_values(healthy.found(), "disputes", **other))
    assert sentence.startswith(f"d-1 says {column} 7; its resolution and journals come to")


def test_named_when_a_journal_was_never_instructed() -> None:
    found = inexact(without_record(healthy.found(), "dispute.refund_ordered"))
    assert "The journal i-1 was never instructed on the topic." in found


def test_named_when_instruction_and_journal_differ() -> None:
    found = with_values(healthy.found(), "journal", at=0, account="platform_fund")
    assert "The instruction i-1 and its journal have different entries." in inexact(found)


def test_held_when_ordered_again_under_its_key() -> None:
    [first] = [one for one in healthy.found().records if one.name == "dispute.refund_ordered"]
    again = record(
        *("dispute.settlements", 1),
        id="again",
        type=first.type,
        source="dispute",
        says={**orjson.loads(first.body or b""), "attempt": 2},
    )
    assert inexact(with_record(healthy.found(), again)) == []


def test_named_when_ordered_again_as_something_else() -> None:
    assert "The instruction i-1 was ordered again as something else." in inexact(ordered("again", "i-1", total=5))


def test_named_when_executed_twice_or_otherwise() -> None:
    says = {"order": "o-1", "dispute": "d-1", "instruction": "i-1", "amount": 1}
    payment = record("marketplace.payments", 1, id="again", type="marketplace.refund_executed.v1", says=says)
    found = inexact(with_record(healthy.found(), payment))
    assert "The instruction i-1 was executed 2 times." in found
    assert "The instruction i-1 was for 2000; another amount was paid." in found


def test_named_when_closed_as_paid_and_never_was() -> None:
    found = inexact(without_record(healthy.found(), "marketplace.refund_executed"))
    assert found == ["The instruction i-1 counts as paid and never was."]


def granted(more: int = 0, freed: int = 0, **differs: Any) -> Found:
    """The healthy run with an appeal that was granted; `differs` on the dispute's row."""
    row = {"dispute": "d-1", "order_id": "o-1", "outcome": "overturned", "refund": more, "reversed": freed}
    found = with_rows(healthy.found(), "appeal_outcome", lambda rows: rows.append(row))
    return with_values(found, "disputes", **differs)


def test_held_when_an_appeal_granted_the_buyer_more() -> None:
    entries = [{"account": "buyer", "amount": 500}, {"account": "seller_escrow", "amount": -500}]
    lines = [{"journal_id": "i-2", "order_id": "o-1", "dispute": "d-1", "currency": "USD", **each} for each in entries]
    found = granted(500, refund=2500, escrow=2500)
    found = with_rows(with_values(found, "orders", refunded=2500), "journal", lambda rows: rows.extend(lines))
    says = {"order": "o-1", "dispute": "d-1", "instruction": "i-2", "refund": 500, "total": 500, "entries": entries}
    kind = "dispute.refund_ordered.v1"
    found = with_record(found, record("dispute.settlements", 1, id="n", type=kind, source="dispute", says=says))
    paid = {"order": "o-1", "dispute": "d-1", "instruction": "i-2", "amount": 500}
    found = with_record(
        found, record("marketplace.payments", 1, id="p", type="marketplace.refund_executed.v1", says=paid)
    )
    assert (unresolved(found), inexact(found)) == ([], [])


def test_held_when_an_appeal_took_the_burden_off_the_seller_and_named_when_nobody_was_told() -> None:
    entries = [{"account": "seller_escrow", "amount": 2000}, {"account": "platform_fund", "amount": -2000}]
    lines = [{"journal_id": "j-2", "order_id": "o-1", "dispute": "d-1", "currency": "USD", **each} for each in entries]
    found = granted(freed=2000, escrow=0, platform_fund=2000)
    found = with_rows(found, "journal", lambda rows: rows.extend(lines))
    assert inexact(found) == ["The journal j-2 was never instructed on the topic."]
    says = {"order": "o-1", "dispute": "d-1", "journal": "j-2", "entries": entries}
    kind = "dispute.burden_reversed.v1"
    found = with_record(found, record("dispute.settlements", 1, id="n", type=kind, source="dispute", says=says))
    assert (unresolved(found), inexact(found)) == ([], [])


def test_held_while_an_appeal_is_looked_at() -> None:
    assert unresolved(with_values(healthy.found(), "disputes", state="APPEAL_REVIEW")) == []
