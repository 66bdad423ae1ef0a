"""What is wrong in a story file is told with its place and what was expected there."""

import json
from pathlib import Path
from typing import Any

import pytest

from aftersales.errors import Failure
from aftersales_local.stories.story import load, parse
from tests.stories.story_files import DELIVERED, OPENED, ORDER, SHIPPED, a_story

YEAR_ZERO = "0001-01-01T00:00:00+14:00"


def said_of(story: Any) -> str:
    with pytest.raises(Failure) as failure:
        parse(story, "S.json")
    assert failure.value.exit_code == 2
    return failure.value.sentence


@pytest.mark.parametrize(
    ("story", "place", "expected"),
    [
        ([], "S.json", "no object"),
        ({**a_story(), "colour": "red"}, "S.json: colour", "this key is not known; expected title, orders, steps"),
        (a_story(title=3), "S.json: title", "no text"),
        (a_story(orders=[]), "S.json: orders", "there is no order"),
        (a_story(orders=[ORDER, ORDER]), "S.json: orders[1].order", "O1 is there twice"),
        (a_story(orders=[{**ORDER, "currency": "XYZ"}]), "S.json: orders[0].currency", "not a currency"),
        (a_story(orders=[{**ORDER, "rate": "1.5"}]), "S.json: orders[0]", "come together"),
        (a_story(orders=[{**ORDER, "tax": -1}]), "S.json: orders[0].tax", "greater than or equal to 0"),
        (a_story(orders=[{**ORDER, "deposit": -1}]), "S.json: orders[0].deposit", "0 or more"),
        (a_story(orders=[{**ORDER, "deposit": 10**30}]), "S.json: orders[0].deposit", "up to 1000000000000000"),
        (a_story(orders=[{**ORDER, "placed_at": YEAR_ZERO}]), "S.json: orders[0].placed_at", "out of range in UTC"),
        (a_story(orders=[{**ORDER, "lines": [{"line": "L1"}]}]), "S.json: orders[0].lines[0]", "and unit_price"),
        (a_story({**SHIPPED, "by": "thief"}), "S.json: steps[0].by", "expected seller, carrier, buyer"),
        (a_story({**SHIPPED, "do": "hide"}), "S.json: steps[0].do", "expected ship, accept, refuse"),
        (a_story({**SHIPPED, "colour": 1}), "S.json: steps[0].colour", "this key is not known"),
        (a_story({"at": SHIPPED["at"], "by": "seller"}), "S.json: steps[0]", "the key do is missing"),
        (a_story({**SHIPPED, "order": "O2"}), "S.json: steps[0].order", "there is no order O2; expected O1"),
        (a_story({**SHIPPED, "at": "2025-04-12"}), "S.json: steps[0].at", "no instant"),
        (a_story({**SHIPPED, "at": "2025-02-30T00:00:00Z"}), "S.json: steps[0].at", "no instant"),
        (a_story({**SHIPPED, "at": YEAR_ZERO}), "S.json: steps[0].at", "out of range in UTC"),
        (a_story({**SHIPPED, "at": "9999-12-31T00:00:00Z"}), "S.json: steps[0].at", "between 1970 and 2999"),
        (a_story({**DELIVERED, "status": "arrived"}), "S.json: steps[0].status", '"arrived" is not known'),
        (a_story(DELIVERED, SHIPPED), "S.json: steps[1].at", "expected steps in time order"),
        (a_story({**OPENED, "units": [1]}), "S.json: steps[0].units", "no object"),
        (a_story({**OPENED, "units": {"L1": "2"}}), "S.json: steps[0].units.L1", "no whole number"),
        (a_story({**OPENED, "want": {"remedy": "gift", "amount": 1}}), "S.json: steps[0].want.remedy", "or return"),
        (a_story({**OPENED, "refused": "yes"}), "S.json: steps[0].refused", "neither true nor false"),
        (a_story(then=[{"at": OPENED["at"], "dispute": "D1"}]), "S.json: then[0]", "nothing is expected here"),
        (a_story(then=[{"at": OPENED["at"], "state": "X"}]), "S.json: then[0]", "one of dispute, order or seller"),
        (
            a_story(then=[{"at": OPENED["at"], "dispute": "D1", "state": "OPEN"}]),
            "S.json: then[0].state",
            "expected AWAITING_SELLER",
        ),
        (a_story(then=[{"at": OPENED["at"], "order": "O9", "paid_left": 1}]), "S.json: then[0].order", "no order O9"),
        (a_story(then=[{"at": YEAR_ZERO, "dispute": "D1", "refund": 0}]), "S.json: then[0].at", "out of range in UTC"),
        (a_story(payments="later"), "S.json: payments", "expected by hand"),
        (
            a_story({"at": OPENED["at"], "by": "platform", "do": "extend", "days": 3}),
            "S.json: steps[0]",
            "either dispute or lane",
        ),
    ],
)  # fmt: skip
def test_refused_with_the_place(story: Any, place: str, expected: str) -> None:
    sentence = said_of(story)
    assert sentence.startswith(place)
    assert expected in sentence


def test_refused_when_a_key_is_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "S.json"
    path.write_text('{"title": "a", "title": "b"}')
    with pytest.raises(Failure, match="the key title is given twice"):
        load(path)


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000])
def test_refused_when_it_is_no_json(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "S.json"
    path.write_bytes(content)
    with pytest.raises(Failure, match=r"S\.json"):
        load(path)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ('"half of a \\ud83d"', r"S\.json: title: \\ud83d is half of a character"),
        (f"{'[' * 30}{']' * 30}", r"S\.json: title(\[0\])+: this is nested too deeply"),
        ("9" * 5000, r"S\.json: this holds a number with more digits than can be read"),
    ],
)
def test_refused_when_nothing_could_be_done_with_it(tmp_path: Path, title: str, expected: str) -> None:
    path = tmp_path / "S.json"
    path.write_text(f'{{"title": {title}, "orders": [], "steps": []}}')
    with pytest.raises(Failure, match=expected):
        load(path)


def test_read_when_it_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "S.json"
    path.write_text(json.dumps(a_story(title="Marked")), encoding="utf-8-sig")
    assert load(path).title == "Marked"


def test_refused_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be read"):
        load(tmp_path / "S.json")


def test_a_note_on_a_step_and_on_an_expectation_says_nothing_to_the_player() -> None:
    then = [{"at": OPENED["at"], "dispute": "D1", "refund": 0, "note": "Nothing is paid yet."}]
    noted = parse(a_story(SHIPPED, DELIVERED, {**OPENED, "note": "All of it."}, then=then), "S.json")
    plain = parse(a_story(then=[{key: said for key, said in then[0].items() if key != "note"}]), "S.json")
    assert (noted.steps, noted.then) == (plain.steps, plain.then)


def test_read_when_everything_optional_is_left_out() -> None:
    order = {key: value for key, value in ORDER.items() if key not in ("shipping", "discount", "tax", "promise_days")}
    story = parse({"title": "t", "orders": [order], "steps": []}, "S.json")
    assert story.orders[0].placed.shipping == 0
    assert json.loads(story.orders[0].placed.model_dump_json())["promise_days"] is None
