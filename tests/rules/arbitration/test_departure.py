"""What an agent's departure leaves of the recommendation, and what it replaces (rulebook 8.27, 8.40, 8.45, 8.48)."""

from typing import Any

import pytest

from arbitration.domain.commands import Departure
from arbitration.rules.departure import depart
from arbitration.rules.recommend import Recommendation
from tests.rules.arbitration.builders import IN_TIME, a_file, ruled

ARRIVED = a_file(parcels=(IN_TIME,))
LOST = a_file()
Found = tuple[str, Recommendation]

LOST_ON_THE_WAY: Found = ("INR_LOST", ruled("INR_LOST", LOST, lost=True))
COUNTERFEIT: Found = ("SNAD_COUNTERFEIT", ruled("SNAD_COUNTERFEIT", ARRIVED, counterfeit="upheld"))


def departing(found: Found, **wanted: Any) -> Recommendation:
    reason, recommended = found
    said = {"remedy": "refund", "amount": 2000, "reason": "Seen on the photos.", **wanted}
    return depart(recommended, Departure.model_validate(said), ARRIVED, reason)


@pytest.mark.parametrize(("found", "claim"), [(LOST_ON_THE_WAY, 2000), (COUNTERFEIT, 0)])
def test_the_carrier_owes_what_is_refunded_where_it_would_have_owed_anything(found: Found, claim: int) -> None:
    assert departing(found).carrier_claim == claim


@pytest.mark.parametrize(
    ("amount", "compensation", "remedy"),
    [(0, 0, "none"), (1, 0, "refund"), (0, 1, "refund"), (100, 100, "refund")],
)
def test_no_remedy_only_where_nothing_is_paid(amount: int, compensation: int, remedy: str) -> None:
    assert departing(COUNTERFEIT, amount=amount, compensation=compensation).remedy == remedy


def test_it_shows_what_is_paid_beside_the_cap_and_no_more_the_sum_that_was_recommended() -> None:
    shown = {"formula": "departure", "refund": 2000, "compensation": 7996, "cap": 4198}
    assert departing(COUNTERFEIT).breakdown == shown


def test_it_turns_nowhere_for_an_agent_decided_it() -> None:
    late = ruled("INR_OVERDUE", a_file(parcels=(IN_TIME,)))
    assert late.turns
    assert departing(("INR_OVERDUE", late)).turns == ()


def test_refused_where_there_are_no_goods_to_send_back() -> None:
    refused = departing(LOST_ON_THE_WAY, remedy="return")
    sentence = "INR_LOST takes refund plans only: there are no goods to send back."
    assert (refused.refused, refused.sentence) == ("refund-only", sentence)
