"""The committed stories name only policies and orders that can be read."""

import json
from pathlib import Path

import pytest

from aftersales.contracts.marketplace import OrderPlaced
from aftersales.policy.amounts import freeze
from aftersales.policy.parse import load_book, with_changes

STORIES = sorted((Path(__file__).parents[3] / "docs/stories").glob("*.json"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_policy_of_a_story_can_be_read(path: Path) -> None:
    policy = json.loads(path.read_text(encoding="utf-8")).get("policy", {})
    profile = load_book().profile(policy.get("profile", "standard"))
    with_changes(profile, policy.get("with", {}), policy.get("overrides", []))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_unit_refunds_of_a_story_are_those_of_its_orders(path: Path) -> None:
    story = json.loads(path.read_text(encoding="utf-8"))
    orders = {said["order"]: OrderPlaced.model_validate_json(json.dumps(said)) for said in story["orders"]}
    for expected in story["then"]:
        for line, refunds in expected.get("unit_refunds", {}).items():
            assert [unit.paid for unit in freeze(orders[expected["order"]]) if unit.line == line] == refunds
