"""Ruling table, faults of seller, buyer and customs: R7-R10, R12-R25, rulebook 8.35-8.39, 8.45."""

import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

from arbitration.rules.recommend import recommend
from tests.rules.arbitration.builders import (
    IN_TIME,
    NOW,
    PROMISED,
    STANDARD,
    a_file,
    a_parcel,
    a_unit,
    ruled,
    summary,
)

FULL = 4198
RETURNED = a_parcel(status="returned", seen=("in_transit", "returning", "returned"))
ARRIVED = a_file(parcels=(IN_TIME,))
SHOWN = a_file(parcels=(IN_TIME,), buyer_evidence=("photo",))
# 10 x 7.35, shipping 12.00: three broken, each 7.35 + 1.20.
PLATES = a_file(units=tuple(a_unit(n, net=735, shipping=120, charged_price=735) for n in (1, 2, 3)), parcels=(IN_TIME,))


def test_r20_pays_everything_back_and_twice_the_price() -> None:
    assert summary(ruled("SNAD_COUNTERFEIT", ARRIVED, counterfeit="upheld")) == ("R20", "seller", "refund", FULL, 7996)


def test_r20_on_net_paid_goods() -> None:
    policy = dataclasses.replace(STANDARD, counterfeit_base="net_paid_goods")
    ruling = recommend(ARRIVED, "SNAD_COUNTERFEIT", {"counterfeit": "upheld"}, policy, NOW)
    assert (ruling.refund, ruling.compensation) == (FULL, 7396)
    assert ruling.rests_on == {"counterfeit.base": "net_paid_goods", "counterfeit.multiple": 2}


def test_r20_compensates_in_full_also_where_nothing_is_left_to_refund() -> None:
    refunded = replace(ARRIVED, cap=0)
    assert summary(ruled("SNAD_COUNTERFEIT", refunded, counterfeit="upheld")) == ("R20", "seller", "refund", 0, 7996)


def test_r20_refunds_also_where_refund_and_compensation_are_the_same() -> None:
    """Shipping as dear as the goods: 19.99 + 19.99, and twice 19.99."""
    file = a_file(units=(a_unit(net=1999, shipping=1999),), parcels=(IN_TIME,))
    assert summary(ruled("SNAD_COUNTERFEIT", file, counterfeit="upheld")) == ("R20", "seller", "refund", 3998, 3998)


@pytest.mark.parametrize(("units", "of"), [((1,), "1999.5"), ((1, 2), 3999)])
def test_r20_shows_the_exact_price_where_a_fraction_is_left(units: tuple[int, ...], of: str | int) -> None:
    file = a_file(units=tuple(a_unit(number, exact_price="1999.5") for number in units), parcels=(IN_TIME,))
    assert ruled("SNAD_COUNTERFEIT", file, counterfeit="upheld").breakdown["compensation"]["of"] == of


def test_r20_shows_its_arithmetic() -> None:
    breakdown = ruled("SNAD_COUNTERFEIT", ARRIVED, counterfeit="upheld").breakdown
    assert breakdown["compensation"] == {"base": "charged_unit_price", "multiple": 2, "of": 3998}
    assert breakdown["units"] == [
        {"line": "L1", "units": [1, 2], "net": 1849, "shipping": 250, "tax": 0, "charged_price": 1999}
    ]


def test_r21_not_proven_beside_no_other_finding() -> None:
    assert summary(ruled("SNAD_COUNTERFEIT", SHOWN, counterfeit="not_proven")) == ("R21", "nobody", "none", 0, 0)


def test_not_proven_gives_way_to_what_was_found_beside_it() -> None:
    kept = ruled("SNAD_COUNTERFEIT", SHOWN, counterfeit="not_proven", not_as_described="keep", amount=500)
    assert summary(kept) == ("R16", "seller", "refund", 500, 0)
    assert ruled("SNAD_COUNTERFEIT", SHOWN, counterfeit="not_proven", quality="minor").rule == "R17"
    assert ruled("INR_OVERDUE", a_file(), counterfeit="not_proven", delivery_proof="strong").rule == "R6"


@pytest.mark.parametrize(
    ("customs", "rule", "compensation"),
    [("infringing", "R12", 7996), ("false_value", "R12", 0), ("seller_papers", "R12", 0)],
)
def test_r12_full_and_for_infringing_goods_the_multiple(customs: str, rule: str, compensation: int) -> None:
    assert summary(ruled("INR_CUSTOMS_HELD", customs=customs)) == (rule, "seller", "refund", FULL, compensation)


def test_r13_rejects_what_did_not_come_back_and_repays_what_did() -> None:
    assert summary(ruled("INR_CUSTOMS_HELD", customs="buyer")) == ("R13", "buyer", "none", 0, 0)
    back = a_file(parcels=(RETURNED,))
    assert summary(ruled("INR_CUSTOMS_HELD", back, customs="buyer", return_freight=400)) == (
        "R13",
        "buyer",
        "refund",
        3298,
        0,
    )


def test_r7_full() -> None:
    assert summary(ruled("INR_WRONG_ADDRESS_SELLER", address_error="seller")) == ("R7", "seller", "refund", FULL, 0)


def test_r8_shipping_kept_and_return_freight_taken_off() -> None:
    # S7: 2 x 18.49 - 4.00
    back = a_file(parcels=(RETURNED,))
    ruling = ruled("INR_RETURNED_TO_SENDER", back, address_error="buyer", return_freight=400)
    assert summary(ruling) == ("R8", "buyer", "refund", 3298, 0)
    assert not ruling.counts_for_seller


def test_r8_is_not_below_0_and_0_is_a_rejection() -> None:
    back = a_file(parcels=(RETURNED,))
    assert ruled("INR_RETURNED_TO_SENDER", back, address_error="buyer", return_freight=3697).refund == 1
    for freight in (3698, 3699):
        ruling = ruled("INR_RETURNED_TO_SENDER", back, address_error="buyer", return_freight=freight)
        assert summary(ruling) == ("R8", "buyer", "none", 0, 0)


def test_r8_takes_off_no_more_freight_than_the_policy_allows() -> None:
    policy = dataclasses.replace(STANDARD, return_freight_cap=100)
    findings = {"address_error": "buyer", "return_freight": 400}
    ruling = recommend(a_file(parcels=(RETURNED,)), "INR_RETURNED_TO_SENDER", findings, policy, NOW)
    assert (ruling.refund, ruling.rests_on) == (3598, {"return.freight_cap": 100})


def test_r9_where_nothing_came_back() -> None:
    returning = a_file(parcels=(a_parcel(status="returning", seen=("returning",)),))
    assert summary(ruled("INR_RETURNED_TO_SENDER", returning, address_error="buyer")) == ("R9", "buyer", "none", 0, 0)


def test_r10_keeps_its_number_whether_or_not_it_came_back() -> None:
    assert summary(ruled("INR_OVERDUE", refused_by_buyer=True)) == ("R10", "buyer", "none", 0, 0)
    back = a_file(parcels=(RETURNED,))
    assert summary(ruled("INR_OVERDUE", back, refused_by_buyer=True)) == ("R10", "buyer", "refund", 3698, 0)


@pytest.mark.parametrize(("reason", "rule"), [("INR_WRONG_ADDRESS_BUYER", "R9"), ("INR_REFUSED_BY_BUYER", "R10")])
def test_the_buyers_own_word_counts_as_found(reason: str, rule: str) -> None:
    assert ruled(reason).rule == rule
    assert ruled(reason, return_freight=400).rule == rule
    assert ruled(reason, delivery_proof="strong").rule == "R6"


def test_r15_affected_units_and_a_claim_on_the_carrier() -> None:
    ruling = ruled("SNAD_DAMAGED", PLATES, damaged=True)
    assert summary(ruling) == ("R15", "seller", "refund", 2565, 0)
    assert ruling.carrier_claim == 2565


def test_r16_a_return_or_what_was_stated() -> None:
    assert summary(ruled("SNAD_DESCRIPTION", ARRIVED, not_as_described="return")) == (
        "R16",
        "seller",
        "return",
        FULL,
        0,
    )
    kept = ruled("SNAD_DESCRIPTION", ARRIVED, not_as_described="keep", amount=1000)
    assert summary(kept) == ("R16", "seller", "refund", 1000, 0)
    assert ruled("SNAD_DESCRIPTION", ARRIVED, not_as_described="keep", amount=4199).refund == FULL
    assert summary(ruled("SNAD_DESCRIPTION", ARRIVED, not_as_described="keep", amount=0))[0:4] == (
        "R16",
        "seller",
        "none",
        0,
    )


def test_service_reasons_use_r16() -> None:
    assert ruled("SVC_EXTRA_CHARGE", not_as_described="keep", amount=300).rule == "R16"


@pytest.mark.parametrize(("grade", "refund"), [("minor", 370), ("medium", 1109), ("severe", 1849)])
def test_r17_percent_of_net_goods(grade: str, refund: int) -> None:
    # 10, 30 and 50 % of 36.98: 3.698, 11.094, 18.49
    assert summary(ruled("SNAD_QUALITY", ARRIVED, quality=grade)) == ("R17", "seller", "refund", refund, 0)


@pytest.mark.parametrize(("freight", "remedy"), [(0, "return"), (1849, "return"), (1850, "refund")])
def test_r18_a_return_up_to_freight_of_half_the_goods(freight: int, remedy: str) -> None:
    ruling = ruled("SNAD_DEFECTIVE", ARRIVED, defective=True, return_freight=freight)
    assert summary(ruling) == ("R18", "seller", remedy, FULL, 0)


def test_r18_without_a_stated_freight_is_a_return_however_little_the_goods_cost() -> None:
    ruling = ruled("SNAD_DEFECTIVE", a_file(units=(a_unit(net=1),), parcels=(IN_TIME,)), defective=True)
    assert (ruling.remedy, ruling.breakdown["return_freight"]) == ("return", 0)


def test_r19_missing_units_or_all_of_an_empty_parcel() -> None:
    assert summary(ruled("SNAD_SHORT_QTY", PLATES, missing={"L1": 2})) == ("R19", "seller", "refund", 1710, 0)
    assert ruled("SNAD_SHORT_QTY", PLATES, missing={"L1": [3]}).refund == 855
    assert ruled("SNAD_EMPTY_PARCEL", PLATES, empty=True).refund == 2565


def test_r22_and_r23_by_the_listing() -> None:
    free = replace(ARRIVED, free_return=True)
    assert summary(ruled("BUY_CHANGED_MIND", free)) == ("R22", "nobody", "return", 3698, 0)
    assert summary(ruled("BUY_CHANGED_MIND", ARRIVED)) == ("R23", "buyer", "none", 0, 0)


@pytest.mark.parametrize(
    ("reason", "rule", "remedy", "refund"),
    [
        ("SNAD_DESCRIPTION", "R16", "return", FULL),
        ("SNAD_WRONG_ITEM", "R16", "return", FULL),
        ("SNAD_COUNTERFEIT", "R16", "return", FULL),
        ("SNAD_QUALITY", "R17", "refund", 370),
        ("SNAD_DEFECTIVE", "R18", "return", FULL),
        ("SNAD_DAMAGED", "R15", "refund", FULL),
        ("SNAD_SHORT_QTY", "R19", "refund", FULL),
        ("SNAD_MISSING_PARTS", "R19", "refund", FULL),
        ("SNAD_EMPTY_PARCEL", "R19", "refund", FULL),
    ],
)
def test_the_reason_counts_as_found_with_evidence_and_without_a_deciding_finding(
    reason: str, rule: str, remedy: str, refund: int
) -> None:
    assert summary(ruled(reason, SHOWN)) == (rule, "seller", remedy, refund, 0)
    assert ruled(reason, SHOWN).facts["counted_as_found"]
    assert summary(ruled(reason, ARRIVED))[0] == "R0"
    assert ruled(reason, SHOWN, delivery_proof="strong").rule == "R0"


def test_a_freight_beside_it_decides_nothing_but_is_used() -> None:
    assert ruled("SNAD_DEFECTIVE", SHOWN, return_freight=1850).remedy == "refund"


ORDER: list[tuple[str, dict[str, Any]]] = [
    ("R20", {"counterfeit": "upheld"}),
    ("R12", {"customs": "false_value"}),
    ("R7", {"address_error": "seller"}),
    ("R10", {"refused_by_buyer": True}),
    ("R3", {"tracking": "invalid"}),
    ("R4", {"lost": True}),
    ("R15", {"damaged": True}),
    ("R19", {"empty": True}),
    ("R18", {"defective": True}),
    ("R16", {"not_as_described": "return"}),
    ("R17", {"quality": "minor"}),
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_of_several_rows_that_fit_the_first_rules(first: int) -> None:
    findings = {name: value for _, stated in ORDER[first:] for name, value in stated.items()}
    assert ruled("SNAD_QUALITY", SHOWN, **findings).rule == ORDER[first][0]


@pytest.mark.parametrize(("customs", "rule"), [("buyer", "R13"), ("unknown", "R14")])
def test_customs_come_before_addresses(customs: str, rule: str) -> None:
    assert ruled("INR_CUSTOMS_HELD", customs=customs, address_error="seller").rule == rule


@pytest.mark.parametrize(
    ("share", "refund", "counts"), [(0, 0, False), (49, 2057, False), (50, 2099, True), (100, FULL, True)]
)
def test_r25_takes_a_share_of_what_the_row_refunds(share: int, refund: int, *, counts: bool) -> None:
    # 49 % of 41.98 = 20.5702
    ruling = ruled("SNAD_DESCRIPTION", ARRIVED, not_as_described="return", seller_share=share)
    assert summary(ruling) == ("R25", "shared", "refund" if refund else "none", refund, 0)
    assert ruling.counts_for_seller is counts


def test_r25_where_no_row_fits_takes_it_of_everything() -> None:
    assert summary(ruled("SNAD_DESCRIPTION", ARRIVED, seller_share=30)) == ("R25", "shared", "refund", 1259, 0)


def test_r25_shows_what_it_is_a_share_of() -> None:
    everything = ruled("SNAD_DESCRIPTION", ARRIVED, seller_share=30).breakdown["base"]
    assert (everything["formula"], [lot["units"] for lot in everything["units"]]) == ("N + H + T", [[1, 2]])
    row = ruled("INR_OVERDUE")
    shared = ruled("INR_OVERDUE", seller_share=30)
    assert shared.breakdown["base"] == row.breakdown


def test_r25_turns_where_the_row_that_it_is_a_share_of_turns() -> None:
    [turn] = ruled("INR_OVERDUE", seller_share=30).turns
    assert (turn.turn, turn.at) == ("promise", PROMISED)


def test_r25_pays_no_compensation_and_claims_nothing() -> None:
    ruling = ruled("SNAD_COUNTERFEIT", ARRIVED, counterfeit="upheld", seller_share=50)
    assert summary(ruling) == ("R25", "shared", "refund", 2099, 0)
    assert ruled("INR_LOST", lost=True, seller_share=50).carrier_claim == 0


def test_r25_in_the_place_of_r1_waits_as_r1_would() -> None:
    early = a_parcel().promise_ends_at.replace(day=27)
    assert ruled("INR_OVERDUE", now=early, seller_share=50).refused == "promise-runs"
