"""A ruling says where it would have come out otherwise; what an agent is refused says why."""

from typing import Any

import pytest

from aftersales.decision import Decision
from aftersales.explanation import english
from aftersales.runtime.unit.explain import explained
from arbitration.domain.commands import RulingMade
from arbitration.domain.file import Back, File, Parcel
from arbitration.handlers import SERVICE
from tests.rules.arbitration.builders import (
    DAY,
    IN_TIME,
    NOW,
    PROMISED,
    SECOND,
    a_case,
    a_file,
    a_parcel,
    a_unit,
    delivered,
    given,
)

ON = SERVICE.on_event(RulingMade)


def ruled(reason: str, file: File, seen: int = 2, **findings: Any) -> Decision:
    assert ON is not None
    case = a_case(reason=reason, file=file, agent="kim")
    return ON.decide(case, RulingMade(case="D1", agent="kim", seen=seen, findings=findings), given())


def told(decision: Decision) -> list[str]:
    assert ON is not None
    return english(explained(decision, ON), currency="USD", what="arbitration.ruling_made.v1", arrived_at=NOW)


def late_by(days: int, seconds: int = 0) -> tuple[Parcel, ...]:
    return (delivered(PROMISED + days * DAY + seconds * SECOND),)


@pytest.mark.parametrize(
    ("reason", "file", "findings", "turn"),
    [
        # 8 started days are 20 %: up to 7 d after the promise end they would have been 10 %.
        (
            "LATE_COMPENSATION",
            {"parcels": late_by(7, 1)},
            {},
            "A delivery by 2025-04-04 00:00:00 UTC would have come under 10 percent.",
        ),
        (
            "LATE_COMPENSATION",
            {"parcels": late_by(7)},
            {},
            "A delivery before 2025-03-28 00:00:00 UTC would have been in time.",
        ),
        ("INR_OVERDUE", {"parcels": (IN_TIME,)}, {}, "From 2025-03-28 00:00:00 UTC on it would have been late."),
        (
            "INR_OVERDUE",
            {"parcels": (a_parcel(),)},
            {},
            "A delivery before 2025-03-28 00:00:00 UTC would have been in time.",
        ),
        # Half of 2 x 18.49 is 18.49: at exactly half it is still a return.
        (
            "SNAD_DEFECTIVE",
            {},
            {"defective": True, "return_freight": 1849},
            "Return freight above 18.49 USD would have left the goods with the buyer.",
        ),
        (
            "SNAD_DEFECTIVE",
            {},
            {"defective": True, "return_freight": 1850},
            "Return freight of 18.49 USD or less would have asked for the goods back.",
        ),
    ],
)
def test_the_nearest_boundary_of_a_ruling(
    reason: str, file: dict[str, Any], findings: dict[str, Any], turn: str
) -> None:
    assert turn in told(ruled(reason, a_file(**file), **findings))


def test_a_percentage_shows_the_exact_figure_and_its_rounding() -> None:
    # 30 % of 36.98 is 11.094
    said = told(ruled("SNAD_QUALITY", a_file(buyer_evidence=("photo",)), quality="medium"))
    assert next(sentence for sentence in said if sentence.startswith("Refund")) == (
        "Refund 11.09 USD = 30 % of N: of 36.98 USD; exact minor units 1109.40; rounding half up, once; sum 11.09 USD; "
        "cap 41.98 USD; refund 11.09 USD; L1 units 1-2 net 18.49 USD, shipping 2.50 USD, tax 0.00 USD, charged price "
        "19.99 USD."
    )
    assert said[-1] == "Above 500.00 USD a second agent would have had to confirm."


def test_above_the_limit_of_four_eyes_it_says_up_to_where_one_agent_would_have_been_enough() -> None:
    """100.01 and twice 200.00: a cent above 500.00."""
    unit = a_unit(net=10_001, shipping=0, charged_price=20_000)
    said = told(ruled("SNAD_COUNTERFEIT", a_file(units=(unit,), parcels=(IN_TIME,)), counterfeit="upheld"))
    assert said[-1] == "Up to 500.00 USD no second agent would have been needed."


def test_the_superseded_plan_is_shown_with_its_proven_freight() -> None:
    file = a_file(parcels=(IN_TIME,), back=Back("contested", 4000, 840))
    assert (
        "Refund 40.00 USD = the superseded plan: of 40.00 USD; proven freight 8.40 USD; sum 40.00 USD; cap 41.98 USD; "
        "refund 40.00 USD."
    ) in told(ruled("SNAD_WRONG_ITEM", file, goods_back="intact"))


def test_a_refused_command_of_an_agent_says_what_they_would_have_done_and_how_the_case_stood() -> None:
    said = told(ruled("SNAD_QUALITY", a_file(), seen=1, quality="medium"))
    assert said[0] == "Refused: version-changed: the platform rules."
    assert "agent kim, role agent, status review, version 2, findings quality medium, seen 1" in said[2]


def test_a_ruling_that_a_promise_keeps_waiting_names_its_end() -> None:
    until = NOW + DAY
    waiting = a_file(parcels=(a_parcel(promise_ends_at=until),))
    assert told(ruled("INR_IN_TRANSIT", waiting))[-1] == "It would have been possible from 2025-05-10 09:00:00 UTC on."
