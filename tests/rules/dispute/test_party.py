"""What the marketplace says of a seller: the newest word counts, and only from who spoke first."""

from dataclasses import dataclass
from typing import Any

import pytest

from aftersales.contracts.marketplace import PartyChanged
from aftersales.decision import Because, Outcome
from dispute.domain.seller import Debt, Seller
from dispute.rules.party import party_changed
from tests.rules.arbitration.builders import given

FIRST: dict[str, Any] = {
    "deposit": 3000,
    "deposit_currency": "USD",
    "service_enrolled": True,
    "return_address": "1 Mill Lane",
}


@dataclass(frozen=True)
class Known:
    deposit: int | None
    deposit_currency: str | None
    enrolled: bool | None
    return_address: str | None


def said(**changes: Any) -> PartyChanged:
    return PartyChanged.model_validate({"party": "shop", "role": "seller", **changes})


def known(*words: PartyChanged) -> Known:
    seller: Any = None
    for word in words:
        seller = party_changed(seller, word, given(source="market")).state
    return Known(seller.deposit, seller.deposit_currency, seller.enrolled, seller.return_address)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Known(3000, "USD", True, "1 Mill Lane")),
        ({"deposit": 0}, Known(0, "USD", True, "1 Mill Lane")),
        ({"deposit_currency": "EUR"}, Known(3000, "EUR", True, "1 Mill Lane")),
        ({"service_enrolled": False}, Known(3000, "USD", False, "1 Mill Lane")),
        ({"return_address": "2 Mill Lane"}, Known(3000, "USD", True, "2 Mill Lane")),
    ],
)
def test_what_is_said_counts_and_what_is_not_said_stays(changes: dict[str, Any], expected: Known) -> None:
    assert known(said(**FIRST), said(**changes)) == expected


def test_history_says_what_is_known_then() -> None:
    decision = party_changed(None, said(**FIRST), given(source="market"))
    assert decision.because == Because("fact", {"deposit": 3000, "enrolled": True})


def test_a_dead_letter_when_another_source_speaks_of_the_seller() -> None:
    first = party_changed(None, said(**FIRST), given(source="market"))
    decision = party_changed(first.state, said(deposit=0), given(source="bazaar"))
    assert (decision.outcome, decision.slug, decision.state) == (Outcome.DEAD_LETTER, "foreign-source", None)
    assert decision.sentence == "market speaks for seller shop; bazaar cannot."


def test_who_speaks_first_of_an_account_that_a_settlement_began_speaks_for_it() -> None:
    begun = Seller("shop", debts=(Debt("O1", "D1", "USD", 500),))
    first = party_changed(begun, said(deposit=100), given(source="market"))
    again = party_changed(first.state, said(deposit=0), given(source="bazaar"))
    assert (first.state.debts, again.outcome) == (begun.debts, Outcome.DEAD_LETTER)
