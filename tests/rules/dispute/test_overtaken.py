"""What the desk says of a dispute that does not wait for it: the desk is told how things stand (16, 17, 23, 25)."""

from typing import Any

import pytest

from aftersales.contracts.dispute import RulingOvertaken
from aftersales.contracts.marketplace import Plan
from tests.rules.dispute import builders as say
from tests.rules.dispute.appeals import appealed
from tests.rules.dispute.builders import OPENED
from tests.rules.dispute.test_proposals import a_proposal, in_review
from tests.rules.dispute.test_service import decided, taken_over
from tests.rules.dispute.world import World, opened, slug

ABOVE = Plan(remedy="refund", amount=4199)
WORDS: list[Any] = [a_proposal(), say.a_ruling(OPENED), decided("rejected"), say.an_appeal_decided("upheld", OPENED)]


def answered(world: World, word: Any) -> tuple[str, str | None]:
    """Why the word was overtaken and the state that the desk is told, which nothing changed."""
    before = world.states.copy()
    world.hear(word)
    [told] = world.told(RulingOvertaken)
    assert world.states == before
    return told.slug, told.state


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name())
def test_of_an_order_nobody_knows_there_is_no_such_dispute(word: Any) -> None:
    assert answered(World(), word.model_copy(update={"order": "O9"})) == ("unknown-dispute", None)


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name())
def test_of_an_order_that_is_not_placed_yet_there_is_no_such_dispute(word: Any) -> None:
    world = World()
    world.hear(say.a_complaint(), OPENED)
    assert answered(world, word) == ("unknown-dispute", None)


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name())
def test_while_a_chargeback_is_open_the_desk_hears_where_the_dispute_stands(word: Any) -> None:
    world = opened()
    world.hear(say.chargeback_opened(), OPENED)
    assert answered(world, word) == ("chargeback-open", "AWAITING_SELLER")


@pytest.mark.parametrize(
    ("world", "word", "expected"),
    [
        (in_review(), a_proposal(ABOVE), ("above-cap", "ARBITRATION_REVIEW")),
        (in_review(), say.a_ruling(OPENED, refund=4199), ("above-cap", "ARBITRATION_REVIEW")),
        (taken_over(), decided("settled", 4199), ("above-cap", "SERVICE_REVIEW")),
        (appealed(), say.a_ruling(OPENED, ruling="R-2"), ("not-in-review", "APPEAL_REVIEW")),
    ],
)
def test_what_cannot_be_done_is_answered_with_the_state(world: World, word: Any, expected: tuple[str, str]) -> None:
    assert answered(world, word) == expected


@pytest.mark.parametrize("part", ["refund", "compensation", "freight"])
def test_a_ruling_without_a_remedy_pays_nothing_at_all(part: str) -> None:
    amounts = {"refund": 0, "compensation": 0, "freight": 0, part: 1}
    decision = in_review().hear(say.a_ruling(OPENED, remedy="none", **amounts))
    assert slug(decision) == "amounts-differ"
