"""A case survives its row, and the queue finds it by its columns."""

import msgspec

from arbitration.domain.case import Case, CaseStatus
from arbitration.domain.commands import RulingMade
from arbitration.handlers import SERVICE
from arbitration.rules.ruling import rule
from arbitration.store.kinds import CASES, NEVER
from tests.rules.arbitration.builders import a_case, a_file, a_parcel, a_unit, given
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
