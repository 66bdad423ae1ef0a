"""Pieces of evidence: filed as theirs who brought them, and no more than fifty a party (rulebook 8.29)."""

from typing import Any

import pytest

from aftersales.contracts.appeal import DisputeAppealed
from aftersales.contracts.dispute import DisputeEvidenceCompleted
from aftersales.contracts.marketplace import PlanChanged
from tests.rules.dispute import builders as say
from tests.rules.dispute.appeals import APPEALED, ruled
from tests.rules.dispute.builders import DAY, OPENED
from tests.rules.dispute.world import World, opened, slug

MOST = 50
PIECES = {"anna": 1, "shop": 0}  # what the opening brought


def bringing(world: World, by: str, pieces: int) -> World:
    """The world after this many more pieces of a party, ten at a time."""
    for count in [10] * (pieces // 10) + [pieces % 10] * bool(pieces % 10):
        assert slug(world.hear(say.evidence(by, *["photo"] * count), OPENED)) is None
    return world


def escalated(world: World) -> World:
    world.hear(say.a_refusal(1000), OPENED + DAY)
    world.hear(say.escalation(), OPENED + 3 * DAY)
    return world


def sent_back(world: World) -> World:
    world.hear(say.command(PlanChanged, want=say.goods_back(4198)), OPENED)
    world.hear(say.accepted(return_address="Dock 4"), OPENED)
    world.hear(say.return_shipped(0), OPENED + DAY)
    return world


def theirs(world: World, by: str) -> tuple[str, ...]:
    return world.dispute().evidence_of("buyer" if by == "anna" else "seller")


DOORS: list[Any] = [
    pytest.param("anna", lambda w: w, say.evidence("anna", "video"), id="the buyer adds"),
    pytest.param("shop", lambda w: w, say.evidence("shop", "video"), id="the seller adds"),
    pytest.param("anna", escalated, say.evidence_done("anna", evidence=("video",)), id="the buyer is done"),
    pytest.param("shop", escalated, say.evidence_done("shop", evidence=("video",)), id="the seller is done"),
    pytest.param("anna", ruled, say.an_appeal("anna", evidence=("video",)), id="the buyer appeals"),
    pytest.param("shop", ruled, say.an_appeal("shop", evidence=("video",)), id="the seller appeals"),
    pytest.param("shop", sent_back, say.return_contested(evidence=("video",)), id="the seller contests"),
]


@pytest.mark.parametrize(("by", "then", "said"), DOORS)
def test_filed_as_theirs_who_brought_it(by: str, then: Any, said: Any) -> None:
    world = then(opened())
    other = {"anna": "shop", "shop": "anna"}[by]
    before = theirs(world, by), theirs(world, other)
    assert slug(world.hear(said)) is None
    assert (theirs(world, by), theirs(world, other)) == ((*before[0], "video"), before[1])


@pytest.mark.parametrize(("by", "then", "said"), DOORS)
def test_the_fiftieth_piece_is_the_last_through_every_door(by: str, then: Any, said: Any) -> None:
    last = then(bringing(opened(), by, MOST - 1 - PIECES[by]))
    assert slug(last.hear(said)) is None
    full = then(bringing(opened(), by, MOST - PIECES[by]))
    before = full.order
    assert (slug(full.hear(said)), full.order) == ("too-much-evidence", before)


@pytest.mark.parametrize(("by", "then", "said"), DOORS)
def test_what_the_other_party_brought_takes_nobodys_room(by: str, then: Any, said: Any) -> None:
    other = {"anna": "shop", "shop": "anna"}[by]
    world = then(bringing(opened(), other, MOST - PIECES[other]))
    assert slug(world.hear(said)) is None


def test_an_appeal_shows_the_desk_what_it_brought() -> None:
    world = ruled()
    world.hear(say.an_appeal("anna", evidence=("video",)), APPEALED)
    [told] = world.told(DisputeAppealed)
    assert told.file.buyer_evidence == ("photo", "video")


def test_what_comes_along_with_done_is_told() -> None:
    world = escalated(opened())
    world.hear(say.evidence_done("shop", evidence=("video",)))
    [told] = world.told(DisputeEvidenceCompleted)
    assert (told.party, told.evidence) == ("seller", ("video",))
