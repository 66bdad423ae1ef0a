"""A case survives its row, and the queue finds it by its columns."""

import msgspec
import pytest
from pydantic import ValidationError

from arbitration.domain.case import Case, CaseStatus
from arbitration.domain.commands import Departure, RulingMade
from arbitration.domain.ruling import RulingStatus
from arbitration.handlers import SERVICE
from arbitration.rules.ruling import rule
from arbitration.store.kinds import CASES, NEVER
from tests.rules.arbitration.builders import IN_TIME, a_case, a_file, a_parcel, a_unit, given
from tests.rules.arbitration.rulings import a_ruling


def test_a_case_is_read_back_as_it_was_written() -> None:
    case = a_case()
    ruled = rule(case, RulingMade(case="D1", agent="kim", seen=case.version, findings={"lost": True}), given()).state
    assert msgspec.json.decode(msgspec.json.encode(ruled), type=Case) == ruled


def test_a_case_of_many_units_and_rulings_fits_into_its_row() -> None:
    units = tuple(a_unit(n, net=1849 + n % 2, line="a-line-with-a-rather-long-name") for n in range(1, 501))
    case = a_case(file=a_file(units=units))
    for n in range(30):
        case = case.with_ruling(a_ruling(id=f"R-{n}", explanation={"units": list(range(500))}))
    assert [ruling.id for ruling in case.rulings] == [f"R-{n}" for n in range(22, 30)]
    assert len(msgspec.json.encode(case)) < 32 * 1024


@pytest.mark.parametrize("character", ["x", "\u5047", "\U0001f4a9", "\u0022"])
def test_a_case_ruled_above_the_limit_again_and_again_stays_far_below_its_rows_limit(character: str) -> None:
    """A hundred departures at great length, each waiting for its second agent until the next takes its place."""
    units = tuple(a_unit(n, net=20_000 + n % 2) for n in range(1, 501))
    case = a_case(file=a_file(units=units, parcels=(IN_TIME,)))
    findings = {"missing": {"L1": list(range(1, 501))}}
    depart = Departure(remedy="refund", amount=60_000, reason=character * 1000)
    for n in range(100):
        said = RulingMade(case="D1", agent="kim", seen=case.version, findings=findings, depart=depart)
        case = rule(case, said, given(name=f"ruling {n}")).state
        assert case.waiting_ruling is not None
    assert [r.status for r in case.rulings[:-1]] in ([], [RulingStatus.LAPSED])
    assert len(msgspec.json.encode(case)) < 32 * 1024


def test_a_reason_is_at_most_a_thousand_characters() -> None:
    with pytest.raises(ValidationError):
        Departure(remedy="refund", amount=1, reason="\u5047" * 1001)


def test_cases_over_come_last_in_the_queue() -> None:
    assert CASES.columns(a_case())["urgency"] == a_case().reassign_at
    assert CASES.columns(a_case(status=CaseStatus.RULED))["urgency"] == NEVER
    assert CASES.columns(a_case(status=CaseStatus.RULED))["due"] is None


def test_found_by_every_tracking_number_once() -> None:
    file = a_file(parcels=(a_parcel("P1"), a_parcel("P2"), a_parcel("P3", number="ZZ1")))
    [numbers] = CASES.views
    assert [row["number"] for row in numbers.rows("D1", a_case(file=file))] == ["EE123456785CN", "ZZ1"]


def test_the_desk_listens_to_disputes_alone() -> None:
    assert SERVICE.topics == {"dispute.disputes"}
