"""The demo's script: what it plans is valid in the state it meets, and what must be refused is refused."""

from collections import Counter
from datetime import timedelta

import pytest

from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import ComplaintMade
from aftersales_local.checks import history
from aftersales_local.demo import behaviour, generator, olist
from aftersales_local.demo.journey import Journey
from aftersales_local.demo.script import Script
from tests.stories.acting import Played, play

STEPS = {"at their own instants": timedelta(0), "twice a day": timedelta(hours=12), "once a day": timedelta(days=1)}
ENDINGS = {"seller_timeout", "consensus", "arbitration", "cancelled"}


@pytest.fixture(scope="module", params=["real", "generated"])
def journeys(request: pytest.FixtureRequest) -> list[Journey]:
    if request.param == "generated":
        return generator.make(700, seed=3)
    path = olist.find()
    if path is None:
        pytest.skip("the sample of real orders is not beside the project")
    return olist.read(path)


@pytest.fixture(scope="module")
def script(journeys: list[Journey]) -> Script:
    return behaviour.script(journeys, seed=7)


@pytest.fixture(scope="module")
def played(script: Script) -> Played:
    return play(script, timedelta(0))


@pytest.mark.parametrize("handed_in", STEPS)
def test_every_message_answered_as_planned(script: Script, handed_in: str) -> None:
    played = play(script, STEPS[handed_in])
    assert played.world.broken == {}
    assert played.unexpected == []
    assert {dispute.id: _ending(dispute.agreement) for dispute in played.disputes()} == {
        course.dispute: course.ending for course in script.courses
    }
    assert _open(played) == []


def test_every_outcome_present(played: Played) -> None:
    outcomes = Counter((dispute.state, dispute.agreement) for dispute in played.disputes())
    assert set(outcomes) >= {
        ("CLOSED_REFUNDED", "seller_timeout"),
        ("CLOSED_REFUNDED", "consensus"),
        ("CLOSED_REFUNDED", "arbitration"),
        ("CLOSED_REJECTED", "arbitration"),
        ("CLOSED_CANCELLED", None),
    }
    assert 200 <= sum(outcomes.values()) <= 400


def test_held_disputes_end_every_way(played: Played) -> None:
    """The promise breaks, the carrier says what happened, the parcel comes, and then the buyer is silent."""
    moves = Counter(move.transition for happened in played.world.log for move in happened.decision.moves)
    assert {"9", "10", "11", "31"} <= set(moves)


def test_every_step_legal_by_the_closing_checks_own_table(played: Played) -> None:
    moves = [
        (happened.subject.id, [move.thing, move.before, move.after, move.transition])
        for happened in played.world.log
        if happened.service == "dispute"
        for move in happened.decision.moves
    ]
    wrong, last = history.followed(moves)
    assert wrong == []
    assert last == {dispute.id: dispute.state for dispute in played.disputes()}


def test_both_doors_used_alike(script: Script) -> None:
    doors = Counter(said.door for said in script.planned if said.event.TOPIC == "marketplace.complaints")
    assert 0.4 < doors["http"] / doors.total() < 0.6


def test_some_complaints_are_made_in_vain(script: Script) -> None:
    vain = [said for said in script.planned if said.expect_refused]
    assert 0.01 < len(vain) / len([s for s in script.planned if s.event.TOPIC == "marketplace.complaints"]) < 0.15
    assert any(isinstance(said.event, ComplaintMade) for said in vain)


def test_scripts_of_one_seed_equal(journeys: list[Journey], script: Script) -> None:
    assert behaviour.script(journeys, seed=7) == script
    assert behaviour.script(journeys, seed=8) != script


def test_an_order_more_changes_nothing_for_the_others(journeys: list[Journey], script: Script) -> None:
    fewer = behaviour.script(journeys[:-1], seed=7)
    assert fewer.courses == tuple(course for course in script.courses if course.order != journeys[-1].id)


def test_messages_of_one_id_are_one_message(script: Script) -> None:
    said: dict[tuple[str, str], Event] = {}
    for planned in script.planned:
        assert said.setdefault((planned.source, planned.id), planned.event) == planned.event


def test_nothing_handed_in_before_it_happened(script: Script) -> None:
    for step in STEPS.values():
        for moment in script.moments(step):
            instants = [*(said.at for said in moment.planned), *(ruling.at for ruling in moment.rulings)]
            assert max(instants) <= moment.at


def _ending(agreement: str | None) -> str:
    ending = agreement or "cancelled"
    assert ending in ENDINGS
    return ending


def _open(played: Played) -> list[str]:
    return [dispute.id for dispute in played.disputes() if dispute.is_open]
