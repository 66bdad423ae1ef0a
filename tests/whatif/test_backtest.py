"""Two policies over small histories; every figure is worked out by hand."""

from pathlib import Path
from typing import Any

from tests.whatif import histories
from tests.whatif.histories import DAY, OPENED, backtest, complaint, order, policy, ruling, says


def test_equal_policies_differ_in_nothing(tmp_path: Path) -> None:
    found = backtest(tmp_path, [*order(), complaint(), later(9)], histories.STANDARD)
    assert found["disputes"] == 1
    assert found["changed"] == {"disputes": 0, "share": 0.0, "in": {}}
    assert found["parameters"] == []
    assert found["most_changed"] == []


def test_an_answer_after_four_days_is_late_under_three(tmp_path: Path) -> None:
    """Asked 20.00 on 05-01 09:00; the seller refuses on 05-05, which five days allow and three do not."""
    refusal = says("plan_refused", OPENED + 4 * DAY, by="S1")
    found = backtest(tmp_path, [*order(), complaint(), refusal, later(40)], policy(seller__response="P3D"))
    [one] = found["most_changed"]
    assert one["before"]["outcome"] == "refunded, arbitration"  # day 7, evidence to 10, fallback on 24: R17 minor
    assert one["before"]["money"] == {"refund": 370, "escrow": 370}  # 10 % of 36.98, half up
    assert one["after"]["outcome"] == "refunded, seller_timeout"
    assert one["after"]["money"] == {"refund": 2000, "escrow": 2000}
    assert one["changed"] == ["money", "outcome", "liable side", "escalation", "time"]
    assert money(found) == {"refund": (370, 2000), "escrow": (370, 2000)}
    assert found["escalated"] == [1, 0]
    assert found["hours_to_close"]["p50"] == [24 * 24, 3 * 24]
    assert found["liable"] == [{"name": "seller", "before": 1, "after": 0}]


def test_messages_no_longer_allowed_dropped_and_counted(tmp_path: Path) -> None:
    refusal = says("plan_refused", OPENED + 4 * DAY, by="S1")
    found = backtest(tmp_path, [*order(), complaint(), refusal, later(40)], policy(seller__response="P3D"))
    assumed = found["assumption"]
    assert (assumed["dropped_before_only"], assumed["dropped_after_only"]) == (0, 1)
    assert (assumed["disputes_touched"], assumed["share_touched"]) == (1, 1.0)


def test_recorded_findings_ruled_anew_by_the_new_table(tmp_path: Path) -> None:
    """Severe quality is half of 36.98 under `standard`; a table of 80 percent makes it 29.58."""
    lines = [*order(), complaint(), refused(), ruling(OPENED + 11 * DAY, quality="severe"), later(40)]
    found = backtest(tmp_path, lines, policy(quality__table={"minor": 10, "medium": 30, "severe": 80}))
    [one] = found["most_changed"]
    assert one["before"]["money"]["refund"] == 1849
    assert one["after"]["money"]["refund"] == 2958
    assert one["changed"] == ["money"]
    assert found["assumption"]["disputes_touched"] == 0


def test_a_ruling_waits_for_its_case_to_come_into_review(tmp_path: Path) -> None:
    """Ruled on day 11; with seven days for evidence the review begins on day 14, and the ruling with it."""
    lines = [*order(), complaint(), refused(), ruling(OPENED + 11 * DAY, quality="severe"), later(40)]
    found = backtest(tmp_path, lines, policy(arbitration__evidence_window="P7D"))
    [one] = found["most_changed"]
    assert one["after"]["money"]["refund"] == 1849
    assert one["after"]["closed_at"] == "2025-05-15T09:00:00Z"
    assert one["changed"] == ["time"]
    assert found["assumption"]["rulings_later_than_recorded"] == 1
    assert found["assumption"]["disputes_touched"] == 1


def test_a_second_agent_confirms_where_the_new_policy_asks_for_one(tmp_path: Path) -> None:
    lines = [*order(), complaint(), refused(), ruling(OPENED + 11 * DAY, quality="severe"), later(40)]
    found = backtest(tmp_path, lines, policy(four_eyes__above={"USD": 100}))
    assert found["changed"]["disputes"] == 0


def test_a_complaint_the_new_policy_refuses_is_not_opened(tmp_path: Path) -> None:
    """Delivered two days before, its promise over by then: a window of one day has ended."""
    found = backtest(tmp_path, [*order(promise_days=10), complaint(), later(9)], policy(open__latest="P1D"))
    [one] = found["most_changed"]
    assert (one["before"]["outcome"], one["after"]["outcome"]) == ("refunded, seller_timeout", "not opened")
    assert money(found)["refund"] == (2000, 0)


def test_a_seller_s_disputes_share_their_deposit(tmp_path: Path) -> None:
    """Two counterfeits, 79.96 each, from a deposit of 100.00: the second one's rest is advanced and owed."""
    lines = [histories.said("marketplace.party_changed", OPENED - 30 * DAY, party="S1", role="seller", deposit=10000)]
    for name in ("O1", "O2"):
        lines += [*order(name), complaint(name, 4198, reason="SNAD_COUNTERFEIT"), refused(name)]
        lines.append(ruling(OPENED + 11 * DAY, name, counterfeit="upheld"))
    found = backtest(tmp_path, [*lines, later(40)], policy(counterfeit__multiple=1))
    assert money(found)["compensation"] == (2 * 7996, 2 * 3998)
    assert money(found)["deposit"] == (10000, 2 * 3998)
    assert money(found)["seller_debt"] == (2 * 7996 - 10000, 0)


def test_every_changed_dispute_has_both_explanations(tmp_path: Path) -> None:
    found = backtest(tmp_path, [*order(), complaint(), later(9)], policy(seller__response="P3D"))
    [one] = found["most_changed"]
    closing = {side: [said for said in one[side]["timeline"] if said.get("money")] for side in ("before", "after")}
    assert closing["before"][0]["at"] == "2025-05-06T09:00:00Z"
    assert closing["after"][0]["at"] == "2025-05-04T09:00:00Z"
    assert closing["after"][0]["rule"] == "transition 6"


def later(days: int) -> bytes:
    """Time goes on: the buyer writes once more, long after the dispute has ended."""
    return says("evidence_added", OPENED + days * DAY, evidence=["photo"])


def refused(name: str = "O1") -> bytes:
    return says("plan_refused", OPENED + DAY, name, by="S1")


def money(found: Any) -> dict[str, tuple[int, int]]:
    return {row["account"]: (row["before"], row["after"]) for row in found["money"]}


def test_more_time_for_a_lane_is_heard_by_every_order_of_it(tmp_path: Path) -> None:
    """Shipped on 04-12 with a promise of 25 days; complained of as on its way, held, and five more days granted."""
    lane: dict[str, Any] = {"extension": "E1", "agent": "kim", "days": 5, "carrier_service": "EMS", "destination": "US"}
    lines = [*order()[:2], complaint(reason="INR_IN_TRANSIT"), later(60)]
    granted = histories.said("arbitration.extension_granted", OPENED + DAY, source="agent:kim", **lane)
    assert ended(tmp_path, lines) == ("2025-05-24T09:00:00Z", "R1")  # the promise to 05-07, evidence 3 days, review 14
    assert ended(tmp_path, [*lines, granted]) == ("2025-05-29T09:00:00Z", "R26")


def ended(tmp_path: Path, lines: list[bytes]) -> tuple[str, str]:
    """When and by which rule the one dispute ends under `standard`."""
    [one] = backtest(tmp_path, lines, policy(arbitration__fallback_after="P15D"))["most_changed"]
    return one["before"]["closed_at"], one["before"]["rule"]
