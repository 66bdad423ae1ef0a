"""Contracts only grow: what was ever said is understood for ever."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from aftersales.contracts.asyncapi import event_schema
from aftersales.contracts.samples import fields
from tests.contracts.hearing import EVENTS, SAMPLES, body, committed, hear

COMMITTED = committed()


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", COMMITTED, ids=named)
def test_every_sample_ever_committed_parses(path: Path) -> None:
    hear(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("path", COMMITTED, ids=named)
def test_said_again_it_is_the_same(path: Path) -> None:
    event = hear(path.parent.name, path.read_bytes())
    assert hear(path.parent.name, event.model_dump_json().encode()) == event


@pytest.mark.parametrize("path", COMMITTED, ids=named)
def test_every_value_is_said_as_it_was_heard(path: Path) -> None:
    heard = orjson.loads(path.read_bytes())
    said = orjson.loads(hear(path.parent.name, path.read_bytes()).model_dump_json())
    assert kept(said, heard) == heard


def kept(said: Any, heard: Any) -> Any:
    """What is said, without the fields that were added after this was heard."""
    if isinstance(heard, dict):
        return {key: kept(said[key], value) for key, value in heard.items()}
    if isinstance(heard, list) and len(heard) == len(said):
        return [kept(one, value) for one, value in zip(said, heard, strict=True)]
    return said


@pytest.mark.parametrize("path", COMMITTED, ids=named)
def test_the_schema_accepts_what_the_model_accepts(path: Path) -> None:
    schema = event_schema(EVENTS[path.parent.name])
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(orjson.loads(path.read_bytes()))


def test_every_event_has_a_sample() -> None:
    assert {path.parent.name for path in COMMITTED} >= EVENTS.keys()


def test_no_sample_is_of_an_event_that_was_taken_back() -> None:
    assert {folder.name for folder in SAMPLES.iterdir()} <= EVENTS.keys()


@pytest.mark.parametrize("name", EVENTS)
def test_unknown_fields_are_ignored(name: str) -> None:
    assert hear(name, body(name, invented_later={"by": ["somebody"]})) == hear(name, body(name))


def test_unknown_fields_are_ignored_inside_a_part() -> None:
    plan = {"remedy": "refund", "amount": 100}
    said = body("marketplace.plan_changed.v1", want={**plan, "invented_later": 1})
    assert hear("marketplace.plan_changed.v1", said) == hear(
        "marketplace.plan_changed.v1", body("marketplace.plan_changed.v1", want=plan)
    )


@pytest.mark.parametrize("name", EVENTS)
def test_no_field_may_be_missing_that_has_no_default(name: str) -> None:
    event = EVENTS[name]
    optional = {field for field, info in event.model_fields.items() if not info.is_required()}
    hear(name, {key: value for key, value in body(name).items() if key not in optional})


def test_an_event_cannot_be_changed_once_heard() -> None:
    event = hear("marketplace.order_cancelled.v1", body("marketplace.order_cancelled.v1"))
    with pytest.raises(ValueError, match="frozen"):
        event.order = "O2"  # type: ignore[attr-defined]


def test_the_fields_of_an_example_are_told_apart_by_their_place() -> None:
    assert fields({"a": [{"b": 1}, {"c": 2}], "d": {"b": 3}}) == {"", ".a[]", ".a[].b", ".a[].c", ".d", ".d.b"}
