"""All 54 kinds of bad input: tested, or waiting with a reason; and no test has one that is not listed."""

import pytest

from tests.runtime.http import test_door, test_wire
from tests.services.authorization import test_matrix
from tests.services.bad_input import test_either_door, test_odd_words, test_other_services, test_over_http
from tests.services.bad_input import test_over_kafka as over_kafka
from tests.services.dispute import test_both_doors
from tests.support.bad_input import HTTP, KAFKA, KINDS, TESTED, Kind

# Imported for what they say that they cover.
WITNESSES = (
    *(test_door, test_wire, test_matrix, test_either_door, test_odd_words, test_other_services, test_over_http),
    *(over_kafka, test_both_doors),
)
WAITING = {number: kind.waits for number, kind in KINDS.items() if kind.waits is not None and not TESTED[number]}


def test_they_are_54_tested_or_waiting() -> None:
    assert list(KINDS) == list(range(1, 55))
    tested = {number for number, doors in TESTED.items() if doors}
    assert tested <= KINDS.keys()
    assert tested | WAITING.keys() == KINDS.keys()
    assert sorted(WAITING) == [32, 36, 38, 39, 51]


@pytest.mark.parametrize("number", sorted(KINDS.keys() - WAITING.keys()))
def test_over_both_doors_or_it_is_said_why_not(number: int) -> None:
    kind: Kind = KINDS[number]
    without = {door for door, why in ((HTTP, kind.no_http), (KAFKA, kind.no_kafka)) if why is not None}
    assert TESTED[number] == {HTTP, KAFKA} - without
