"""Ruling table, goods that did not arrive or arrived late: R1-R6, R26, rulebook 8.16, 8.17, 8.35-8.38, 8.45, 8.47."""

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from aftersales.contracts.carrier import ScanStatus
from arbitration.domain.file import Parcel
from arbitration.rules.recommend import recommend
from tests.rules.arbitration.builders import (
    DAY,
    IN_TIME,
    NOW,
    PROMISED,
    SECOND,
    STANDARD,
    a_file,
    a_parcel,
    a_unit,
    delivered,
    ruled,
    summary,
)

FULL = 4198  # 2 x (18.49 + 2.50)


def test_r1_full_when_the_promise_has_ended_undelivered() -> None:
    assert summary(ruled("INR_OVERDUE")) == ("R1", "seller", "refund", FULL, 0)
    assert ruled("INR_OVERDUE").payer == "escrow"
    assert ruled("INR_OVERDUE").counts_for_seller


def test_r1_possible_at_the_promise_end_and_not_a_second_before() -> None:
    early = ruled("INR_OVERDUE", now=PROMISED - SECOND)
    assert (early.refused, early.waits_until) == ("promise-runs", PROMISED)
    assert early.rule is None
    assert summary(ruled("INR_OVERDUE", now=PROMISED))[0] == "R1"


@pytest.mark.parametrize("status", ["delivered", "returning", "returned", "lost", "not_found"])
def test_a_running_promise_holds_nothing_up_once_the_journey_is_over(status: ScanStatus) -> None:
    file = a_file(parcels=(a_parcel(status=status, seen=(status,)),))
    assert ruled("INR_IN_TRANSIT", file, now=PROMISED - DAY).refused is None


@pytest.mark.parametrize("status", [None, "in_transit", "out_for_delivery", "attempted", "exception", "customs_hold"])
def test_a_running_promise_holds_up_what_is_under_way(status: ScanStatus | None) -> None:
    file = a_file(parcels=(a_parcel(status=status),))
    assert ruled("INR_IN_TRANSIT", file, now=PROMISED - DAY).refused == "promise-runs"


def test_several_parcels_wait_for_the_latest_running_promise() -> None:
    parcels = (a_parcel("P1"), a_parcel("P2", promise_ends_at=PROMISED + DAY))
    file = a_file(units=(a_unit(1), a_unit(2, parcel="P2")), parcels=parcels)
    assert ruled("INR_OVERDUE", file, now=PROMISED - SECOND).waits_until == PROMISED + DAY


def test_full_is_of_the_units_whose_parcel_did_not_arrive() -> None:
    parcels = (IN_TIME, a_parcel("P2"))
    file = a_file(units=(a_unit(1), a_unit(2, parcel="P2", shipping=251)), parcels=parcels)
    assert summary(ruled("INR_OVERDUE", file)) == ("R1", "seller", "refund", 2100, 0)


def test_never_shipped_is_r1_without_any_promise() -> None:
    file = a_file(units=(a_unit(1, parcel=None), a_unit(2, parcel=None)), parcels=())
    assert summary(ruled("INR_NOT_SHIPPED", file)) == ("R1", "seller", "refund", FULL, 0)
    assert ruled("INR_NOT_SHIPPED", file).turns == ()


def test_a_shipment_during_a_never_shipped_dispute_holds_nothing_up_until_it_is_delivered() -> None:
    assert summary(ruled("INR_NOT_SHIPPED", now=PROMISED - DAY))[0] == "R1"
    assert summary(ruled("INR_NOT_SHIPPED", a_file(parcels=(IN_TIME,))))[0] == "R6"


def test_at_most_the_cap() -> None:
    assert ruled("INR_OVERDUE", a_file(cap=1000)).refund == 1000


def test_nothing_left_to_pay_is_a_rejection_by_the_same_rule() -> None:
    assert summary(ruled("INR_OVERDUE", a_file(cap=0))) == ("R1", "seller", "none", 0, 0)


def test_r6_rejects_what_was_delivered_in_time() -> None:
    assert summary(ruled("INR_DELIVERED_BUT_DENIED", a_file(parcels=(IN_TIME,)))) == ("R6", "nobody", "none", 0, 0)


def test_r6_of_several_parcels_says_once_from_when_it_would_have_been_late() -> None:
    units = (a_unit(1), a_unit(2, parcel="P2"))
    file = a_file(units=units, parcels=(IN_TIME, replace(IN_TIME, id="P2")))
    assert [(turn.turn, turn.at) for turn in ruled("INR_OVERDUE", file).turns] == [("late_from", PROMISED)]


def test_r6_with_strong_proof_and_no_scan() -> None:
    assert summary(ruled("INR_OVERDUE", delivery_proof="strong"))[0] == "R6"


def test_weak_proof_is_r1_for_all_units_whether_or_not_the_promise_has_ended() -> None:
    file = a_file(parcels=(delivered(PROMISED - DAY),))
    assert summary(ruled("INR_DELIVERED_BUT_DENIED", file, delivery_proof="weak")) == (
        "R1",
        "seller",
        "refund",
        FULL,
        0,
    )
    under_way = ruled("INR_OVERDUE", now=PROMISED - DAY, delivery_proof="weak")
    assert summary(under_way) == ("R1", "seller", "refund", FULL, 0)


@pytest.mark.parametrize(
    ("late_by", "refund"),
    [
        (0 * DAY, 370),  # at the promise end is late, 1 day: 10 % of 36.98 = 3.698
        (7 * DAY, 370),
        (7 * DAY + SECOND, 740),  # day 8: 20 % = 7.396
        (15 * DAY, 740),
        (15 * DAY + SECOND, 1109),  # 30 % = 11.094
    ],
)
def test_r2_by_started_days_late(late_by: timedelta, refund: int) -> None:
    file = a_file(parcels=(delivered(PROMISED + late_by),))
    assert summary(ruled("LATE_COMPENSATION", file)) == ("R2", "seller", "refund", refund, 0)


def test_r2_also_for_what_was_not_received_and_then_came_late() -> None:
    assert summary(ruled("INR_OVERDUE", a_file(parcels=(delivered(PROMISED),))))[0] == "R2"


@pytest.mark.parametrize(
    ("reason", "rule"), [("SNAD_QUALITY", "R0"), ("SVC_EXTRA_CHARGE", "R0"), ("BUY_CHANGED_MIND", "R23")]
)
def test_r2_is_for_no_other_reason_though_it_came_late(reason: str, rule: str) -> None:
    assert ruled(reason, a_file(parcels=(delivered(PROMISED + DAY),))).rule == rule


def test_an_attempt_in_time_is_in_time_for_compensation() -> None:
    tried = delivered(PROMISED + DAY, attempted_at=PROMISED - SECOND)
    assert summary(ruled("LATE_COMPENSATION", a_file(parcels=(tried,))))[0] == "R0"
    assert summary(ruled("INR_OVERDUE", a_file(parcels=(tried,))))[0] == "R6"
    too_late = replace(tried, attempted_at=PROMISED)
    assert summary(ruled("LATE_COMPENSATION", a_file(parcels=(too_late,))))[0] == "R2"


def test_parcels_late_by_different_rows_are_rounded_once() -> None:
    # 10 % of 18.45 + 20 % of 18.48 = 1.845 + 3.696 = 5.541; rounded apart it would be 1.85 + 3.70 = 5.55.
    parcels = (delivered(PROMISED), replace(delivered(PROMISED + 8 * DAY), id="P2"))
    units = (a_unit(1, net=1845), a_unit(2, parcel="P2", net=1848))
    assert ruled("LATE_COMPENSATION", a_file(units=units, parcels=parcels)).refund == 554


def test_r3_for_invalid_tracking_and_flags_the_shipment() -> None:
    ruling = ruled("INR_NO_TRACKING", tracking="invalid")
    assert summary(ruling) == ("R3", "seller", "refund", FULL, 0)
    assert ruling.facts["false_shipment"] is True


def test_r3_and_r4_by_the_last_scan() -> None:
    unknown = a_file(parcels=(a_parcel(status="not_found"),))
    lost = a_file(parcels=(a_parcel(status="lost"),))
    assert summary(ruled("INR_NO_TRACKING", unknown))[0] == "R3"
    assert summary(ruled("INR_LOST", lost)) == ("R4", "seller", "refund", FULL, 0)
    assert ruled("INR_LOST", lost).carrier_claim == FULL


def test_a_last_scan_is_no_fact_of_another_family() -> None:
    lost = a_file(parcels=(a_parcel(status="lost"),))
    assert summary(ruled("BUY_CHANGED_MIND", lost))[0] == "R23"


def test_a_finding_outranks_the_last_scan() -> None:
    lost = a_file(parcels=(a_parcel(status="lost"),))
    assert summary(ruled("INR_LOST", lost, delivery_proof="strong"))[0] == "R6"
    assert summary(ruled("INR_LOST", lost, delivery_proof="weak"))[0] == "R1"
    assert summary(ruled("INR_LOST", lost, tracking="invalid"))[0] == "R3"


def test_r4_claims_from_the_carrier() -> None:
    ruling = ruled("INR_LOST", a_file(cap=4000), lost=True)
    assert (ruling.rule, ruling.refund, ruling.carrier_claim) == ("R4", 4000, 4000)


@pytest.fixture
def customs_hold() -> Parcel:
    return a_parcel(status="customs_hold", seen=("in_transit", "customs_hold"))


def test_r14_by_the_last_scan_of_a_customs_reason_alone(customs_hold: Parcel) -> None:
    assert summary(ruled("INR_CUSTOMS_HELD", a_file(parcels=(customs_hold,)))) == ("R14", "seller", "refund", FULL, 0)
    assert summary(ruled("INR_OVERDUE", a_file(parcels=(customs_hold,))))[0] == "R1"


def test_r14_waits_for_the_promise(customs_hold: Parcel) -> None:
    file = a_file(parcels=(customs_hold,))
    assert ruled("INR_CUSTOMS_HELD", file, now=PROMISED - SECOND).waits_until == PROMISED
    assert ruled("INR_CUSTOMS_HELD", file, now=PROMISED - SECOND, customs="unknown").refused == "promise-runs"
    assert ruled("INR_CUSTOMS_HELD", file, now=PROMISED - SECOND, customs="false_value").rule == "R12"


def test_r5_takes_the_place_of_r1_r4_and_r14_on_the_platforms_own_logistics(customs_hold: Parcel) -> None:
    platform = {"platform_logistics": True}
    for ruling in (
        ruled("INR_OVERDUE", a_file(**platform)),
        ruled("INR_LOST", a_file(**platform), lost=True),
        ruled("INR_CUSTOMS_HELD", a_file(**platform, parcels=(customs_hold,))),
    ):
        assert summary(ruling) == ("R5", "platform", "refund", FULL, 0)
        assert (ruling.payer, ruling.counts_for_seller, ruling.carrier_claim) == ("platform_fund", False, 0)


def test_r2_and_r3_stay_the_sellers_on_the_platforms_own_logistics() -> None:
    file = a_file(platform_logistics=True, parcels=(delivered(PROMISED),))
    assert summary(ruled("INR_OVERDUE", file))[0:2] == ("R2", "seller")
    assert summary(ruled("INR_OVERDUE", a_file(platform_logistics=True), tracking="invalid"))[0:2] == ("R3", "seller")


def test_r5_is_for_goods_not_received_alone() -> None:
    assert summary(ruled("SNAD_DAMAGED", a_file(platform_logistics=True), lost=True))[0] == "R4"


def test_r5_in_the_place_of_r1_waits_as_r1_would() -> None:
    assert ruled("INR_OVERDUE", a_file(platform_logistics=True), now=PROMISED - SECOND).refused == "promise-runs"
    assert ruled("INR_OVERDUE", a_file(platform_logistics=True), now=PROMISED - SECOND, lost=True).rule == "R5"


def test_r26_takes_the_place_of_r1_where_a_promise_was_extended() -> None:
    file = a_file(parcels=(a_parcel(extended=True),))
    ruling = ruled("INR_OVERDUE", file)
    assert summary(ruling) == ("R26", "nobody", "refund", FULL, 0)
    assert (ruling.payer, ruling.counts_for_seller) == ("escrow", False)
    assert ruled("INR_OVERDUE", file, lost=True).rule == "R4"


def test_r26_is_borne_as_the_policy_says() -> None:
    from_fund = dataclasses.replace(STANDARD, force_majeure_payer="platform")
    file = a_file(parcels=(a_parcel(extended=True),))
    assert recommend(file, "INR_OVERDUE", {}, from_fund, NOW).payer == "platform_fund"


def test_r0_rejects_where_nothing_decides() -> None:
    assert summary(ruled("SVC_EXTRA_CHARGE")) == ("R0", "nobody", "none", 0, 0)
